"""What a night does: from samples and the weights of now to new weights, and what they score.

A function of its arguments alone, stage by stage: the owner's digits are divided into folds,
each fold is read by a head that was taught without it, and last comes the head that was taught
with all. Every stage has a checkpoint of its own, so whoever is interrupted goes on with the
same arguments and ends with the same bits.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from core.training import finetune
from pi.retraining import features
from pi.retraining.features import Replayed
from pi.retraining.heads import HeadTrainer, Rows
from pi.retraining.recipe import Recipe
from pi.samples.store import SIDE, Sample

if TYPE_CHECKING:
    from core.network import Network
    from core.nn.layer import Array
    from core.nn.sequential import Sequential

UNSURE = 11
"""What is called nothing, since the network is not sure enough."""


@dataclass(frozen=True)
class Blend:
    """What one blend scored, beside what the weights of now do.

    owner : what each of the owner's digits was read as by a head that had not seen it.
    final : what the head that was taught with all of them reads them as.
    exam : errors in the exam.
    missed : of the exam, what is not called what it is with ``sure``.
    """

    share: float
    owner: tuple[int, ...]
    final: tuple[int, ...]
    exam: int
    missed: int = 0


@dataclass(frozen=True)
class FineTuneResult:
    """What came of it.

    networks : of each trial, in the same order.
    sure : from which confidence on a digit was read.
    missed_before : of the exam, what the weights of now do not call what it is.
    """

    labels: tuple[int, ...]
    before: tuple[int, ...]
    exam_count: int
    exam_before: int
    trials: tuple[Blend, ...]
    networks: tuple[Network, ...] = field(repr=False, default=())
    known: Replayed | None = field(repr=False, default=None)
    sure: float = 0.0
    missed_before: int = 0


def usable(samples: Sequence[Sample], outputs: int) -> list[Sample]:
    """Those that a network of so many outputs can learn: without "no digit", ten cannot."""
    return [each for each in samples if each.label is not None and each.label < outputs]


def run(
    network: Network,
    samples: Sequence[Sample],
    folder: Path,
    recipe: Recipe,
    *,
    stop: Callable[[], bool] = lambda: False,
    tell: Callable[[str, float], None] = lambda stage, share: None,
    checkpoint_every_s: float = 120.0,
    known: Replayed | None = None,
) -> FineTuneResult:
    """Teach a folded network what the samples say; after Stopped, call it again to go on.

    Parameters
    ----------
    samples : labelled ones.
    folder : for the checkpoints; whoever calls sees to it that they belong to this lesson.
    tell : is told the stage and the share of all work that is done.
    known : what :func:`pi.retraining.features.replayed` gives; drawn if it is not given.
    """
    halves = finetune.cut(network)
    images, labels = arrays(samples)
    copies = max(1, min(recipe.most_copies, recipe.images // len(samples)))
    folds = min(recipe.folds, len(samples))
    fold_of = _folds(labels, folds)
    look = features.FeatureExtractor(halves, folder, recipe, stop, tell, checkpoint_every_s)
    seen = look.see(images, copies, known)
    known, owner, exam, truth = seen.known, seen.owner, seen.exam, seen.known.truth
    opinions = halves.head.predict(seen.rows[copies * len(images) :])
    classes = np.concatenate([np.tile(labels, copies), opinions])
    labelled, before = _ints(labels), _ints(read(halves.head, owner, recipe.sure))
    exam_before, missed_before = _count(halves.head, exam, truth, recipe.sure)
    asked = FineTuneResult(
        labelled,
        before,
        len(truth),
        exam_before,
        (),
        known=known,
        sure=recipe.sure,
        missed_before=missed_before,
    )
    if before == labelled:
        return asked

    stages = HeadTrainer(halves.head, folder, recipe, stop, checkpoint_every_s)
    part = (1 - features.SHARE) / (folds + 1)
    heads = []
    for fold in range(folds + 1):
        name = "all" if fold == folds else f"fold{fold + 1}"
        shown = np.tile(fold_of != fold, copies)
        chosen = np.flatnonzero(np.concatenate([shown, np.ones(len(opinions), bool)]))
        data = Rows(seen.rows, classes, chosen)
        heads.append(
            stages.teach(name, data, _telling(tell, features.SHARE + fold * part, part))
        )
    *apart, final = heads
    old = halves.head
    trials, networks = [], []
    for share in recipe.shares:
        owners = np.zeros(len(samples), np.intp)
        for fold, head in enumerate(apart):
            mine = fold_of == fold
            blend = finetune.blended(old, head, share)
            owners[mine] = read(blend, owner[mine], recipe.sure)
        whole = finetune.blended(old, final, share)
        wrong, missed = _count(whole, exam, truth, recipe.sure)
        final_called = read(whole, owner, recipe.sure)
        trials.append(Blend(share, _ints(owners), _ints(final_called), wrong, missed))
        networks.append(finetune.joined(network, whole))
    return replace(asked, trials=tuple(trials), networks=tuple(networks))


def read(head: Sequential, features: Array, sure: float) -> NDArray[np.intp]:
    """What a head calls each: a class, or UNSURE."""
    return called(head.predict_proba(features), sure)


def called(shares: Array, sure: float) -> NDArray[np.intp]:
    """What is called with these shares of each class, (n, classes): a class, or UNSURE."""
    return np.where(shares.max(axis=1) >= sure, shares.argmax(axis=1), UNSURE)


def _count(
    head: Sequential, features: Array, truth: NDArray[np.uint8], sure: float
) -> tuple[int, int]:
    """How often the best guess is wrong; how often it is, or is not sure."""
    shares = head.predict_proba(features)
    return errors(shares, truth, 0.0), errors(shares, truth, sure)


def errors(shares: Array, truth: NDArray[Any], sure: float) -> int:
    """How many are not called what they are."""
    return int(np.count_nonzero(called(shares, sure) != truth))


def arrays(samples: Sequence[Sample]) -> tuple[NDArray[np.uint8], NDArray[np.intp]]:
    """Images, uint8 (n, 28, 28), and labels of samples."""
    pixels = b"".join(each.image for each in samples)
    images = np.frombuffer(pixels, np.uint8).reshape(-1, SIDE, SIDE)
    return images, np.array([each.label for each in samples], np.intp)


def _folds(labels: NDArray[np.intp], folds: int) -> NDArray[np.intp]:
    """The fold of each; those of one label go to different ones, or none could be learnt."""
    fold_of = np.empty(len(labels), np.intp)
    fold_of[np.argsort(labels, kind="stable")] = np.arange(len(labels)) % folds
    return fold_of


def _telling(
    tell: Callable[[str, float], None], start: float, part: float
) -> Callable[[float], None]:
    return lambda done: tell("learning", start + done * part)


def _ints(values: NDArray[np.intp]) -> tuple[int, ...]:
    return tuple(int(each) for each in values)
