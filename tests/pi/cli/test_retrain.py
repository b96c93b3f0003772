"""`zerodigit retrain` on a terminal and as a process: how far it is, and how it is stopped."""

from __future__ import annotations

import io
import os
import signal
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from core.data import datasets, replay
from pi.cli.retrain import _progress
from pi.retraining import progress, schedule
from pi.samples.store import Sample, SampleStore

ROOT = Path(__file__).parents[3]
PATIENCE_S = 120.0


class Stream(io.StringIO):
    """Standard error: a terminal, or a pipe."""

    encoding = "utf-8"

    def __init__(self, terminal):
        super().__init__()
        self.terminal = terminal

    def isatty(self):
        return self.terminal


@pytest.fixture
def told(monkeypatch, tmp_path):
    """What is written to such a stream in a night of two stages, five seconds apart."""
    monkeypatch.delenv("NO_COLOR", raising=False)
    monkeypatch.setenv("TERM", "xterm")

    def tell(terminal):
        now = iter(range(0, 1000, 5))
        monkeypatch.setattr(schedule.time, "monotonic", lambda: float(next(now)))
        stream = Stream(terminal)
        monkeypatch.setattr(sys, "stderr", stream)
        with _progress(tmp_path) as progress:
            progress("looking", 0.0)
            for share in (0.2, 0.215, 0.23):
                progress("learning", share)
        return stream.getvalue()

    return tell


def test_on_a_terminal_one_line_is_kept_up_to_date(told):
    said = told(terminal=True)
    first, *_, last = said.split("\x1b[1A\r")
    assert "looking, 0 % done; Ctrl-C saves and stops" in first
    assert "learning, 23 % done, some 4 min left; Ctrl-C saves and stops" in last
    assert said.endswith("\x1b[?25h")


def test_elsewhere_there_is_a_line_a_stage(told):
    lines = told(terminal=False).splitlines()
    assert lines == ["looking, 0 % done", "learning, 20 % done"]


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_saves_and_stops(tmp_path, number):
    state, run = tmp_path / "state", tmp_path / "run"
    data = datasets.load(replay.INCLUDED)
    with SampleStore(state / "samples.db") as store:
        for image in np.asarray(data.images)[np.asarray(data.labels) == 4][:4]:
            store.add(Sample(image[::-1].tobytes(), 8, label=4, origin="wrong"))
    flags = [f"--set=samples.folder={state}", f"--set=service.run_folder={run}"]
    process = subprocess.Popen(
        [sys.executable, "-m", "pi.cli", "retrain", *flags],
        cwd=ROOT, env=os.environ | {"ZERODIGIT_CONFIG": os.devnull}, text=True,
        stdout=subprocess.PIPE, stderr=subprocess.PIPE,
    )  # fmt: skip
    assert process.stderr is not None
    for line in process.stderr:
        if line.startswith("learning"):
            break
    process.send_signal(number)
    said, _ = process.communicate(timeout=PATIENCE_S)
    assert process.returncode == 0
    assert "interrupted" in said
    assert "it goes on where it stopped" in said
    assert list((state / "night").glob("*.checkpoint"))
    assert progress.at_work(run) is None
