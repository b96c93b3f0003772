"""Loss functions and their gradients: squared error and cross-entropy.

Labels are whole numbers 0 .. k-1. With label smoothing e the targets are 1 - e + e/k for
the true class and e/k for the others (Szegedy et al., "Rethinking the Inception
Architecture", 2016).
"""

from __future__ import annotations

from typing import ClassVar

import numpy as np

from core.errors import SpecError
from core.nn.layer import Array


class Loss:
    """The mean over the batch of a loss per sample, and its gradient."""

    name: ClassVar[str]

    fuses_softmax: ClassVar[bool] = False
    """True if `from_logits` takes the place of a final Softmax and this loss together."""

    def __init__(self, label_smoothing: float = 0.0) -> None:
        if not 0 <= label_smoothing < 1:
            raise SpecError(f"label_smoothing must be in [0, 1), not {label_smoothing!r}")
        self.label_smoothing = float(label_smoothing)
        self._classes: Array = np.empty((0, 0), np.float32)

    def __call__(self, outputs: Array, labels: Array) -> tuple[float, Array]:
        """Mean loss of outputs (n, k), and its gradient (n, k) with respect to them."""
        raise NotImplementedError

    def from_logits(self, logits: Array, labels: Array) -> tuple[float, Array]:
        """Mean loss of softmax(logits), and its gradient with respect to the logits.

        Uses the memory of `logits`.
        """
        raise NotImplementedError

    def targets(self, labels: Array, like: Array) -> Array:
        """Smoothed one-hot rows (n, k) of the shape and dtype of `like`."""
        count = like.shape[1]
        if len(self._classes) != count or self._classes.dtype != like.dtype:
            rest = self.label_smoothing / count
            self._classes = np.full((count, count), rest, like.dtype)
            np.fill_diagonal(self._classes, 1 - self.label_smoothing + rest)
        return self._classes.take(labels, axis=0)


class SquaredError(Loss):
    """1/2 sum (output - target)^2, whose gradient is the plain difference."""

    name = "squared_error"

    def __call__(self, outputs: Array, labels: Array) -> tuple[float, Array]:
        difference = self.targets(labels, outputs)
        np.subtract(outputs, difference, out=difference)
        value = 0.5 * float(np.vdot(difference, difference)) / len(labels)
        difference /= len(labels)
        return value, difference


class CrossEntropy(Loss):
    """-sum target * log(output)."""

    name = "cross_entropy"
    fuses_softmax = True

    def __call__(self, outputs: Array, labels: Array) -> tuple[float, Array]:
        targets = self.targets(labels, outputs)
        # A softmax may underflow to zero; its logarithm must not be infinite.
        outputs = np.maximum(outputs, np.finfo(outputs.dtype).tiny)
        value = -float(np.vdot(targets, np.log(outputs))) / len(labels)
        targets /= outputs
        targets /= -len(labels)
        return value, targets

    def from_logits(self, logits: Array, labels: Array) -> tuple[float, Array]:
        targets = self.targets(labels, logits)
        logits -= np.maximum.reduce(logits, axis=1, keepdims=True)
        # -sum t log(p) = log(sum(exp(z))) - sum t z, since the targets sum to one.
        expected = float(np.vdot(targets, logits))
        np.exp(logits, out=logits)
        sums = np.add.reduce(logits, axis=1, keepdims=True)
        logits /= sums
        normalising = float(np.add.reduce(np.log(sums, out=sums), axis=None))
        value = (normalising - expected) / len(labels)
        logits -= targets
        logits /= len(labels)
        return value, logits


LOSSES: dict[str, type[Loss]] = {loss.name: loss for loss in (SquaredError, CrossEntropy)}
