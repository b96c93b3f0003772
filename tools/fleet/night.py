"""One night of learning over the labelled crops of many Zeros.

What is pooled are samples, not weights: each head sees the digits of all. It is the night of a
Zero (``pi.retraining``) with its rule, and with more augmented copies and a larger replay set,
for a workstation.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from core import pretrained
from core.data import datasets
from core.modelfile import Model
from core.reading.reader import Reader
from pi.retraining import candidate, cross_validation, features, gate, nightly
from pi.retraining.recipe import Recipe
from pi.retraining.resume_cache import RunContext
from pi.samples.crops import Images, Labels
from pi.samples.store import SIDE, Sample
from tools.fetch_mnist.files import find_mnist
from tools.fleet.parallel import SideBySide

MOST = nightly.MOST
"""Crops of one host at most, so that none outweighs the others: those first that the weights
read otherwise, then the newest."""

LEAST = 2
"""Crops that a night needs."""

COPIES, MOST_COPIES = 20, 50_000
"""Augmented copies of each crop, about so many; and of all of them at most: the features of a
copy take 3 kB."""

RECIPE = replace(
    Recipe(), digits=3200, drawn=2400, no_digit=1600, learning_rate=5e-4, epochs=6,
    blend_shares=(1.0, 0.85, 0.7, 0.55, 0.4),
)  # fmt: skip
"""Of a night over a class; ``images`` grows with the number of crops. Measured by
``python -m tools.evaluate class``."""

KNOWN = 50_000
"""MNIST's training digits that are replayed, too, where they are: a night over twenty owners
costs 0.0006 of MNIST's test digits with them, and 0.003 without."""

Report = Callable[[str, float], object]


@dataclass(frozen=True)
class ClassNight:
    """What a night over a class came to.

    data : the bytes of a model file; None if nothing better was found.
    figures : as the history of a Zero has them. errors : of each host's crops those that are
    read otherwise than labelled, before and after, each read by a head that was not trained on
    it.
    """

    data: bytes | None
    figures: dict[str, Any]
    errors: dict[str, list[int]]


def samples_of(
    model: Model, crops: Mapping[str, tuple[Images, Labels]]
) -> dict[str, list[Sample]]:
    """The samples of each host, by its name, with what the model reads as their guess.

    They have the same numbers and order, whatever order the hosts are given in.
    """
    network, number = Reader.of(model).network, 0
    found: dict[str, list[Sample]] = {}
    for host, (images, labels) in sorted(crops.items()):
        guesses = network.predict_proba(images).argmax(axis=1).tolist() if len(images) else []
        rows = list(zip(images, guesses, labels.tolist(), strict=True))
        wrong_first = sorted(range(len(rows)), key=lambda n: (rows[n][1] == rows[n][2], -n))
        chosen = [rows[n] for n in sorted(wrong_first[:MOST])]
        found[host] = [
            Sample(image.tobytes(), guess, label=label, id=number + n)
            for n, (image, guess, label) in enumerate(chosen, 1)
        ]
        number += len(chosen)
    return found


def recipe_for(count: int, recipe: Recipe = RECIPE) -> Recipe:
    """The recipe of a night over so many crops."""
    return replace(recipe, images=max(recipe.images, min(MOST_COPIES, COPIES * count)))


def known_digits() -> Images:
    """MNIST's first KNOWN training digits, if ``python -m tools.fetch_mnist`` has brought them;
    none otherwise. Raises DatasetError if they are damaged."""
    folder = find_mnist()
    if folder is None:
        return np.empty((0, SIDE, SIDE), np.uint8)
    return np.asarray(datasets.load(folder).images[:KNOWN])


def plan_of(
    model: Model, samples: Mapping[str, list[Sample]], recipe: Recipe, known: Images
) -> str:
    """A digest of all that a night is made from: the same gives the same weights."""
    what = f"{asdict(recipe)} {len(known)}"
    digest = hashlib.sha256(what.encode() + model.network.values.tobytes())
    for host in sorted(samples):
        for each in samples[host]:
            digest.update(f"{each.label};".encode() + each.image)
    return digest.hexdigest()


def hold(
    model: Model,
    samples: Mapping[str, list[Sample]],
    recipe: Recipe,
    known: Images,
    folder: Path,
    report: Report = lambda stage, share: None,
    processes: int | None = None,
) -> ClassNight:
    """Hold the night; interrupted, the same call goes on, and ends with the same bits.

    folder : of unfinished work, which belongs to these arguments.
    report : called with the stage and the share that is done.
    processes : heads that are trained at a time; by default as many as there are cores.

    samples : LEAST in all, or more. known : digits to replay, besides those of the recipe.

    Raises DivergedError.
    """
    pool = [each for host in sorted(samples) for each in samples[host]]
    folder.mkdir(parents=True, exist_ok=True)
    process = os.getpid()

    def mine(stage: str, share: float) -> None:
        # The processes of heads have this function, too.
        if os.getpid() == process:
            report(stage, share)

    report("looking", 0.0)
    drawn = features.replay_set(model.network.output_shape[0], recipe)
    replayed = replace(drawn, training=np.concatenate([drawn.training, known]))
    heads = SideBySide(
        lambda done, total: mine("learning", 0.2 + 0.8 * done / total), processes
    )
    context = RunContext(folder, report=mine, checkpoint_every_s=10.0)
    network = model.network.folded()
    result = cross_validation.run(network, pool, recipe, context, replayed, heads)
    decision = nightly.judge(model, pretrained.load(), result, pool)
    figures, data = nightly.figures(decision, result, pool), None
    if decision.accepted is not None:
        # Without the time: the same digits give the same file.
        learnt = {name: figures[name] for name in nightly.LEARNT if name in figures}
        data = candidate.with_info(decision.data, {"learnt": learnt, "hosts": len(samples)})
    unseen = decision.judged.cross_validated if decision.judged else result.before
    return ClassNight(data, figures, _errors(samples, result.before, unseen))


def _errors(
    samples: Mapping[str, list[Sample]], before: tuple[int, ...], after: tuple[int, ...]
) -> dict[str, list[int]]:
    found, at = dict[str, list[int]](), 0
    for host in sorted(samples):
        rows = samples[host]
        part = slice(at, at + len(rows))
        found[host] = [gate.count_errors(each[part], rows) for each in (before, after)]
        at += len(rows)
    return found
