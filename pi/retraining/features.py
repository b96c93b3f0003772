"""The first part of a lesson: what is taught and asked is drawn, and seen by the fixed layers.

It takes minutes on a Zero, so what is done of it is kept.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from core.classes import NO_DIGIT
from core.data import replay
from core.data.augment import Augmenter
from core.files.resumable import Cache, uncached
from core.training.finetune import BodyAndHead
from pi.retraining.heads import SEED, Stopped
from pi.retraining.resume_cache import ResumeCache

if TYPE_CHECKING:
    from core.nn.layer import Array
    from pi.retraining.recipe import Recipe

SHARE = 0.2
"""Of a night's work, on an emulated Zero."""


@dataclass(frozen=True)
class Replayed:
    """Pictures, uint8 (n, 28, 28), to be reminded of, and others to be asked with the truth."""

    reminders: NDArray[np.uint8]
    asked: NDArray[np.uint8]
    truth: NDArray[np.uint8]


@dataclass(frozen=True)
class Seen:
    """Features, float32 (n, k).

    owner : of the owner's digits as they are.
    rows : of these bent, copy by copy, and then of the reminders.
    exam : of what is asked.
    """

    known: Replayed
    owner: Array
    rows: Array
    exam: Array


def replayed(outputs: int, recipe: Recipe, pieces: Cache = uncached) -> Replayed:
    """What a network of so many outputs is reminded of and asked: always the same."""
    knows = outputs > NO_DIGIT
    digits, drawn, nothing = recipe.exam
    return Replayed(
        replay.reminders(recipe.digits, recipe.drawn, recipe.nothing if knows else 0, pieces),
        *replay.exam(digits, drawn, nothing if knows else 0, pieces),
    )


@dataclass(frozen=True)
class FeatureExtractor:
    """Sees with the layers that stay. The arguments are those of
    :func:`pi.retraining.cross_validation.run`."""

    halves: BodyAndHead
    folder: Path
    recipe: Recipe
    stop: Callable[[], bool]
    tell: Callable[[str, float], None]
    keep_every_s: float

    def see(self, images: NDArray[np.uint8], copies: int, known: Replayed | None) -> Seen:
        """The owner's digits, (n, 28, 28), so many bent copies of each, and what is known.

        Raises Stopped; what is done is kept.
        """
        recipe = self.recipe
        told = recipe.digits + recipe.drawn + recipe.nothing + sum(recipe.exam)
        total = (2 * copies + 1) * len(images) + (2 * told if known is None else told)
        done = 0

        def after(shape: tuple[int, ...]) -> None:
            nonlocal done
            done += shape[0]
            self.tell("looking", SHARE * min(1.0, done / total))
            if self.stop():
                raise Stopped

        self.tell("looking", 0.0)
        pieces = ResumeCache(self.folder, self.keep_every_s, after)
        try:
            rng = np.random.default_rng(SEED)
            bent = [replay.bent(images, Augmenter.mild(), rng, pieces) for _ in range(copies)]
            outputs = self.halves.head.output_shape[0]
            known = replayed(outputs, recipe, pieces) if known is None else known
            return Seen(
                known,
                self.halves.features(images, pieces),
                self.halves.features(np.concatenate([*bent, known.reminders]), pieces),
                self.halves.features(known.asked, pieces),
            )
        finally:
            pieces.save()
