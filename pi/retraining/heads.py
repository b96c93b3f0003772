"""Trains one head on features, with a checkpoint of its own."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from core import training
from core.errors import ModelFormatError, SpecError
from core.training.history import Progress
from pi.retraining.resume_cache import RunContext, Stopped

if TYPE_CHECKING:
    from core.nn.layer import Array
    from core.nn.sequential import Sequential
    from pi.retraining.recipe import Recipe

_log = logging.getLogger(__name__)

SEED = 20


@dataclass(frozen=True)
class Rows:
    """The ``chosen`` rows of a table of features (n, k) and labels (n,).

    The table is not copied for it: it is most of the memory of a night.
    """

    features: Array
    labels: NDArray[np.intp]
    chosen: NDArray[np.intp]

    def __len__(self) -> int:
        return len(self.chosen)

    def batch(self, indices: NDArray[np.intp]) -> tuple[Array, NDArray[np.intp]]:
        """Copies of the rows at ``indices``."""
        rows = self.chosen[indices]
        return self.features[rows], self.labels[rows]


def train(
    old: Sequential,
    name: str,
    data: Rows,
    recipe: Recipe,
    context: RunContext,
    report: Callable[[float], None],
) -> Sequential:
    """Train a copy of the old head; its checkpoint is ``name``.

    report : called with the share of this training that is done.

    A damaged checkpoint is deleted and the training begins anew. Raises Stopped.
    """
    path = context.folder / f"{name}.checkpoint"

    def progress(now: Progress) -> None:
        report((now.epoch - 1 + now.batch / now.batches) / now.epochs)

    def attempt() -> Sequential:
        head = type(old).from_config(old.config(), values=old.values)
        history = training.fit(
            head,
            data,
            epochs=recipe.epochs,
            learning_rate=recipe.learning_rate,
            schedule="cosine",
            validation=None,
            seed=SEED,
            prefetch=False,
            checkpoint=path,
            checkpoint_every_s=context.checkpoint_every_s,
            resume=True,
            progress=progress,
            stop=context.stop,
        )
        if not history.complete:
            raise Stopped
        return head

    try:
        return attempt()
    except (ModelFormatError, SpecError) as error:
        _log.warning("%s; this part is learnt anew", error)
        path.unlink(missing_ok=True)
        return attempt()
