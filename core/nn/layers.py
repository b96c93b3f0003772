"""Dense, BatchNorm and Flatten, and the registry of all layers.

Conv2D is in `convolution`, the activation functions are in `activations`, the base of all
layers is in `layer`.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from core.errors import SpecError
from core.nn.activations import ReLU, Sigmoid, Softmax, Tanh
from core.nn.convolution import Conv2D
from core.nn.layer import Array, Layer, Parameter, Shape, WeightedLayer, whole_number

__all__ = [
    "LAYERS", "BatchNorm", "Conv2D", "Dense", "Flatten", "Layer", "Parameter", "ReLU",
    "Sigmoid", "Softmax", "Tanh", "build", "from_config", "from_configs",
    "initialise", "named_parameters",
]  # fmt: skip


MOST_LAYERS = 300
"""More layers are refused; a network in one line (see `spec`) has fewer."""

MOST_BUFFERED = 1 << 20
"""Networks that keep more values in buffers for one sample are refused: a small model file must
not fill a memory. A photograph of 28x28 in ten layers of 32 channels takes half."""

MOST_MULTIPLY_ADDS = 100_000_000
"""Networks that multiply more often for one sample are refused; the shipped one: 655,936."""

_BLOCK = 5 << 14
"""Bytes of weights that change at a time: a block stays in the processor's cache."""


