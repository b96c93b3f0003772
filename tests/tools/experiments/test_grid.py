from __future__ import annotations

from tools.experiments import grid
from tools.experiments.run import HUNDRED, Run


def by_name(name):
    (experiment,) = grid.chosen([name], 60_000)
    return experiment


def test_the_talks_three_plots():
    nodes = [setting.hidden for setting in by_name("hidden").settings]
    assert nodes[0] == (10,)
    assert nodes[-1] == (500,)
    rates = [setting.rate for setting in by_name("rate").settings]
    assert rates == sorted(rates)
    assert 0.1 in rates
    assert {setting.epochs for setting in by_name("epochs").settings} == {20}


def test_rotations_at_the_talks_setting_and_at_the_best():
    settings = by_name("rotations").settings
    assert Run(rotation=10.0) in settings
    assert grid.BEST in settings
    assert grid.BEST.rotation == 10


def test_two_and_three_hidden_layers():
    assert {len(setting.hidden) for setting in by_name("layers").settings} == {1, 2, 3}


def test_every_run_is_done_once_with_each_seed_and_no_seed_waits_for_another():
    runs = grid.runs(grid.chosen([], 60_000), repeats=3)
    assert len(runs) == len(set(runs))
    assert [run.seed for run in runs] == sorted(run.seed for run in runs)
    # The talk's own setting is in four of the experiments.
    assert runs.count(Run()) == 1
    assert Run(seed=2) in runs


def test_in_short_it_is_tiny():
    runs = grid.runs(grid.chosen([], 60_000, short=True), repeats=1)
    assert {run.images for run in runs} == {HUNDRED}
    assert max(max(run.hidden) for run in runs) == 20
    assert {run.epochs for run in runs} == {2}


def test_fewer_images_are_another_setting():
    (experiment,) = grid.chosen(["layers"], 1234)
    assert {setting.images for setting in experiment.settings} == {1234}
