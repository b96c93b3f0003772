from __future__ import annotations

import pytest

from pi.devices.displays.base import State
from pi.devices.displays.group import SeveralDisplays


class Fake:
    def __init__(self, name, calls):
        self.name = name
        self.calls = calls

    def show(self, state, detail):
        self.calls.append((self.name, state, detail))

    def tick(self, time):
        self.calls.append((self.name, time))

    def close(self):
        self.calls.append(self.name)
        if self.name == "b":
            raise OSError("gone")


@pytest.fixture
def calls():
    return []


def test_all_show_and_move(calls):
    group = SeveralDisplays([Fake("a", calls), Fake("c", calls)])
    group.show(State.UNSURE, "4 or 9?")
    group.tick(2.5)
    assert calls == [
        ("a", State.UNSURE, "4 or 9?"),
        ("c", State.UNSURE, "4 or 9?"),
        ("a", 2.5),
        ("c", 2.5),
    ]


def test_all_are_closed_though_one_fails(calls):
    with (
        pytest.raises(OSError, match="gone"),
        SeveralDisplays([Fake(name, calls) for name in "abc"]),
    ):
        pass
    assert calls == ["c", "b", "a"]