class Dense(WeightedLayer):
    """x @ weights + bias, with weights (inputs, units); a BatchNorm makes up for bias=False.

    While `descends` is True, `backward` subtracts the gradient of the weights from the weights
    themselves (see `core.training.optimisers.BlockwiseDescent`).
    """

    options = ("units", "bias")
    descends = False

    def __init__(self, units: int, bias: bool = True) -> None:
        super().__init__()
        self.units = whole_number("Dense", "units", units, 1)
        self.bias = bool(bias)
        self._parts: list[tuple[slice, Array, Array]] | None = None

    def _shape_of_output(self) -> Shape:
        if len(self.input_shape) != 1:
            raise SpecError(f"{self!r} needs flat inputs, not {self.input_shape}: add Flatten")
        self.weights = Parameter("weights", (self.input_shape[0], self.units))
        self.offsets = Parameter("bias", (self.units,))
        return (self.units,)

    def multiply_adds(self) -> int:
        return math.prod(self.weights.shape)

    def forward(self, x: Array, training: bool = False) -> Array:
        self._x = x
        y = self._buffer("y", len(x), self.output_shape)
        np.matmul(x, self.weights.value, out=y)
        if self.bias:
            y += self.offsets.value
        return y

    def backward(self, dy: Array, input_gradient: bool = True) -> Array | None:
        if self.bias:
            np.add.reduce(dy, axis=0, out=self.offsets.gradient)
        dx = None
        if input_gradient:
            dx = self._buffer("dx", len(dy), self.input_shape)
            np.matmul(dy, self.weights.value.T, out=dx)
        if self.descends:
            self._descend(self._x.T, dy)
        else:
            np.matmul(self._x.T, dy, out=self.weights.gradient)
        return dx

    def _descend(self, x: Array, dy: Array) -> None:
        """Subtract x @ dy from the weights, block by block."""
        for rows, part, change in self._blocks():
            np.matmul(x[rows], dy, out=change)
            np.subtract(part, change, out=part)

    def _blocks(self) -> list[tuple[slice, Array, Array]]:
        """The blocks: their rows, their weights, and scratch memory of the same shape."""
        weights, room = self.weights.value, self.weights.gradient
        if self._parts is None:
            rows = max(1, _BLOCK // weights[0].nbytes)
            slices = [slice(start, start + rows) for start in range(0, len(weights), rows)]
            self._parts = [(each, weights[each], room[: len(weights[each])]) for each in slices]
        return self._parts


class BatchNorm(Layer):
    """Normalises every channel (last axis) to mean 0 and variance 1, then scales and shifts.

    Ioffe and Szegedy, "Batch Normalization", 2015. In training the statistics are those of the
    batch and all positions; otherwise running averages, of which each batch replaces a share
    of 1 - `momentum`. `Sequential.folded` removes the layer for inference.
    """

    options = ("momentum", "epsilon")

    def __init__(self, momentum: float = 0.9, epsilon: float = 1e-5) -> None:
        super().__init__()
        if not 0 <= momentum < 1 or not 0 < epsilon < 1:
            raise SpecError("BatchNorm: momentum must be in [0, 1) and epsilon in (0, 1)")
        self.momentum = float(momentum)
        self.epsilon = float(epsilon)

    def _shape_of_output(self) -> Shape:
        channels = self.input_shape[-1:]
        self.gamma = Parameter("gamma", channels)
        self.beta = Parameter("beta", channels)
        self.mean = Parameter("mean", channels, trained=False)
        self.variance = Parameter("variance", channels, trained=False)
        return self.input_shape

    def parameters(self) -> list[Parameter]:
        return [self.gamma, self.beta, self.mean, self.variance]

    def initialise(self, rng: np.random.Generator, gain: float) -> None:
        self.gamma.value[...] = self.variance.value[...] = 1
        self.beta.value[...] = self.mean.value[...] = 0

    def scale_and_shift(self) -> tuple[Array, Array]:
        """Scale and shift, each (channels,), of inference: y = x * scale + shift."""
        scale = self.gamma.value / np.sqrt(self.variance.value + self.epsilon)
        return scale, self.beta.value - self.mean.value * scale

    def largest(self, inputs: float) -> float:
        scale, shift = self.scale_and_shift()
        return float((np.abs(scale).astype(np.float64) * inputs + np.abs(shift)).max())

    def forward(self, x: Array, training: bool = False) -> Array:
        if training:
            return self._forward_training(x)
        scale, shift = self.scale_and_shift()
        y = self._output_over(x)
        flat = np.multiply(_rows(x), self._tiled(scale), out=_rows(y))
        flat += self._tiled(shift)
        return y

    def _forward_training(self, x: Array) -> Array:
        rows = _rows(x)
        mean = self._mean(rows)
        centred = rows
        if not self.reuses_input:
            centred = _rows(self._buffer("x", len(x), self.input_shape))
        np.subtract(rows, self._tiled(mean), out=centred)
        y = self._buffer("y", len(x), self.output_shape)
        flat = _rows(y)
        variance = self._mean(np.square(centred, out=flat))

        samples = x.size // mean.size
        keep = self.momentum
        self.mean.value *= keep
        self.mean.value += (1 - keep) * mean
        self.variance.value *= keep
        self.variance.value += (1 - keep) * samples / max(samples - 1, 1) * variance

        self._deviation = np.sqrt(variance + self.epsilon)
        self._centred = centred
        np.multiply(centred, self._tiled(self.gamma.value / self._deviation), out=flat)
        flat += self._tiled(self.beta.value)
        return y

    def backward(self, dy: Array, input_gradient: bool = True) -> Array | None:
        centred = self._centred
        samples = centred.size // self.gamma.value.size
        dx = dy.reshape(centred.shape)
        product = _rows(self._buffer("product", len(dy), self.input_shape))
        np.multiply(dx, centred, out=product)
        mean_dy, mean_product = self._mean(dx), self._mean(product)
        np.multiply(mean_dy, samples, out=self.beta.gradient)
        np.multiply(mean_product / self._deviation, samples, out=self.gamma.gradient)
        if not input_gradient:
            return None
        # dx = gamma / s * (dy - mean(dy) - centred * mean(dy * centred) / s^2)
        scale = self.gamma.value / self._deviation
        centred *= self._tiled(scale * mean_product / np.square(self._deviation))
        dx *= self._tiled(scale)
        dx -= centred
        dx -= self._tiled(scale * mean_dy)
        return dx.reshape(dy.shape)

    def _mean(self, rows: Array) -> Array:
        """Mean of each channel of (n, positions * channels), by two products with ones."""
        ones = self._kept.get("ones")
        if ones is None or len(ones) < len(rows):
            ones = self._kept["ones"] = np.ones(len(rows), self.dtype)
        sums = np.dot(ones[: len(rows)], rows).reshape(-1, self.gamma.value.size)
        mean: Array = sums.sum(axis=0)
        mean /= rows.size // mean.size
        return mean

    def _tiled(self, channels: Array) -> Array:
        """`channels` repeated for all positions, so that numpy's inner loop is long."""
        return np.tile(channels, math.prod(self.input_shape[:-1]))


class Flatten(Layer):
    """(n, height, width, channels) -> (n, height * width * channels), without a copy."""

    def _shape_of_output(self) -> Shape:
        return (math.prod(self.input_shape),)

    def buffered(self) -> int:
        return 0

    def forward(self, x: Array, training: bool = False) -> Array:
        return x.reshape(len(x), -1)

    def backward(self, dy: Array, input_gradient: bool = True) -> Array:
        return dy.reshape(len(dy), *self.input_shape)


def _rows(x: Array) -> Array:
    return x.reshape(len(x), -1)


LAYERS: dict[str, type[Layer]] = {
    layer.__name__: layer
    for layer in (Dense, Conv2D, BatchNorm, Flatten, Sigmoid, ReLU, Tanh, Softmax)
}


def from_config(config: dict[str, Any]) -> Layer:
    """The layer that `Layer.config` described. Raises SpecError if there is no such layer."""
    if not isinstance(config, dict):
        raise SpecError(f"a layer is described by an object, not by {config!r:.40}")
    options = dict(config)
    name = options.pop("type", None)
    kind = LAYERS.get(name) if isinstance(name, str) else None
    if kind is None:
        raise SpecError(f"no layer of type {name!r:.40}; there are {', '.join(LAYERS)}")
    if set(options) != set(kind.options):
        takes = ", ".join(kind.options)
        raise SpecError(f"{kind.__name__} takes ({takes}), not {config!r:.80}")
    return kind(**options)


def from_configs(configs: Any) -> list[Layer]:
    """The layers that a list of their `config` described. Raises SpecError."""
    if not isinstance(configs, list):
        raise SpecError(f"layers are described by a list, not by {configs!r:.40}")
    _check_count(len(configs))
    return [from_config(each) for each in configs]


def build(layers: Sequence[Layer], input_shape: Sequence[int]) -> Shape:
    """Compute the shapes of all layers, allocating nothing; returns the output's shape.

    Raises SpecError if the layers do not fit, or are too large to be computed with.
    """
    _check_count(len(layers))
    if not 0 < len(input_shape) <= 4:
        raise SpecError(f"inputs have 1 to 4 dimensions, not {len(input_shape)}")
    sides = [whole_number("a network", "input_shape", side, 1) for side in input_shape]
    shape: Shape = tuple(sides)
    buffered, work = math.prod(shape), 0
    for layer in layers:
        shape = layer.build(shape)
        buffered += layer.buffered()
        work += layer.multiply_adds()
        if buffered > MOST_BUFFERED:
            raise SpecError(f"the layers keep more than {MOST_BUFFERED:,} values for one input")
        if work > MOST_MULTIPLY_ADDS:
            raise SpecError(
                f"the layers multiply more than {MOST_MULTIPLY_ADDS:,} times for one input"
            )
    return shape


def _check_count(layers: int) -> None:
    if not 0 < layers <= MOST_LAYERS:
        raise SpecError(f"a network has 1 to {MOST_LAYERS} layers, not {layers:,}")


def named_parameters(layers: Sequence[Layer]) -> list[Parameter]:
    """The parameters of built layers, named as in a file: "0.Dense.weights"."""
    parameters = []
    for position, layer in enumerate(layers):
        for parameter in layer.parameters():
            # A layer does not know its position: the full name is given here, once.
            if "." not in parameter.name:
                parameter.name = f"{position}.{type(layer).__name__}.{parameter.name}"
            parameters.append(parameter)
    return parameters


def initialise(layers: Sequence[Layer], rng: np.random.Generator) -> None:
    """Set the initial weights of connected layers."""
    for position, layer in enumerate(layers):
        rest = layers[position + 1 :]
        activation = next((item for item in rest if not isinstance(item, BatchNorm)), None)
        # He et al., "Delving Deep into Rectifiers", 2015: ReLU halves the variance.
        layer.initialise(rng, math.sqrt(2) if isinstance(activation, ReLU) else 1.0)
