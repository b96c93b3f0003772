"""The lessons' check, with a shell on this machine in place of the emulated Pi."""

from __future__ import annotations

import subprocess
import sys
from types import SimpleNamespace

import pytest

from tools.acceptance.checks import lessons
from tools.acceptance.checks.lessons import FIGURES, Figure
from tools.emulator.image.checkout import CHECKOUT
from tools.emulator.testbed import Failed
from tools.lessons import LESSONS

QUICK = ("predictor", "signals", "digit")


class LocalPi:
    """Runs what the Pi would; ``spoil`` changes a command before."""

    def __init__(self, folder):
        self.folder = folder
        self.commands = []
        self.spoil = lambda command: command

    def shell(self, command, timeout_s, *, check=True):
        self.commands.append(command)
        if command.startswith("systemctl"):
            return SimpleNamespace(text="", code=0)
        command = command.replace("python3", sys.executable)
        done = subprocess.run(
            ["bash", "-c", self.spoil(command)], capture_output=True, text=True, timeout=60
        )
        return SimpleNamespace(text=done.stdout + done.stderr, code=done.returncode)


@pytest.fixture
def testbed(tmp_path, monkeypatch):
    monkeypatch.setattr(lessons, "CHECKOUT", str(CHECKOUT))
    monkeypatch.setattr(lessons, "FIGURES", {name: FIGURES[name] for name in QUICK})
    return SimpleNamespace(pi=LocalPi(tmp_path))


def test_all_lessons_are_run_but_that_of_scikit_learn():
    assert list(FIGURES) == [name for name in LESSONS if name != "digits8"]


def test_what_a_lesson_says_here_is_right_there(testbed):
    assert lessons.every(testbed).startswith("3 lessons in 0 minutes; the longest, ")
    assert "systemctl stop" in testbed.pi.commands[0]
    log = (testbed.pi.folder / "lessons.log").read_text()
    assert "$ python3 -m tools.lessons predictor\nKilometres" in log


def test_all_that_is_wrong_is_told(testbed):
    testbed.pi.spoil = lambda command: command.replace("predictor", "teapot")
    lessons.FIGURES["digit"] = Figure(r"to (\S+)\.$", 2, 3)
    with pytest.raises(Failed, match=r"(?s)predictor: exit code 2: .*; digit: 1\.00 is not"):
        lessons.every(testbed)


@pytest.mark.parametrize(
    ("said", "wrong"),
    [
        ("error 0.5\nerror 0.1\n", ""),
        ("error 0.1\nerror 0.5\n", "0.5 is not between 0 and 0.2"),
        ("error nan\n", "nan is not between 0 and 0.2"),
        ("nothing", "says nothing like 'error "),
    ],
)
def test_the_last_figure_counts(said, wrong):
    found = Figure(r"error (\S+)$", 0, 0.2).wrong_in(said)
    assert found.startswith(wrong)
    assert bool(found) == bool(wrong)
