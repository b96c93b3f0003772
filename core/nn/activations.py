"""Activation functions as layers: in place where possible, gradients from the output."""

from __future__ import annotations

import numpy as np

from core.errors import SpecError
from core.nn.layer import Array, Layer, Shape


class ReLU(Layer):
    """max(0, x)."""

    keeps_output = True

    def forward(self, x: Array, training: bool = False) -> Array:
        self._y = np.maximum(x, 0, out=self._output_over(x))
        return self._y

    def backward(self, dy: Array, input_gradient: bool = True) -> Array:
        # A mask of all bits or none, in y's own memory: a float's bits, read as an integer,
        # are above 0 where the float is. A product with bools takes three times as long.
        y, bits = self._y, f"i{self.dtype.itemsize}"
        mask = y.view(bits)
        np.minimum(mask, 1, out=mask)
        np.negative(mask, out=mask)
        np.bitwise_and(mask, dy.view(bits), out=mask)
        return y


class Sigmoid(Layer):
    """1 / (1 + exp(-x)), written as (1 + tanh(x / 2)) / 2, which cannot overflow."""

    keeps_output = True

    def forward(self, x: Array, training: bool = False) -> Array:
        y = self._y = self._output_over(x)
        np.multiply(x, 0.5, out=y)
        np.tanh(y, out=y)
        y *= 0.5
        y += 0.5
        return y

    def largest(self, inputs: float) -> float:
        return 1.0

    def backward(self, dy: Array, input_gradient: bool = True) -> Array:
        y = self._y
        slope = self._buffer("slope", len(y), self.output_shape)
        np.subtract(1, y, out=slope)
        slope *= y
        return np.multiply(dy, slope, out=y)


class Tanh(Layer):
    """The hyperbolic tangent."""

    keeps_output = True

    def forward(self, x: Array, training: bool = False) -> Array:
        self._y = np.tanh(x, out=self._output_over(x))
        return self._y

    def largest(self, inputs: float) -> float:
        return 1.0

    def backward(self, dy: Array, input_gradient: bool = True) -> Array:
        y = self._y
        np.square(y, out=y)
        np.subtract(1, y, out=y)
        y *= dy
        return y


class Softmax(Layer):
    """exp(x) / sum(exp(x)) over the outputs; the row's maximum is subtracted first.

    In front of the cross-entropy the two are computed as one (see `losses`), and this
    layer's `backward` is passed by.
    """

    keeps_output = True

    def _shape_of_output(self) -> Shape:
        if len(self.input_shape) != 1:
            raise SpecError(f"Softmax needs flat outputs, not {self.input_shape}: add Flatten")
        return self.input_shape

    def forward(self, x: Array, training: bool = False) -> Array:
        y = self._y = self._output_over(x)
        np.subtract(x, x.max(axis=1, keepdims=True), out=y)
        np.exp(y, out=y)
        y /= y.sum(axis=1, keepdims=True)
        return y

    def backward(self, dy: Array, input_gradient: bool = True) -> Array:
        y = self._y
        product = np.multiply(dy, y, out=self._buffer("product", len(y), self.output_shape))
        y *= product.sum(axis=1, keepdims=True)
        np.subtract(product, y, out=y)
        return y
