"""Conv2D: convolution by one strided copy and one matrix product (im2col).

Chellapilla, Puri and Simard, "High Performance Convolutional Neural Networks for Document
Processing", 2006. With channels last, a window's row of pixels is contiguous in memory, and
the product already has the layout of the output.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.lib.stride_tricks import as_strided

from core.errors import SpecError
from core.nn.layer import Array, Parameter, Shape, WeightedLayer, whole_number


class Conv2D(WeightedLayer):
    """Correlation of (n, height, width, c) with `channels` square kernels, plus a bias.

    Weights: (kernel * kernel * c, channels), rows in the order (row, column, channel). The
    input is padded with `padding` zeros on each side; bias=False suits a BatchNorm after it.
    """

    options = ("channels", "kernel", "stride", "padding", "bias")

    def __init__(
        self, channels: int, kernel: int, stride: int = 1, padding: int = 0, bias: bool = True
    ) -> None:
        super().__init__()
        self.channels = whole_number("Conv2D", "channels", channels, 1)
        self.kernel = whole_number("Conv2D", "kernel", kernel, 1)
        self.stride = whole_number("Conv2D", "stride", stride, 1)
        self.padding = whole_number("Conv2D", "padding", padding, 0)
        self.bias = bool(bias)
        if self.padding >= self.kernel:
            raise SpecError(f"Conv2D: padding {padding} must be smaller than kernel {kernel}")

    def _shape_of_output(self) -> Shape:
        if len(self.input_shape) != 3:
            raise SpecError(f"{self!r} needs (height, width, channels), not {self.input_shape}")
        height, width, depth = self.input_shape
        rows, columns = (
            (side + 2 * self.padding - self.kernel) // self.stride + 1
            for side in (height, width)
        )
        if rows < 1 or columns < 1 or self.stride > max(height, width, self.kernel):
            raise SpecError(f"{self!r} does not fit into an input of {height}x{width}")
        self.weights = Parameter("weights", (self.kernel**2 * depth, self.channels))
        self.offsets = Parameter("bias", (self.channels,))
        return rows, columns, self.channels

    def multiply_adds(self) -> int:
        return math.prod(self.output_shape) * self.weights.shape[0]

    def buffered(self) -> int:
        height, width, depth = self.input_shape
        padded = (height + 2 * self.padding) * (width + 2 * self.padding) * depth
        patches = math.prod(self.output_shape[:2]) * self.weights.shape[0]
        return padded + patches + math.prod(self.output_shape)

    def forward(self, x: Array, training: bool = False) -> Array:
        n = len(x)
        rows, columns, channels = self.output_shape
        source = self._padded(x)
        patches = self._buffer("patches", n, (rows, columns, self.weights.shape[0]))
        windows = self._windows(source)
        np.copyto(patches.reshape(windows.shape), windows)
        y = self._buffer("y", n, self.output_shape)
        flat = y.reshape(-1, channels)
        np.matmul(patches.reshape(len(flat), -1), self.weights.value, out=flat)
        if self.bias:
            # Whole rows of the picture at a time: numpy's inner loop would be `channels` long.
            pictures = y.reshape(n, -1)
            pictures += np.tile(self.offsets.value, rows * columns)
        self._patches = patches
        return y

    def backward(self, dy: Array, input_gradient: bool = True) -> Array | None:
        n = len(dy)
        dy = dy.reshape(-1, self.channels)
        patches = self._patches.reshape(len(dy), -1)
        np.matmul(patches.T, dy, out=self.weights.gradient)
        if self.bias:
            np.dot(self._ones(len(dy)), dy, out=self.offsets.gradient)
        if not input_gradient:
            return None
        np.matmul(dy, self.weights.value.T, out=patches)
        return self._scatter(self._patches, n)

    def _padded(self, x: Array) -> Array:
        p = self.padding
        if not p:
            return np.ascontiguousarray(x)
        height, width, depth = self.input_shape
        padded = self._buffer("padded", len(x), (height + 2 * p, width + 2 * p, depth))
        padded[:, p : p + height, p : p + width] = x
        return padded

    def _windows(self, padded: Array) -> Array:
        """View (n, rows, columns, kernel, kernel, c) of every window of `padded`."""
        n, row, column, channel = padded.strides
        rows, columns, _ = self.output_shape
        return as_strided(
            padded,
            (len(padded), rows, columns, self.kernel, self.kernel, padded.shape[3]),
            (n, row * self.stride, column * self.stride, row, column, channel),
        )

    def _scatter(self, patches: Array, n: int) -> Array:
        """Add every window's gradient to the pixels it was taken from (col2im)."""
        p = self.padding
        height, width, depth = self.input_shape
        total = self._buffer("dx", n, (height + 2 * p, width + 2 * p, depth))
        total.fill(0)
        windows = self._windows(total)
        patches = patches.reshape(windows.shape)
        # Windows this many apart do not overlap, so one addition serves all of them.
        apart = -(-self.kernel // self.stride)
        for i in range(apart):
            for j in range(apart):
                group = windows[:, i::apart, j::apart]
                np.add(group, patches[:, i::apart, j::apart], out=group)
        return total[:, p : p + height, p : p + width]

    def _ones(self, n: int) -> Array:
        """A vector of ones: the product with it is the fastest sum over rows."""
        ones = self._kept.get("ones")
        if ones is None or len(ones) < n:
            ones = self._kept["ones"] = np.ones(n, self.dtype)
        return ones[:n]
