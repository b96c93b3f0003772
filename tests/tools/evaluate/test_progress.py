from __future__ import annotations

import io
import sys

import pytest

from tools.evaluate.progress import Steps, show_progress


@pytest.mark.parametrize(("terminal", "shown"), [(True, "\r50 of 60\r60 of 60\n"), (False, "")])
def test_a_line_every_fifty_and_at_the_end_on_a_terminal(capsys, monkeypatch, terminal, shown):
    monkeypatch.setattr(sys.stderr, "isatty", lambda: terminal)
    for done in range(1, 61):
        show_progress(done, 60)
    assert capsys.readouterr().err == shown


class Stream(io.StringIO):
    def __init__(self, terminal):
        super().__init__()
        self.isatty = lambda: terminal


def test_long_steps_tell_how_long_the_others_take():
    def said(terminal):
        stream, now = Stream(terminal), iter(range(0, 1000, 100))
        steps = Steps("nights", 3, stream, lambda: float(next(now)))
        assert [steps.after(each) for each in "abc"] == ["a", "b", "c"]
        return stream.getvalue()

    assert said(terminal=False).splitlines() == [
        "nights: 1 of 3, some 3 min left",
        "nights: 2 of 3, some 2 min left",
        "nights: 3 of 3",
    ]
    assert said(terminal=True).endswith("2 min left\x1b[K\rnights: 3 of 3\x1b[K\n")
