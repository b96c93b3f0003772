"""A table and a plot of the results of each experiment."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from tools.experiments.grid import Experiment
from tools.experiments.results import Results
from tools.experiments.run import Outcome, Run
from tools.plotting import panels, textplots
from tools.plotting.panels import Chart


def show(experiments: Sequence[Experiment], results: Results, plot: Path | None) -> None:
    """Print the tables and plots, and with `plot` draw them into a file, too."""
    charts = []
    for experiment in experiments:
        found = of_settings(experiment, results)
        if not found:
            continue
        charts.append(chart(experiment, found))
        print(f"\n{textplots.text([charts[-1]])}\n\n{table(found)}")
    if plot and charts:
        panels.save([charts[start : start + 2] for start in range(0, len(charts), 2)], plot)
        print(plot)


def of_settings(experiment: Experiment, results: Results) -> dict[Run, list[Outcome]]:
    """The outcomes of each setting that has any."""
    found = {
        setting: [
            outcome for run, outcome in results.outcomes.items() if run.setting() == setting
        ]
        for setting in experiment.settings
    }
    return {setting: outcomes for setting, outcomes in found.items() if outcomes}


def table(found: dict[Run, list[Outcome]]) -> str:
    """Median, least and greatest accuracy of each setting, and the best one's name."""
    lines = ["median    least  greatest  runs"]
    medians = {}
    for setting, outcomes in found.items():
        values = [outcome.accuracy for outcome in outcomes]
        medians[setting] = float(np.median(values))
        lines.append(
            f"{medians[setting]:.4f}   {min(values):.4f}   {max(values):.4f} {len(values):5}"
            f"   {setting.in_words()}"
        )
    best = max(medians, key=lambda setting: medians[setting])
    return "\n".join([*lines, f"best: {medians[best]:.4f}, {best.in_words()}"])


def chart(experiment: Experiment, found: dict[Run, list[Outcome]]) -> Chart:
    """Along the axis what the experiment varies; a bar from the least to the greatest."""
    if experiment.varies == "epoch":
        longest = max(setting.epochs for setting in found)
        curves = Chart(experiment.title, "epoch", "accuracy", (0, longest))
        for setting, outcomes in found.items():
            by_epoch = zip(*(outcome.by_epoch for outcome in outcomes), strict=True)
            epochs = range(1, setting.epochs + 1)
            curves.spread(setting.in_words(), epochs, list(by_epoch))
        return curves
    label = {"hidden": "hidden nodes", "rate": "learning rate"}[experiment.varies]
    values = [getattr(setting, experiment.varies) for setting in found]
    x = [value[0] if isinstance(value, tuple) else value for value in values]
    plot = Chart(experiment.title, label, "accuracy", (0, max(x)))
    plot.spread("", x, [[outcome.accuracy for outcome in o] for o in found.values()])
    return plot
