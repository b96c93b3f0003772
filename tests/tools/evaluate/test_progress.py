from __future__ import annotations

import sys

import pytest

from tools.evaluate.progress import show_progress


@pytest.mark.parametrize(("terminal", "shown"), [(True, "\r50 of 60\r60 of 60\n"), (False, "")])
def test_a_line_every_fifty_and_at_the_end_on_a_terminal(capsys, monkeypatch, terminal, shown):
    monkeypatch.setattr(sys.stderr, "isatty", lambda: terminal)
    for done in range(1, 61):
        show_progress(done, 60)
    assert capsys.readouterr().err == shown
