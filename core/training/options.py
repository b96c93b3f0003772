"""The options of a training: its numbers, its learning rate schedules, its callbacks."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from os import PathLike

import numpy as np

from core.errors import SpecError
from core.nn.layer import Array
from core.training.history import Progress

Augment = Callable[[Array, np.random.Generator], Array]


def _constant(done: float) -> float:
    return 1.0


def _cosine(done: float) -> float:
    """Loshchilov and Hutter, "SGDR", 2017, without restarts."""
    return (1 + math.cos(math.pi * done)) / 2


def _step(done: float) -> float:
    """A tenth after 1/2 and after 3/4: He et al., "Deep Residual Learning", 2016."""
    return 1.0 if done < 0.5 else 0.1 if done < 0.75 else 0.01


SCHEDULES: dict[str, Callable[[float], float]] = {
    "constant": _constant,
    "cosine": _cosine,
    "step": _step,
}


@dataclass(frozen=True)
class TrainingOptions:
    """The numbers of a training (see `training.fit`); SpecError if one makes no sense."""

    epochs: int
    batch_size: int
    learning_rate: float
    schedule: str
    warm_up: float
    average: float | None
    seed: int

    def __post_init__(self) -> None:
        if self.epochs < 1 or self.batch_size < 1 or self.seed < 0:
            raise SpecError("epochs and batch_size must be at least 1, seed at least 0")
        if not 0 < self.learning_rate < math.inf:
            raise SpecError(f"learning_rate must be above 0, not {self.learning_rate!r}")
        if self.schedule not in SCHEDULES:
            raise SpecError(f"no schedule {self.schedule!r}; there are {', '.join(SCHEDULES)}")
        if not 0 <= self.warm_up < self.epochs:
            raise SpecError(f"warm_up must be in [0, epochs), not {self.warm_up!r}")
        if self.average is not None and not 0 < self.average < 1:
            raise SpecError(f"average must be in (0, 1) or None, not {self.average!r}")

    def rate(self, step: int, batches: int) -> float:
        """The learning rate of step 0, 1, ... when an epoch has so many batches."""
        warm_up = self.warm_up * batches
        if step < warm_up:
            return self.learning_rate * (step + 1) / (warm_up + 1)
        done = (step - warm_up) / (self.epochs * batches - warm_up)
        return self.learning_rate * SCHEDULES[self.schedule](done)

    def decay(self, step: int) -> float:
        """Decay of the average of weights at a step: lower at first, when it averages few."""
        return min(self.average or 0.0, (1 + step) / (10 + step))


@dataclass(frozen=True)
class Callbacks:
    """What a training calls and writes on its way (see `training.fit`)."""

    augment: Augment | None = None
    prefetch: bool = True
    checkpoint: str | PathLike[str] | None = None
    checkpoint_every_s: float = 120.0
    progress: Callable[[Progress], object] | None = None
    stop: Callable[[], bool] | None = None
