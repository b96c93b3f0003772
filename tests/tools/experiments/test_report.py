from __future__ import annotations

import pytest

from tools.experiments import grid, report
from tools.experiments.results import Results
from tools.experiments.run import Outcome, Run


@pytest.fixture
def results(tmp_path):
    with Results(tmp_path / "results.csv") as results:
        for seed, (few, many) in enumerate(((0.90, 0.95), (0.91, 0.97), (0.80, 0.96))):
            results.add(Outcome(Run(hidden=(10,), seed=seed), (0.5, 0.6, 0.7, 0.8, few), 1))
            results.add(Outcome(Run(seed=seed), (0.7, 0.8, 0.9, 0.9, many), 1))
        yield results


def test_the_table_has_median_spread_and_the_best(results):
    (hidden,) = grid.chosen(["hidden"], 60_000)
    lines = report.table(report.of_settings(hidden, results)).splitlines()
    assert lines[1].split()[:4] == ["0.9000", "0.8000", "0.9100", "3"]
    assert lines[2].split()[:4] == ["0.9600", "0.9500", "0.9700", "3"]
    assert lines[-1] == "best: 0.9600, 200 hidden, rate 0.1, 5 epochs"


def test_the_plot_runs_along_what_varies(results):
    (hidden,) = grid.chosen(["hidden"], 60_000)
    plot = report.chart(hidden, report.of_settings(hidden, results))
    (series,) = plot.series
    assert plot.x_range == (0, 200)
    assert series.x.tolist() == [10, 200]
    assert series.y.tolist() == [0.9, 0.96]
    assert series.low.tolist() == [0.8, 0.95]
    assert series.high.tolist() == [0.91, 0.97]


def test_curves_have_a_point_for_each_epoch(results):
    (layers,) = grid.chosen(["layers"], 60_000)
    (series,) = report.chart(layers, report.of_settings(layers, results)).series
    assert series.x.tolist() == [1, 2, 3, 4, 5]
    assert series.y.tolist() == [0.7, 0.8, 0.9, 0.9, 0.96]


def test_what_was_not_run_is_not_shown(results, capsys):
    report.show(grid.chosen(["epochs", "layers"], 60_000), results, None)
    shown = capsys.readouterr().out
    assert "One, two and three hidden layers" in shown
    assert "Performance and epochs" not in shown


def test_it_is_drawn_by_matplotlib(results, tmp_path, capsys):
    pytest.importorskip("matplotlib")
    path = tmp_path / "out.png"
    report.show(grid.chosen([], 60_000), results, path)
    assert path.read_bytes().startswith(b"\x89PNG")
    assert capsys.readouterr().out.endswith(f"{path}\n")
