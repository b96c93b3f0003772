"""A network run in whole numbers: the same answer, bit for bit, on every machine.

Weights are int8, what the layers pass on is uint8, sums are int32 and come back to uint8 by
a multiplication and a shift (Jacob et al., "Quantization and Training of Neural Networks for
Efficient Integer-Arithmetic-Only Inference", 2018). `quantise` makes such a network of a
trained one. An ARMv6 has a fast integer multiplier and a slow scalar FPU, so the products
run there on numpy's own int32 loops. Elsewhere BLAS does them in float32, which is exact as
long as every partial sum is a whole number below 2**24; `Step.exact_blocks` sees to that.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from functools import cache
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, DTypeLike, NDArray

from core.integer.step import BoundLayer, Int32, LayerRuntime, Step
from core.nn.layer import Array, Shape

LOGIT = 256
"""Steps of an integer logit to one unit of the float network's: a share within 0.2 %."""

_BATCH = 16
"""Inputs at a time: enough for BLAS, and buffers that stay in a processor's cache."""

_UNITS = 16
"""A share exp(-16) of the best one's is none."""

_ONE = 1 << 24
"""The best class's entry in the table: eleven such still fit into int32."""

_SMALL_MACHINE = np.dtype(np.intp).itemsize == 4
"""A 32-bit Raspberry Pi."""


class IntegerNetwork:
    """Steps one after the other, with a softmax at the end: reads like a `Network`.

    Inputs are as of `Network`: (n, ...) that reshapes to (n, *input_shape), uint8 or numbers
    of 0 .. 1, which are rounded to 255ths. `products` is the dtype the matrix products run
    in, int32 or float32; None takes what suits the machine, and changes no result.
    """

    def __init__(
        self, steps: Sequence[Step], input_shape: Shape, products: DTypeLike | None = None
    ) -> None:
        self.steps = list(steps)
        self.input_shape = tuple(input_shape)
        self.output_shape = self.steps[-1].output_shape
        if products is None:
            products = np.int32 if _SMALL_MACHINE else np.float32
        self._runs = [LayerRuntime(step, np.dtype(products)) for step in self.steps]
        self._passes: dict[int, list[tuple[BoundLayer, Array]]] = {}
        self._largest = 0

    def reserve(self, n: int) -> None:
        """Make the buffers for n inputs at a time now, so that memory stays what it is."""
        self._prepared(min(n, _BATCH))

    def logits(self, x: ArrayLike) -> Int32:
        """What the softmax is taken of: int32 (n, outputs), in units of 1 / LOGIT.

        Raises ValueError if x does not reshape to (n, *input_shape), or is not numbers.
        """
        x = np.asarray(x)
        if x.ndim < 2 or math.prod(x.shape[1:]) != math.prod(self.input_shape):
            wanted = "x".join(map(str, self.input_shape))
            raise ValueError(f"inputs of shape {x.shape} are not (n, ...) with {wanted} each")
        if x.dtype.kind not in "fiub":
            raise ValueError(f"inputs must be numbers, not {x.dtype}")
        result: Int32 = np.empty((len(x), *self.output_shape), np.int32)
        for start in range(0, len(x), _BATCH):
            part = slice(start, start + _BATCH)
            self._forward(x[part], result[part])
        return result

    def predict_proba(self, x: ArrayLike) -> NDArray[np.float32]:
        """How likely each class is, float32 (n, outputs): the same bits everywhere, too."""
        return softmax(self.logits(x))

    def predict(self, x: ArrayLike) -> NDArray[np.intp]:
        """The most likely class of every input, (n,)."""
        classes: NDArray[np.intp] = self.logits(x).argmax(axis=1)
        return classes

    def score(self, x: ArrayLike, y: ArrayLike) -> float:
        """The share of inputs x whose predicted class is the label y."""
        return float(np.mean(self.predict(x) == np.asarray(y)))

    def _forward(self, x: Array, out: Int32) -> None:
        passes = self._prepared(len(x))
        first = passes[0][0].input
        x = x.reshape(first.shape)
        if x.dtype == np.uint8:
            np.copyto(first, x)
        else:
            np.copyto(first, to_bytes(x))
        for step, target in passes[:-1]:
            step.forward(target)
        passes[-1][0].forward(out)

    def _prepared(self, n: int) -> list[tuple[BoundLayer, Array]]:
        """The steps for n inputs, each with the place of its outputs in the next one."""
        if n > self._largest:
            # The buffers are made anew, and views of the old ones would keep those.
            self._passes.clear()
            self._largest = n
        passes = self._passes.get(n)
        if passes is None:
            ready = [BoundLayer(run, n) for run in self._runs]
            following = [after.input for after in ready[1:]] + [ready[-1].sums]
            passes = self._passes[n] = [
                (step, place.reshape(step.sums.shape))
                for step, place in zip(ready, following, strict=True)
            ]
        return passes

    def __repr__(self) -> str:
        sides = " x ".join(map(str, self.input_shape))
        return f"IntegerNetwork({sides} -> {self.output_shape[0]}: {len(self.steps)} steps)"


def to_bytes(x: Array) -> Int32:
    """Numbers of 0 .. 1 as 0 .. 255, int32; what lies beyond is cut off."""
    scaled: NDArray[Any] = np.multiply(x, np.float32(255), dtype=np.float32, casting="unsafe")
    scaled += np.float32(0.5)
    whole = scaled.astype(np.int32)
    np.maximum(whole, 0, out=whole)
    return np.minimum(whole, 255, out=whole)


def softmax(logits: Int32) -> NDArray[np.float32]:
    """Shares float32 (n, outputs) of integer logits.

    From a table of whole numbers and one division, which IEEE 754 rounds alike everywhere;
    an exponential of float32 comes out of each C library a little different.
    """
    below = logits.max(axis=1, keepdims=True) - logits
    parts = exponentials()[np.minimum(below, _UNITS * LOGIT)].astype(np.float32)
    # Whole numbers, of which float32 holds each one; their sum is rounded once.
    totals = parts.sum(axis=1, keepdims=True, dtype=np.float64)
    shares: NDArray[np.float32] = np.divide(parts, totals.astype(np.float32))
    return shares


@cache
def exponentials() -> Int32:
    """2**24 * exp(-i / LOGIT) for i = 0, 1, ..., the last entry 0: int32."""
    values = [round(_ONE * math.exp(-i / LOGIT)) for i in range(_UNITS * LOGIT)]
    return np.array([*values, 0], np.int32)
