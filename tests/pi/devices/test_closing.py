"""What is closed after use is closed whatever happens."""

from __future__ import annotations

import pytest

from pi.devices.closing import Closing


class Door(Closing):
    def __init__(self):
        self.closed = 0

    def close(self):
        self.closed += 1


def test_with_gives_the_thing_itself_and_closes_it():
    with Door() as door:
        assert isinstance(door, Door)
        assert not door.closed
    assert door.closed == 1


def test_an_error_inside_closes_it_and_goes_on():
    door = Door()
    with pytest.raises(KeyError), door:
        raise KeyError("inside")
    assert door.closed == 1


def test_what_cannot_be_closed_says_so():
    with pytest.raises(NotImplementedError):
        Closing().close()
