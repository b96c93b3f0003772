"""The command, on its tiny grid."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from pi.cli.errors import BROKEN_PIPE
from tools.experiments import __main__ as experiments
from tools.experiments import workers
from tools.experiments.__main__ import TimeLeft, main
from tools.experiments.results import Results
from tools.experiments.run import Outcome, Run

ROOT = Path(__file__).parents[3]
SHORT = ["layers", "--short", "--repeats", "2", "--processes", "1", "--results"]


def test_rows_are_written_and_not_done_again(tmp_path, capsys, monkeypatch):
    path = tmp_path / "results.csv"
    assert main([*SHORT, str(path)]) == 0
    shown = capsys.readouterr().out
    assert "4 runs, 0 of them" in shown
    assert "4 of 4: 20-20-20 hidden, rate 0.1, 2 epochs, seed 1: " in shown
    assert "One, two and three hidden layers" in shown
    assert path.read_text().count("\n") == 5

    monkeypatch.setattr(workers, "carry_out", pytest.fail)
    assert main([*SHORT, str(path)]) == 0
    assert "4 runs, 4 of them" in capsys.readouterr().out


def test_interrupted_it_keeps_what_is_done_and_goes_on(tmp_path, capsys, monkeypatch):
    path = tmp_path / "results.csv"
    whole = workers.carry_out
    done = []

    def interrupted(run):
        if len(done) == 3:
            raise KeyboardInterrupt
        done.append(run)
        return whole(run)

    monkeypatch.setattr(workers, "carry_out", interrupted)
    assert main([*SHORT, str(path)]) == 130
    assert "goes on from here" in capsys.readouterr().err
    with Results(path) as results:
        assert list(results.outcomes) == done
    monkeypatch.setattr(workers, "carry_out", whole)
    assert main([*SHORT, str(path)]) == 0
    assert "1 of 1" in capsys.readouterr().out


def test_show_runs_nothing(tmp_path, monkeypatch):
    monkeypatch.setattr(workers, "carry_out", pytest.fail)
    assert main([*SHORT, str(tmp_path / "results.csv"), "--show"]) == 0


def test_a_reader_that_has_seen_enough_is_no_error(tmp_path):
    command = [*SHORT, str(tmp_path / "results.csv")]
    assert main(command) == 0
    end, start = os.pipe()
    os.close(end)
    show = [sys.executable, "-m", "tools.experiments", *command, "--show"]
    done = subprocess.run(show, stdout=start, stderr=subprocess.PIPE, cwd=ROOT)
    os.close(start)
    assert done.stderr == b""
    assert done.returncode == BROKEN_PIPE


@pytest.mark.parametrize("wrong", [["alchemy"], ["--repeats", "0"], ["--processes", "x"]])
def test_wrong_usage(wrong, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(SystemExit) as stop:
        main(wrong)
    assert stop.value.code == 2
    assert list(tmp_path.iterdir()) == []


def test_without_mnist_it_is_one_line(tmp_path, capsys, monkeypatch):
    monkeypatch.setattr(
        experiments.data.__wrapped__.__globals__["digits"], "mnist", lambda: None
    )
    experiments.data.cache_clear()
    assert main(["layers", "--results", str(tmp_path / "results.csv")]) == 3
    assert capsys.readouterr().err.count("\n") == 1


def test_time_left_is_by_the_work_that_is_left(capsys, monkeypatch):
    now = iter([100.0, 110.0])
    monkeypatch.setattr(experiments.time, "monotonic", lambda: next(now))
    first, second = Run(epochs=1), Run(epochs=3)
    time_left = TimeLeft([first, second])
    time_left.show(Outcome(first, (0.9,), 10.0))
    assert capsys.readouterr().out == (
        "1 of 2: 200 hidden, rate 0.1, 1 epoch, seed 0: 0.9000 in 10 s; 30 s left\n"
    )
