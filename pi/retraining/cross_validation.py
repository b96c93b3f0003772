"""The training of a night: from the weights in service to blends, and what each one predicts.

The owner's digits are divided into folds. For each fold a head is trained on the other folds
and the replay set, and predicts the fold it was not trained on; a last head is trained on all
of them. Each is blended with the head in service, at each of the recipe's shares; the blends
of the last head are those that may be let in (see :mod:`pi.retraining.gate`). All of this is
in float32, before and after.

A function of its arguments alone. Every head has a checkpoint, so whoever is interrupted goes
on with the same arguments and ends with the same bits.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from core.training import finetune
from core.training.batches import ArrayBatches, Subset
from pi.retraining import features, heads
from pi.retraining.features import ReplaySet
from pi.samples.store import SIDE, Sample

if TYPE_CHECKING:
    from core.network import Network
    from core.nn.layer import Array
    from core.nn.sequential import Sequential
    from pi.retraining.recipe import Recipe
    from pi.retraining.resume_cache import RunContext

UNSURE = 11
"""In place of a class where the network's confidence is too low."""

Classes = tuple[int, ...]
"""The class that a network predicts for each of several digits, or UNSURE."""


@dataclass(frozen=True)
class Blend:
    """A network between the old and the new head.

    share : of the new head.
    cross_validated : class of each of the owner's digits by a blend at the same share with a
        head that was not trained on it, or UNSURE.
    """

    share: float
    cross_validated: Classes
    network: Network = field(repr=False)


@dataclass(frozen=True)
class FineTuneResult:
    """The blends of a night; none if nothing was to be learnt.

    before : class of each of the owner's digits by the weights in service, or UNSURE.
    confidence : from here on a digit counts as read, see the recipe.
    """

    before: Classes
    blends: tuple[Blend, ...]
    replay: ReplaySet = field(repr=False)
    confidence: float


def usable(samples: Sequence[Sample], outputs: int) -> list[Sample]:
    """Samples that a network of so many outputs can learn: with ten, no NO_DIGIT."""
    return [each for each in samples if each.label is not None and each.label < outputs]


def run(
    network: Network,
    samples: Sequence[Sample],
    recipe: Recipe,
    context: RunContext,
    replay: ReplaySet | None = None,
    each: Callable[[Callable[[int], Sequential], range], Iterable[Sequential]] = map,
) -> FineTuneResult:
    """Fine-tune a folded network on labelled samples; after Stopped, call it again to go on.

    replay : what :func:`pi.retraining.features.replay_set` gives; drawn if it is None.
    each : trains one head after another, as ``map`` does; or some side by side, in other
        processes, whose checkpoints are then there.
    """
    parts = finetune.cut(network)
    old, sure = parts.head, recipe.confidence
    images, labels = arrays(samples)
    copies = max(1, min(recipe.most_copies, recipe.images // len(samples)))
    found = features.extract(parts, images, copies, recipe, context, replay)
    before = _ints(classes(old.predict_proba(found.owner), sure))
    if before == _ints(labels):
        return FineTuneResult(before, (), found.replay, sure)

    folds = min(recipe.folds, len(samples))
    fold_of = _folds(labels, folds)
    # The old network's own predictions are the targets of the replay set (distillation).
    targets = old.predict(found.training[copies * len(images) :])
    # The features are most of the memory of a night, so no fold has a copy of its own.
    table = ArrayBatches(found.training, np.concatenate([np.tile(labels, copies), targets]))
    part = (1 - features.SHARE) / (folds + 1)

    def report(fold: int, done: float) -> None:
        context.report("learning", features.SHARE + (fold + done) * part)

    def train(fold: int) -> Sequential:
        name = "all" if fold == folds else f"fold{fold + 1}"
        chosen = np.concatenate([np.tile(fold_of != fold, copies), np.ones(len(targets), bool)])
        data = Subset(table, np.flatnonzero(chosen))
        return heads.train(old, name, data, recipe, context, partial(report, fold))

    *of_folds, final = each(train, range(folds + 1))
    blends = []
    for share in recipe.blend_shares:
        unseen = np.zeros(len(samples), np.intp)
        for fold, head in enumerate(of_folds):
            mine = fold_of == fold
            blend = finetune.blended(old, head, share)
            unseen[mine] = classes(blend.predict_proba(found.owner[mine]), sure)
        whole = finetune.blended(old, final, share)
        blends.append(Blend(share, _ints(unseen), finetune.joined(network, whole)))
    return FineTuneResult(before, tuple(blends), found.replay, sure)


def classes(probabilities: Array, sure: float) -> NDArray[np.intp]:
    """The most probable class of each row (n, classes), or UNSURE below ``sure``."""
    return np.where(probabilities.max(axis=1) >= sure, probabilities.argmax(axis=1), UNSURE)


def arrays(samples: Sequence[Sample]) -> tuple[NDArray[np.uint8], NDArray[np.intp]]:
    """Images, uint8 (n, 28, 28), and labels of samples."""
    pixels = b"".join(each.image for each in samples)
    images = np.frombuffer(pixels, np.uint8).reshape(-1, SIDE, SIDE)
    return images, np.array([each.label for each in samples], np.intp)


def _folds(labels: NDArray[np.intp], folds: int) -> NDArray[np.intp]:
    """The fold of each, (n,). Digits of one label go to different folds, or none could be
    learnt."""
    fold_of = np.empty(len(labels), np.intp)
    fold_of[np.argsort(labels, kind="stable")] = np.arange(len(labels)) % folds
    return fold_of


def _ints(values: NDArray[np.intp]) -> Classes:
    return tuple(int(each) for each in values)
