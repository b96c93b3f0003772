"""The stages of a lesson: heads taught one after the other, each with a checkpoint."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from core import training
from core.errors import ModelFormatError, SpecError
from core.training.history import Progress

if TYPE_CHECKING:
    from core.nn.layer import Array
    from core.nn.sequential import Sequential
    from pi.retraining.recipe import Recipe

_log = logging.getLogger(__name__)

SEED = 20


class Stopped(Exception):
    """It was asked to stop; all that is done is on the card."""


@dataclass(frozen=True)
class Rows:
    """Some of the rows of a table, which is not copied for it: it is most of the memory."""

    features: Array
    labels: NDArray[np.intp]
    chosen: NDArray[np.intp]

    def __len__(self) -> int:
        return len(self.chosen)

    def batch(self, indices: NDArray[np.intp]) -> tuple[Array, NDArray[np.intp]]:
        """Copies of the rows at ``indices``."""
        rows = self.chosen[indices]
        return self.features[rows], self.labels[rows]


@dataclass(frozen=True)
class HeadTrainer:
    """The stages in which the old head is taught, each with a checkpoint in the folder."""

    old: Sequential
    folder: Path
    recipe: Recipe
    stop: Callable[[], bool]
    checkpoint_every_s: float

    def teach(self, name: str, data: Rows, tell: Callable[[float], None]) -> Sequential:
        """A head taught from the old one; Stopped if it is not finished."""
        path = self.folder / f"{name}.checkpoint"
        try:
            return self._teach(path, data, tell)
        except (ModelFormatError, SpecError) as error:
            _log.warning("%s; this part is learnt anew", error)
            path.unlink(missing_ok=True)
            return self._teach(path, data, tell)

    def _teach(self, path: Path, data: Rows, tell: Callable[[float], None]) -> Sequential:
        head = type(self.old).from_config(self.old.config(), values=self.old.values)

        def progress(now: Progress) -> None:
            tell((now.epoch - 1 + now.batch / now.batches) / now.epochs)

        history = training.fit(
            head,
            data,
            epochs=self.recipe.epochs,
            learning_rate=self.recipe.learning_rate,
            schedule="cosine",
            validation=None,
            seed=SEED,
            prefetch=False,
            checkpoint=path,
            checkpoint_every_s=self.checkpoint_every_s,
            resume=True,
            progress=progress,
            stop=self.stop,
        )
        if not history.complete:
            raise Stopped
        return head
