from __future__ import annotations

import argparse
import os

import pytest

from tools.attacks import bombs
from tools.attacks.inputs import HONEST


def reader(make, *commands):
    return bombs.Reader("settings", make, commands)


def measured(monkeypatch, *readers):
    monkeypatch.setattr(bombs, "READERS", readers)
    return bombs.measure(argparse.Namespace(only="settings", input=""))


def test_a_clear_answer_is_held(monkeypatch):
    def make(folder):
        (folder / f"{HONEST}.toml").touch()
        (folder / "bad.toml").write_text("[nonsense]")

    (row,) = measured(monkeypatch, reader(make, ("config", "--show", "--config", "{input}")))
    assert row.held
    assert row.what == "settings: 1 bombs"
    assert row.result.endswith("(bad.toml), 0")


def test_what_hangs_is_ended_and_missed(monkeypatch, capsys):
    monkeypatch.setattr(bombs, "PATIENCE_S", 0.5)

    def make(folder):
        (folder / f"{HONEST}.txt").touch()
        os.mkfifo(folder / "pipe.txt")

    # A command of ours that waits for whatever is in a pipe.
    waits = ("logs", "--follow", "--file", "{input}")
    (row,) = measured(monkeypatch, reader(make, waits))
    assert not row.held
    assert "it hangs" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("code", "said", "problem"),
    [
        (2, "zerodigit: error: no\n", ""),
        (0, "", ""),
        (1, "Traceback (most recent call last)\nKeyError: 1\n", "a traceback: KeyError: 1"),
        (-9, "", "killed by signal 9"),
        (2, "two\nlines\n", "2 lines of error: two lines"),
        (2, "", "0 lines of error: "),
        (2, "a\x1b[2J\n", "controls of a terminal in its error"),
        (2, "a" * 3000, "a line of thousands of letters"),
    ],
)
def test_an_end_is_clear_or_not(code, said, problem):
    assert bombs.problem_of(code, said, "weights") == problem


def test_the_service_may_log_what_it_does_but_not_end():
    assert bombs.problem_of(0, "started\nleft out: a.png\n", "run") == ""
    assert bombs.problem_of(5, "started\nno camera\n", "run") == "it ended with 5: no camera"
