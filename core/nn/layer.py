"""Layer and Parameter: the base of all layers, with their parameters and reused buffers.

A layer is made in two steps. `Layer.build` computes shapes and allocates nothing, so that a
model file can be checked before memory is spent on it. The network then gives every parameter
a view into one contiguous vector, which makes an optimiser step, a copy of the best weights or
a checkpoint an operation on a single array.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from core.errors import SpecError

Array = NDArray[Any]
Shape = tuple[int, ...]

_EMPTY: Array = np.empty(0, np.float32)


@dataclass
class Parameter:
    """A named array of a layer and the gradient of the loss with respect to it.

    `trained` is False for a statistic, which has no gradient: the running mean and variance of
    BatchNorm.
    """

    name: str
    shape: Shape
    trained: bool = True
    value: Array = field(default_factory=lambda: _EMPTY, repr=False)
    gradient: Array = field(default_factory=lambda: _EMPTY, repr=False)


class Layer:
    """A layer of a network: `forward` computes its outputs, `backward` its gradients.

    Arrays are (n, *shape), the batch first and channels last. The arrays that `forward` and
    `backward` return are buffers that the next call overwrites, and `backward` may use the
    memory of its argument and of the last output as scratch.
    """

    options: ClassVar[tuple[str, ...]] = ()
    """Names of the constructor's arguments, which are attributes of the same names."""

    keeps_output: ClassVar[bool] = False
    """True if `backward` reads the output, so that the next layer must not overwrite it."""

    def __init__(self) -> None:
        self.input_shape: Shape = ()
        self.output_shape: Shape = ()
        self.dtype: np.dtype[Any] = np.dtype(np.float32)
        self.reuses_input = False
        self._kept: dict[str, Array] = {}

    def build(self, input_shape: Shape) -> Shape:
        """Compute and return the output's shape (without the batch); allocate nothing.

        Raises SpecError if the layer cannot take such an input.
        """
        if self.input_shape:
            raise SpecError(f"{self!r} is already part of a network; make another layer")
        self.input_shape = input_shape
        self.output_shape = self._shape_of_output()
        return self.output_shape

    def _shape_of_output(self) -> Shape:
        return self.input_shape

    def parameters(self) -> list[Parameter]:
        return []

    def initialise(self, rng: np.random.Generator, gain: float) -> None:
        """Set the initial weights; `gain` scales their spread for the next activation."""

    def multiply_adds(self) -> int:
        """Multiplications with an addition, in the matrix products, for one sample."""
        return 0

    def buffered(self) -> int:
        """Values that `forward` keeps in buffers for one sample."""
        return math.prod(self.output_shape)

    def largest(self, inputs: float) -> float:
        """Bound of the outputs, and of all sums on the way, for inputs from -`inputs` to that.

        Not finite if a weight is not, or if float64 does not hold the bound.
        """
        return inputs

    def forward(self, x: Array, training: bool = False) -> Array:
        raise NotImplementedError

    def backward(self, dy: Array, input_gradient: bool = True) -> Array | None:
        """Gradient with respect to the last input, given that with respect to the last output.

        Also fills the gradients of the parameters. With `input_gradient` False the gradient
        with respect to the input need not be computed, and None may be returned.
        """
        raise NotImplementedError

    def config(self) -> dict[str, Any]:
        options = {name: getattr(self, name) for name in self.options}
        return {"type": type(self).__name__} | options

    def __repr__(self) -> str:
        arguments = ", ".join(f"{name}={getattr(self, name)!r}" for name in self.options)
        return f"{type(self).__name__}({arguments})"

    def _buffer(self, name: str, n: int, shape: Shape, dtype: Any = None) -> Array:
        """A reused array (n, *shape): the front of the one for the largest batch so far."""
        kept = self._kept.get(name)
        if kept is None or len(kept) < n:
            # Zeros, since the border of a padded input is never written again.
            kept = self._kept[name] = np.zeros((n, *shape), dtype or self.dtype)
        return kept if len(kept) == n else kept[:n]

    def _output_over(self, x: Array) -> Array:
        """Output array of an elementwise layer: its input, if no other layer needs that."""
        return x if self.reuses_input else self._buffer("y", len(x), self.output_shape)


class WeightedLayer(Layer):
    """Base of the layers with a matrix of weights, (inputs, outputs), and a bias if wanted."""

    bias: bool
    weights: Parameter
    offsets: Parameter

    def parameters(self) -> list[Parameter]:
        return [self.weights, self.offsets] if self.bias else [self.weights]

    def largest(self, inputs: float) -> float:
        sums = np.abs(self.weights.value).sum(axis=0, dtype=np.float64) * inputs
        return float((sums + np.abs(self.offsets.value) if self.bias else sums).max())

    def initialise(self, rng: np.random.Generator, gain: float) -> None:
        spread = gain / math.sqrt(self.weights.shape[0])
        self.weights.value[...] = rng.standard_normal(self.weights.shape) * spread
        if self.bias:
            self.offsets.value[...] = 0


def check_inputs(shape: Shape, dtype: np.dtype[Any], input_shape: Shape) -> None:
    """Raise ValueError unless arrays of that shape and dtype reshape to (n, *input_shape)."""
    if len(shape) < 2 or math.prod(shape[1:]) != math.prod(input_shape):
        wanted = "x".join(map(str, input_shape))
        raise ValueError(f"inputs of shape {shape} are not (n, ...) with {wanted} each")
    if dtype.kind not in "fiub":
        raise ValueError(f"inputs must be numbers, not {dtype}")


def whole_number(owner: str, name: str, value: Any, least: int) -> int:
    """`value` as an int of at least `least`; SpecError otherwise."""
    if isinstance(value, bool) or not isinstance(value, int | np.integer) or value < least:
        raise SpecError(f"{owner}: {name} must be a whole number >= {least}, not {value!r:.60}")
    return int(value)
