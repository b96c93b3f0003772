"""The experiments: which settings each of them tries."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from tools.experiments.run import HUNDRED, Run

TALK = Run()
"""200 hidden nodes, learning rate 0.1, five epochs."""

BEST = Run(hidden=(500,), rate=0.025, epochs=10, rotation=10.0)
"""The best setting found: more nodes, smaller steps, more epochs, and digits turned."""


@dataclass(frozen=True)
class Experiment:
    """Settings that are compared, and what is different between them.

    varies: the field of Run along the plot's axis, or "epoch" for a curve of each setting.
    """

    name: str
    title: str
    varies: str
    settings: tuple[Run, ...]


EXPERIMENTS = (
    Experiment(
        "hidden", "Performance and hidden nodes", "hidden",
        tuple(replace(TALK, hidden=(n,)) for n in (10, 20, 50, 100, 200, 300, 400, 500)),
    ),
    Experiment(
        "rate", "Performance and learning rate", "rate",
        tuple(replace(TALK, rate=r) for r in (0.01, 0.05, 0.1, 0.15, 0.2, 0.3, 0.5, 0.7, 0.9)),
    ),
    Experiment(
        "epochs", "Performance and epochs", "epoch",
        tuple(replace(TALK, epochs=20, rate=r) for r in (0.01, 0.1, 0.2)),
    ),
    Experiment(
        "rotations", "Digits turned ten degrees either way", "epoch",
        (TALK, replace(TALK, rotation=10.0), BEST),
    ),
    Experiment(
        "layers", "One, two and three hidden layers", "epoch",
        tuple(replace(TALK, hidden=nodes) for nodes in ((200,), (200, 100), (200, 100, 50))),
    ),
)  # fmt: skip

NAMES = tuple(experiment.name for experiment in EXPERIMENTS)


def chosen(names: Sequence[str], images: int, short: bool = False) -> list[Experiment]:
    """The experiments of these names (all, without any), on so many training digits.

    In short each has its first and last setting only, two epochs, at most 20 nodes a layer,
    and the hundred digits.
    """
    experiments = []
    for experiment in EXPERIMENTS:
        if names and experiment.name not in names:
            continue
        settings = experiment.settings
        if short:
            settings = tuple(
                replace(
                    setting,
                    hidden=tuple(min(nodes, 20) for nodes in setting.hidden),
                    epochs=2,
                    images=HUNDRED,
                )
                for setting in (settings[0], settings[-1])
            )
        else:
            settings = tuple(replace(setting, images=images) for setting in settings)
        experiments.append(replace(experiment, settings=settings))
    return experiments


def runs(experiments: Sequence[Experiment], repeats: int) -> list[Run]:
    """All runs, each once, all settings with one seed before any with the next."""
    settings = [setting for experiment in experiments for setting in experiment.settings]
    every = [replace(setting, seed=seed) for seed in range(repeats) for setting in settings]
    return list(dict.fromkeys(every))
