"""Step, one layer of an integer network; LayerRuntime and BoundLayer, which execute it."""

from __future__ import annotations

import math
from dataclasses import dataclass, fields
from typing import Any

import numpy as np
from numpy.lib.stride_tricks import as_strided
from numpy.typing import NDArray

from core.nn.layer import Array, Shape

Int32 = NDArray[np.int32]

_EXACT = 1 << 24
"""Integers up to this, and their sums and products, are exact in float32."""


@dataclass(frozen=True)
class Step:
    """One Dense or Conv2D, its bias and its activation, in integers.

    y = clip(x @ weights + offset, low, high) * factor >> shift, for each output channel.

    weights : int8 (inputs of a sum, channels). offset, low, high, factor : int32 (channels,),
    with low * factor and high * factor inside int32. input_shape, output_shape : without the
    batch; `kernel`, `stride` and `padding` are a Conv2D's, and a Dense has kernel 0.
    """

    weights: NDArray[np.int8]
    offset: Int32
    low: Int32
    high: Int32
    factor: Int32
    shift: int
    input_shape: Shape
    output_shape: Shape
    kernel: int = 0
    stride: int = 1
    padding: int = 0

    def is_same(self, other: Step) -> bool:
        """Whether it computes the same, bit for bit."""
        return all(
            np.array_equal(getattr(self, each.name), getattr(other, each.name))
            for each in fields(self)
        )

    def exact_blocks(self) -> list[slice]:
        """The rows of `weights` in blocks whose products with uint8 are exact in float32.

        No sum over a part of a block, in any order, reaches -2**24 or 2**24.
        """
        positive = np.cumsum(np.maximum(self.weights, 0), axis=0, dtype=np.int32)
        negative = np.cumsum(np.minimum(self.weights, 0), axis=0, dtype=np.int32)
        blocks, start = [], 0
        base = np.zeros((2, self.weights.shape[1]), np.int32)
        while start < len(self.weights):
            most = np.maximum(positive[start:] - base[0], base[1] - negative[start:])
            fits = 255 * most.max(axis=1) < _EXACT
            # These sums only grow, so the first that is too large ends the block.
            stop = len(self.weights) if fits.all() else start + int(np.argmin(fits))
            blocks.append(slice(start, stop))
            start = stop
            base = np.stack([positive[start - 1], negative[start - 1]])
        return blocks


class LayerRuntime:
    """A step with its weights laid out for this machine, and its reused buffers.

    products : dtype of the matrix products: int32 (numpy's own loops) or float32 (BLAS). The
    result is the same.
    """

    def __init__(self, step: Step, products: np.dtype[Any]) -> None:
        self.step = step
        self.products = products
        self.positions = math.prod(step.output_shape[:-1])
        # A row for each channel: of numpy's loops over integers, einsum's over two long rows
        # takes the fewest instructions (5.3 on ARMv6, matmul 7.1).
        rows = np.ascontiguousarray(step.weights.T, products)
        blocks = step.exact_blocks() if products.kind == "f" else [slice(None)]
        self.blocks = [(block, rows[:, block]) for block in blocks]
        # Whole pictures at a time: numpy's inner loop would be `channels` long.
        self.offset, self.low, self.high, self.factor = (
            np.tile(vector, self.positions)
            for vector in (step.offset, step.low, step.high, step.factor)
        )
        self.shift = np.int32(step.shift)
        self._kept: dict[str, Array] = {}

    def buffered(self) -> int:
        """Values that a `BoundLayer` keeps in buffers for one input."""
        step = self.step
        *sides, depth = step.input_shape
        inputs = math.prod(side + 2 * step.padding for side in sides) * depth
        patches = self.positions * len(step.weights) if step.kernel else 0
        return inputs + patches + 2 * math.prod(step.output_shape)

    def buffer(self, name: str, shape: Shape, dtype: Any) -> Array:
        """A reused array: the front of the largest one so far of this name."""
        size = math.prod(shape)
        kept = self._kept.get(name)
        if kept is None or kept.size < size:
            # Zeros, since the border of a padded input is never written again.
            kept = self._kept[name] = np.zeros(size, dtype)
        return kept[:size].reshape(shape)


class BoundLayer:
    """A LayerRuntime bound to batches of n inputs: every view of its buffers is made once.

    input : (n, *input_shape), array to write the inputs to.
    sums : int32 (n, *output_shape), scratch; the outputs may be written here too.
    """

    def __init__(self, layer: LayerRuntime, n: int) -> None:
        step = layer.step
        self._layer = layer
        self.sums: Int32 = layer.buffer("sums", (n, *step.output_shape), np.int32)
        self._flat = self.sums.reshape(n, -1)
        self._products = self.sums.reshape(n * layer.positions, -1)
        if layer.products.kind == "f":
            self._partial = layer.buffer("partial", self._products.shape, layer.products)
        self._windows: Array | None = None
        if step.kernel:
            self.input = self._convolve(n)
        else:
            self.input = self._rows = layer.buffer(
                "input", (n, *step.input_shape), layer.products
            )

    def _convolve(self, n: int) -> Array:
        """Make the views for im2col; returns the array to write the pictures to."""
        layer, step = self._layer, self._layer.step
        height, width, depth = step.input_shape
        p, k = step.padding, step.kernel
        padded = layer.buffer(
            "input", (n, height + 2 * p, width + 2 * p, depth), layer.products
        )
        each, row, column, channel = padded.strides
        self._windows = as_strided(
            padded,
            (n, *step.output_shape[:-1], k, k, depth),
            (each, row * step.stride, column * step.stride, row, column, channel),
        )
        self._rows = layer.buffer("rows", (n * layer.positions, k * k * depth), layer.products)
        self._patches = self._rows.reshape(self._windows.shape)
        return padded[:, p : p + height, p : p + width]

    def forward(self, out: Array) -> None:
        """Compute the outputs for `input`; out : (n, *output_shape), int32 or float32."""
        layer, flat = self._layer, self._flat
        if self._windows is not None:
            np.copyto(self._patches, self._windows)
        self._multiply()
        np.add(flat, layer.offset, out=flat)
        np.maximum(flat, layer.low, out=flat)
        np.minimum(flat, layer.high, out=flat)
        np.multiply(flat, layer.factor, out=flat)
        np.right_shift(self.sums, layer.shift, out=out)

    def _multiply(self) -> None:
        if self._layer.products.kind != "f":
            np.einsum("ij,kj->ik", self._rows, self._layer.blocks[0][1], out=self._products)
            return
        for number, (block, weights) in enumerate(self._layer.blocks):
            np.matmul(self._rows[:, block], weights.T, out=self._partial)
            if number:
                np.add(self._products, self._partial, out=self._products, casting="unsafe")
            else:
                np.copyto(self._products, self._partial, casting="unsafe")
