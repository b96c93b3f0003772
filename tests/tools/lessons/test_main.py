"""The command that lists and runs the lessons."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tools.lessons import LESSONS, docstring
from tools.lessons.__main__ import main

CHECKOUT = Path(__file__).resolve().parents[3]


def test_the_list_has_one_name_first_on_each_line_and_nothing_else(capsys):
    assert main([]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert [line.split()[0] for line in lines] == list(LESSONS)
    assert all(len(line) <= 79 for line in lines)


def test_the_list_needs_no_numpy():
    code = (
        "import sys; from tools.lessons.__main__ import main; main([]);"
        "assert 'numpy' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", code], cwd=CHECKOUT, check=True, capture_output=True)


def test_a_lesson_says_what_it_follows_and_draws_its_plots_as_text(capsys):
    assert main(["predictor"]) == 0
    shown = capsys.readouterr().out
    assert shown.startswith(docstring("predictor"))
    assert "kilometres" in shown
    assert "+-----" in shown


def test_a_reader_who_has_seen_enough_sees_no_traceback():
    command = f"{sys.executable} -m tools.lessons digit | head -n 1"
    done = subprocess.run(
        ["bash", "-c", f"set -o pipefail; {command}"], cwd=CHECKOUT, capture_output=True
    )
    assert done.stdout.decode().splitlines() == docstring("digit").splitlines()[:1]
    assert done.stderr == b""
    assert done.returncode == 141


def test_no_such_lesson_is_wrong_usage(capsys):
    with pytest.raises(SystemExit) as stop:
        main(["alchemy"])
    assert stop.value.code == 2
    assert "predictor" in capsys.readouterr().err


def test_plot_draws_a_picture(tmp_path, capsys):
    pytest.importorskip("matplotlib")
    path = tmp_path / "out.png"
    assert main(["predictor", "--plot", str(path)]) == 0
    assert path.read_bytes().startswith(b"\x89PNG")
    assert capsys.readouterr().out.endswith(f"{path}\n")


def test_plot_without_matplotlib_is_one_line_before_the_lesson_runs(
    tmp_path, capsys, monkeypatch
):
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    monkeypatch.delitem(sys.modules, "matplotlib.figure", raising=False)
    assert main(["predictor", "--plot", str(tmp_path / "out.png")]) == 3
    shown = capsys.readouterr()
    assert shown.out == ""
    assert shown.err.count("\n") == 1
    assert "matplotlib is not installed" in shown.err
