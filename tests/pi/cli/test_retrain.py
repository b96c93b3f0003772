"""`zerodigit retrain`: when it begins, how far it is, how it is stopped, what it prints."""

from __future__ import annotations

import io
import os
import signal
from datetime import datetime
from functools import partial

import numpy as np
import pytest

from core.data import datasets, replay
from pi.cli import build_parser, retrain
from pi.retraining import progress, schedule
from pi.retraining.recipe import Recipe
from pi.retraining.schedule import ClockState
from pi.samples.store import Sample, SampleStore
from pi.system import health

SHORT = Recipe(images=40, digits=40, drawn=0, no_digit=0, held_out=(10, 0, 0), folds=2)


def at_three(settings, folder):
    """The clocks of a machine that knows the time."""
    wall = datetime(2026, 11, 24, 3, 7)
    return ClockState(wall, True, schedule.uptime_s(), schedule.stamp(folder), None)


@pytest.fixture
def retrained(folder, capsys):
    """A function that runs it at three in the night: its output."""

    def run(*arguments, code=0):
        args = build_parser().parse_args(["retrain", *arguments])
        assert retrain.run(args, at_three) == code
        return capsys.readouterr().out

    return run


def test_with_nothing_to_learn(folder, out):
    assert "nothing new: no digit has a label; label a few" in out("retrain")


def test_the_timer_holds_one_night_and_ours_are_none_of_its(retrained, out, monkeypatch):
    retrained()
    # A night that had no memory was none.
    with monkeypatch.context() as short:
        short.setattr(health, "read", lambda: health.Health(available_kb=1024))
        for _ in range(2):
            said = retrained("--scheduled", code=1)
            assert "no memory: 1 MB are free, and a night takes 96" in said
    assert len(out("history").splitlines()) == 1
    assert "nothing new" in retrained("--scheduled")
    assert "there was a night already" in retrained("--scheduled")
    monkeypatch.setenv("INVOCATION_ID", "by systemctl start")
    assert "nothing new" in retrained("--scheduled")
    monkeypatch.setenv("TRIGGER_UNIT", "zerodigit-retrain.timer")
    assert "there was a night already" in retrained("--scheduled")


class Stream(io.StringIO):
    """Standard error: a terminal, or a pipe."""

    encoding = "utf-8"

    def __init__(self, terminal):
        super().__init__()
        self.terminal = terminal

    def isatty(self):
        return self.terminal


@pytest.fixture
def shown(monkeypatch, tmp_path):
    """What such a stream shows of a night of two stages, with reports ten seconds apart."""
    monkeypatch.delenv("NO_COLOR", raising=False)
    monkeypatch.setenv("TERM", "xterm")

    def show(terminal):
        now = iter(range(0, 1000, 10))
        stream = Stream(terminal)
        with retrain.progress_shown(tmp_path, stream, lambda: float(next(now))) as report:
            report("looking", 0.0)
            for share in (0.2, 0.215, 0.23):
                report("learning", share)
        return stream.getvalue()

    return show


def test_on_a_terminal_one_line_is_kept_up_to_date(shown):
    said = shown(terminal=True)
    first, *_, last = said.split("\x1b[1A\r")
    assert "looking, 0 % done; Ctrl-C saves and stops" in first
    assert "learning, 23 % done, some 9 min left; Ctrl-C saves and stops" in last
    assert said.endswith("\x1b[?25h")


def test_elsewhere_there_is_a_line_a_stage(shown):
    assert shown(terminal=False).splitlines() == ["looking, 0 % done", "learning, 20 % done"]


class Interrupting(io.StringIO):
    """Standard error of a process that gets a signal as soon as it says that it learns."""

    def __init__(self, number):
        super().__init__()
        self._signal = partial(os.kill, os.getpid(), number)

    def write(self, text):
        if text.startswith("learning"):
            self._signal()
        return super().write(text)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP])
def test_a_signal_saves_and_stops(folder, capsys, monkeypatch, number):
    data = datasets.load(replay.INCLUDED)
    with SampleStore(folder / "state" / "samples.db") as store:
        for image in np.asarray(data.images)[np.asarray(data.labels) == 4][:4]:
            store.add(Sample(image[::-1].tobytes(), 8, label=4, origin="wrong"))
    handlers = [signal.getsignal(each) for each in (signal.SIGTERM, signal.SIGINT)]
    monkeypatch.setattr("sys.stderr", Interrupting(number))
    assert retrain.run(build_parser().parse_args(["retrain"]), recipe=SHORT) == 0
    said = capsys.readouterr().out
    assert "interrupted" in said
    assert "it goes on where it stopped" in said
    assert list((folder / "state" / "night").glob("*.checkpoint"))
    assert progress.at_work(folder / "run") is None
    assert [signal.getsignal(each) for each in (signal.SIGTERM, signal.SIGINT)] == handlers
