"""IntegerNetwork: inference in integers, the same bits on every machine.

Weights are int8, activations are uint8, sums are int32 and are brought back to uint8 by a
multiplication and a shift (Jacob et al., "Quantization and Training of Neural Networks for
Efficient Integer-Arithmetic-Only Inference", 2018). `quantise` makes such a network from a
trained one. An ARMv6 has a fast integer multiplier and a slow scalar FPU, so matrix products
are numpy's own int32 loops there. Elsewhere they are BLAS's in float32, which is exact as long
as every partial sum is an integer below 2**24; `Step.exact_blocks` ensures that.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from functools import cache
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, DTypeLike, NDArray

from core.integer.step import BoundLayer, Int32, LayerRuntime, Step
from core.nn.layer import Array, Shape, check_inputs

LOGIT = 256
"""Integer logits are the float network's times this: probabilities within 0.2 %."""

_BATCH = 16
"""Inputs computed at a time: enough for BLAS, and the buffers stay in a processor's cache."""

_ROOM = 32 << 20
"""Bytes of the buffers: a wide network takes fewer inputs at a time."""

_UNITS = 16
"""Probabilities below exp(-16) of the largest one are 0."""

_ONE = 1 << 24
"""Entry of the likeliest class in the table of exponentials: eleven such fit into int32."""

_SMALL_MACHINE = np.dtype(np.intp).itemsize == 4
"""True on a 32-bit Raspberry Pi."""


class IntegerNetwork:
    """Steps one after the other, with a softmax at the end; used like a `Network`.

    Inputs are as of `Network`: (n, ...) that reshapes to (n, *input_shape), uint8 or numbers
    of 0 .. 1, which are rounded to 255ths. `products` is the dtype of the matrix products,
    int32 or float32; None chooses the quicker one on this machine. The result is the same.
    """

    def __init__(
        self, steps: Sequence[Step], input_shape: Shape, products: DTypeLike | None = None
    ) -> None:
        self.steps = list(steps)
        self.input_shape = tuple(input_shape)
        self.output_shape = self.steps[-1].output_shape
        if products is None:
            products = np.int32 if _SMALL_MACHINE else np.float32
        self._layers = [LayerRuntime(step, np.dtype(products)) for step in self.steps]
        self._bound: dict[int, list[tuple[BoundLayer, Array]]] = {}
        self._largest = 0
        each = 4 * sum(layer.buffered() for layer in self._layers)
        self._batch = max(1, min(_BATCH, _ROOM // each))

    def reserve(self, n: int) -> None:
        """Make the buffers for n inputs at a time now, so that memory does not grow later."""
        self._prepared(min(n, self._batch))

    def logits(self, x: ArrayLike) -> Int32:
        """The logits, inputs of the softmax: int32 (n, outputs), in units of 1 / LOGIT.

        Raises ValueError if x does not reshape to (n, *input_shape), or is not numbers.
        """
        return self._run(x, None)

    def embed(self, x: ArrayLike) -> tuple[NDArray[np.uint8], Int32]:
        """The activations before the last step, uint8 (n, inputs of it), and the logits.

        Raises as :meth:`logits`.
        """
        x = np.asarray(x)
        width = math.prod(self.steps[-1].input_shape)
        features = np.empty((len(x) if x.ndim else 0, width), np.uint8)
        return features, self._run(x, features)

    def _run(self, x: ArrayLike, features: NDArray[np.uint8] | None) -> Int32:
        x = np.asarray(x)
        check_inputs(x.shape, x.dtype, self.input_shape)
        result: Int32 = np.empty((len(x), *self.output_shape), np.int32)
        for start in range(0, len(x), self._batch):
            part = slice(start, start + self._batch)
            last = self._forward(x[part], result[part])
            if features is not None:
                np.copyto(features[part], last.reshape(len(last), -1), casting="unsafe")
        return result

    def predict_proba(self, x: ArrayLike) -> NDArray[np.float32]:
        """Probabilities, float32 (n, outputs): the same bits on every machine."""
        return softmax(self.logits(x))

    def predict(self, x: ArrayLike) -> NDArray[np.intp]:
        """The most likely class of every input, (n,)."""
        classes: NDArray[np.intp] = self.logits(x).argmax(axis=1)
        return classes

    def score(self, x: ArrayLike, y: ArrayLike) -> float:
        """The share of inputs x whose predicted class is the label y."""
        return float(np.mean(self.predict(x) == np.asarray(y)))

    def _forward(self, x: Array, out: Int32) -> Array:
        """Write the logits to `out`; returns the inputs of the last step, in its buffer."""
        bound = self._prepared(len(x))
        first = bound[0][0].input
        x = x.reshape(first.shape)
        if x.dtype == np.uint8:
            np.copyto(first, x)
        else:
            np.copyto(first, to_bytes(x))
        for step, target in bound[:-1]:
            step.forward(target)
        bound[-1][0].forward(out)
        return bound[-1][0].input

    def has_body_of(self, other: IntegerNetwork) -> bool:
        """Whether all steps but the last are the other's, so that `embed` gives the same."""
        mine, theirs = self.steps[:-1], other.steps[:-1]
        return len(mine) == len(theirs) and all(
            one.is_same(another) for one, another in zip(mine, theirs, strict=True)
        )

    def _prepared(self, n: int) -> list[tuple[BoundLayer, Array]]:
        """The layers bound to n inputs, each with the array to write its outputs to."""
        if n > self._largest:
            # The buffers are made anew, and views of the old ones would keep those in memory.
            self._bound.clear()
            self._largest = n
        bound = self._bound.get(n)
        if bound is None:
            ready = [BoundLayer(layer, n) for layer in self._layers]
            following = [after.input for after in ready[1:]] + [ready[-1].sums]
            bound = self._bound[n] = [
                (layer, target.reshape(layer.sums.shape))
                for layer, target in zip(ready, following, strict=True)
            ]
        return bound

    def __repr__(self) -> str:
        sides = " x ".join(map(str, self.input_shape))
        return f"IntegerNetwork({sides} -> {self.output_shape[0]}: {len(self.steps)} steps)"


def to_bytes(x: Array) -> Int32:
    """Numbers of 0 .. 1 as 0 .. 255, int32; others are cut off at the ends."""
    scaled: NDArray[Any] = np.multiply(x, np.float32(255), dtype=np.float32, casting="unsafe")
    scaled += np.float32(0.5)
    grey = scaled.astype(np.int32)
    np.maximum(grey, 0, out=grey)
    return np.minimum(grey, 255, out=grey)


def softmax(logits: Int32) -> NDArray[np.float32]:
    """Probabilities, float32 (n, outputs), of integer logits.

    From a table of integers and one division, which IEEE 754 rounds alike on every machine;
    exponentials in float32 differ a little between C libraries.
    """
    below = logits.max(axis=1, keepdims=True) - logits
    parts = exponentials()[np.minimum(below, _UNITS * LOGIT)].astype(np.float32)
    # Integers that float32 can hold; their sum is rounded once.
    totals = parts.sum(axis=1, keepdims=True, dtype=np.float64)
    probabilities: NDArray[np.float32] = np.divide(parts, totals.astype(np.float32))
    return probabilities


@cache
def exponentials() -> Int32:
    """2**24 * exp(-i / LOGIT) for i = 0, 1, ..., the last entry 0: int32."""
    values = [round(_ONE * math.exp(-i / LOGIT)) for i in range(_UNITS * LOGIT)]
    return np.array([*values, 0], np.int32)
