"""First part of a night: draws the replay set, augments, and extracts features.

The body of the network is not trained, so each image passes through it once. On a Zero that
takes minutes, so what is done is kept.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from core.classes import NO_DIGIT
from core.data import replay
from core.data.augment import Augmenter
from core.files.resumable import Cache, uncached
from pi.retraining.heads import SEED
from pi.retraining.resume_cache import ResumeCache, RunContext, Stopped

if TYPE_CHECKING:
    from core.nn.layer import Array
    from core.training.finetune import BodyAndHead
    from pi.retraining.recipe import Recipe

SHARE = 0.2
"""Of a night's work, on an emulated Zero."""


@dataclass(frozen=True)
class ReplaySet:
    """Images, uint8 (n, 28, 28), against forgetting: to train on, and held out to test with.

    labels : uint8 (n,), true classes of those held out.
    """

    training: NDArray[np.uint8]
    held_out: NDArray[np.uint8]
    labels: NDArray[np.uint8]


@dataclass(frozen=True)
class Features:
    """What the head is given, float32 (n, k), and the replay set that some of it is of.

    owner : of the owner's digits as they are.
    training : of their augmented copies, copy by copy, and then of the replay set.
    """

    replay: ReplaySet
    owner: Array
    training: Array


def replay_set(outputs: int, recipe: Recipe, cache: Cache = uncached) -> ReplaySet:
    """The replay set of a network with so many outputs: the same each time.

    Without an output for NO_DIGIT it holds no such images.
    """
    nothing = recipe.no_digit if outputs > NO_DIGIT else 0
    training = replay.replay_set(recipe.digits, recipe.drawn, nothing, cache)
    return ReplaySet(training, *held_out_set(outputs, recipe, cache))


def held_out_set(
    outputs: int, recipe: Recipe, cache: Cache = uncached
) -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:
    """The part of :func:`replay_set` that is held out, images and labels, drawn alone."""
    digits, drawn, nothing = recipe.held_out
    return replay.held_out_set(digits, drawn, nothing if outputs > NO_DIGIT else 0, cache)


def extract(
    network: BodyAndHead,
    images: NDArray[np.uint8],
    copies: int,
    recipe: Recipe,
    context: RunContext,
    replayed: ReplaySet | None,
) -> Features:
    """Features of the owner's digits (n, 28, 28), of ``copies`` of each, and of the replay set.

    replayed : drawn if it is None.

    Raises Stopped; what is done is kept.
    """
    drawn, kept = recipe.digits + recipe.drawn + recipe.no_digit, sum(recipe.held_out)
    total = (2 * copies + 1) * len(images) + drawn + (drawn + kept if replayed is None else 0)
    done = 0

    def after(shape: tuple[int, ...]) -> None:
        nonlocal done
        done += shape[0]
        context.report("looking", SHARE * min(1.0, done / total))
        if context.stop():
            raise Stopped

    context.report("looking", 0.0)
    cache = ResumeCache(context.folder, context.checkpoint_every_s, after)
    try:
        rng = np.random.default_rng(SEED)
        bent = [replay.augmented(images, Augmenter.mild(), rng, cache) for _ in range(copies)]
        if replayed is None:
            replayed = replay_set(network.head.output_shape[0], recipe, cache)
        return Features(
            replayed,
            network.features(images, cache),
            network.features(np.concatenate([*bent, replayed.training]), cache),
        )
    finally:
        cache.save()
