"""Trains one head on features, with a checkpoint of its own."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import TYPE_CHECKING

from core import training
from core.errors import DivergedError, ModelFormatError, SpecError
from core.training.history import Progress
from pi.retraining.resume_cache import RunContext, Stopped

if TYPE_CHECKING:
    from core.nn.sequential import Sequential
    from core.training.batches import Batches
    from pi.retraining.recipe import Recipe

_log = logging.getLogger(__name__)

SEED = 20

CHECKPOINT = ".checkpoint"
"""End of the names of checkpoints."""


def train(
    old: Sequential,
    name: str,
    data: Batches,
    recipe: Recipe,
    context: RunContext,
    report: Callable[[float], None],
) -> Sequential:
    """Train a copy of the old head; its checkpoint is ``name``.

    report : called with the share of this training that is done.

    From a checkpoint that is damaged, or leads nowhere, the training begins anew. Raises
    Stopped; DivergedError if it leads nowhere from its beginning.
    """
    path = context.folder / f"{name}{CHECKPOINT}"

    def progress(now: Progress) -> None:
        report((now.epoch - 1 + now.batch / now.batches) / now.epochs)

    def attempt(resume: bool) -> Sequential:
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
            resume=resume,
            progress=progress,
            stop=context.stop,
        )
        if not history.complete:
            raise Stopped
        return head

    try:
        return attempt(resume=True)
    except (DivergedError, ModelFormatError, SpecError) as error:
        _log.warning("%s; this part is learnt anew", error)
        return attempt(resume=False)
