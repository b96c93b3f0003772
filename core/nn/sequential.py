"""Sequential: layers in order, their forward and backward passes, all weights in one vector."""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import chain
from typing import TYPE_CHECKING, Any, Self, cast

import numpy as np
from numpy.typing import ArrayLike, DTypeLike, NDArray

from core.errors import SpecError
from core.nn.layer import Array, Layer, Parameter, Shape, check_inputs
from core.nn.layers import (
    BatchNorm,
    Conv2D,
    Dense,
    Flatten,
    Softmax,
    build,
    from_config,
    from_configs,
    initialise,
    named_parameters,
)

if TYPE_CHECKING:
    from core.nn.losses import Loss

_MOST_VALUES = 50_000_000
"""Larger networks are refused: a typing error in a size must not start an hour of swapping."""

_ROOM = 40 << 20
"""Bytes of the buffers of a prediction; a wide network takes fewer inputs at a time."""


class Sequential:
    """Layers applied one after the other.

    Inputs are anything that reshapes to (n, *input_shape), the batch first: pictures may
    come as (n, 784), (n, 28, 28) or (n, 28, 28, 1). uint8 is taken as 0 .. 255 and scaled
    to 0 .. 1; other numbers are used as they are. Raises SpecError if the layers do not fit.

    `values` is one vector of all weights and then all statistics, `trained` its front with
    the weights alone, `gradient` the vector that belongs to `trained`; the layers' own
    arrays are views of them. `seed` is that of the initial weights; None leaves them to the
    caller, who sets every value.
    """

    def __init__(
        self,
        layers: Sequence[Layer],
        input_shape: Sequence[int],
        *,
        seed: int | None = 0,
        dtype: DTypeLike = np.float32,
    ) -> None:
        self.layers = list(layers)
        self.dtype: np.dtype[Any] = np.dtype(dtype)
        if self.dtype.kind != "f":
            raise SpecError("a network needs a dtype of floats")
        self.output_shape = build(self.layers, input_shape)
        self.input_shape = tuple(int(side) for side in input_shape)
        self._input: Array = np.empty((0, *self.input_shape), self.dtype)
        self._connect()
        if seed is not None:
            initialise(self.layers, np.random.default_rng(seed))

    @classmethod
    def from_config(
        cls,
        config: dict[str, Any],
        dtype: DTypeLike = np.float32,
        values: Array | None = None,
        seed: int | None = 0,
    ) -> Self:
        """The network that `config` described, with fresh weights or with these `values`."""
        layers = from_configs(config["layers"])
        seed = seed if values is None else None
        network = cls(layers, config["input_shape"], seed=seed, dtype=dtype)
        if values is not None:
            network.values[...] = values
        return network

    def config(self) -> dict[str, Any]:
        """Layers and input shape in a form that JSON can hold; the weights are apart."""
        return {
            "input_shape": list(self.input_shape),
            "layers": [layer.config() for layer in self.layers],
        }

    # Forward and backward

    def forward(self, x: ArrayLike, training: bool = False) -> Array:
        """Outputs (n, outputs) of a batch x; the array is overwritten by the next call."""
        y = self.as_batch(x)
        for layer in self.layers:
            y = layer.forward(y, training)
        return y

    def backward(self, dy: Array, input_gradient: bool = False) -> Array | None:
        """Fill `gradient`, given the loss's gradient dy with respect to the last outputs.

        The memory of dy is used as scratch. Returns the gradient with respect to the
        input, (n, *input_shape), if `input_gradient` is True, else None.
        """
        return self._backward(self.layers, dy, input_gradient)

    def loss_and_gradient(
        self, x: ArrayLike, labels: Array, loss: Loss, scale: float = 1.0
    ) -> float:
        """The mean loss of a batch; `scale` times its gradient is left in `gradient`.

        A final Softmax is fused with the loss where the loss can do that: it is quicker, and
        exact where the softmax underflows. A loss that is not finite leaves no gradient.
        """
        fused = loss.fuses_softmax and isinstance(self.layers[-1], Softmax)
        layers = self.layers[:-1] if fused else self.layers
        y = self.as_batch(x)
        for layer in layers:
            y = layer.forward(y, True)
        value, dy = loss.from_logits(y, labels) if fused else loss(y, labels)
        if math.isfinite(value):
            dy *= scale
            self._backward(layers, dy, False)
        return value

    def _backward(self, layers: list[Layer], dy: Array, input_gradient: bool) -> Array | None:
        gradient: Array | None = dy
        for position in range(len(layers) - 1, -1, -1):
            wanted = position > 0 or input_gradient
            gradient = layers[position].backward(cast("Array", gradient), wanted)
        return gradient if input_gradient else None

    def as_batch(self, x: ArrayLike) -> Array:
        """x as (n, *input_shape) in the network's dtype; copied only if it must be.

        Raises ValueError if x does not reshape to that, or is not numbers.
        """
        x = np.asarray(x)
        self.check_shape(x.shape, x.dtype)
        n = len(x)
        if x.dtype == self.dtype:
            return x.reshape(n, *self.input_shape)
        if len(self._input) < n:
            self._input = np.empty((n, *self.input_shape), self.dtype)
        batch = self._input[:n]
        x = x.reshape(batch.shape)
        if x.dtype == np.uint8:
            np.divide(x, 255, out=batch, dtype=self.dtype)
        else:
            np.copyto(batch, x, casting="unsafe")
        return batch

    def check_shape(self, shape: Shape, dtype: np.dtype[Any]) -> None:
        """Raise ValueError unless arrays of that shape and dtype can be a batch of inputs."""
        check_inputs(shape, dtype, self.input_shape)

    # Inference

    def predict_proba(self, x: ArrayLike, batch_size: int = 256) -> Array:
        """The outputs (n, outputs) for x, at most `batch_size` at a time; a new array.

        With a Softmax at the end they are probabilities; Sigmoid outputs are given as they
        are, and their rows do not add up to one.
        """
        x = np.asarray(x)
        self.check_shape(x.shape, x.dtype)
        result: Array = np.empty((len(x), *self.output_shape), self.dtype)
        batch_size = self.at_once(batch_size)
        for start in range(0, len(x), batch_size):
            part = slice(start, start + batch_size)
            result[part] = self.forward(x[part])
        return result

    def at_once(self, most: int) -> int:
        """How many inputs, at most `most`, are few enough for the buffers of `forward`."""
        values = math.prod(self.input_shape) + sum(layer.buffered() for layer in self.layers)
        return max(1, min(most, _ROOM // (values * self.dtype.itemsize)))

    def predict(self, x: ArrayLike, batch_size: int = 256) -> NDArray[np.intp]:
        """The most likely class of every input, (n,)."""
        return cast("NDArray[np.intp]", self.predict_proba(x, batch_size).argmax(axis=1))

    def score(self, x: ArrayLike, y: ArrayLike, batch_size: int = 256) -> float:
        """The share of inputs x whose predicted class is the label y."""
        return float(np.mean(self.predict(x, batch_size) == np.asarray(y)))

    # Parameters

    def parameters(self) -> list[Parameter]:
        """The trained parameters, in the order of `trained` and `gradient`."""
        return [parameter for parameter in self.arrays() if parameter.trained]

    def arrays(self) -> list[Parameter]:
        """All parameters and statistics, named like "0.Dense.weights"."""
        return named_parameters(self.layers)

    def is_finite(self) -> bool:
        """Whether every weight and statistic is finite."""
        # One product instead of isfinite(): no temporary, and any NaN or infinity survives.
        # A sum of squares beyond the range of float32 counts too; such weights are lost.
        return math.isfinite(np.dot(self.values, self.values))

    def largest(self, inputs: float) -> float:
        """Bound of all sums and outputs for inputs from -`inputs` to that; see `Layer`."""
        bounds = [inputs]
        with np.errstate(all="ignore"):
            for layer in self.layers:
                bounds.append(layer.largest(bounds[-1]))
        return float(np.max(bounds))

    def parameter_count(self) -> int:
        return self.trained.size

    def multiply_adds(self) -> int:
        """Multiplications with an addition for one input."""
        return sum(layer.multiply_adds() for layer in self.layers)

    def folded(self) -> Self:
        """A copy for inference, without the BatchNorms that follow a Dense or Conv2D.

        After training such a layer scales and shifts each output of the layer before it by
        constants, so its scale goes into the weights and its shift into the bias.
        """
        layers: list[Layer] = []
        values: list[list[Array]] = []
        for layer in self.layers:
            before = layers[-1] if layers else None
            if isinstance(layer, BatchNorm) and isinstance(before, Dense | Conv2D):
                scale, shift = layer.scale_and_shift()
                weights, *bias = values[-1]
                layers[-1] = from_config(before.config() | {"bias": True})
                values[-1] = [weights * scale, sum((b * scale for b in bias), start=shift)]
            else:
                layers.append(from_config(layer.config()))
                values.append([parameter.value for parameter in layer.parameters()])
        folded = type(self)(layers, self.input_shape, seed=None, dtype=self.dtype)
        for parameter, value in zip(folded.arrays(), chain.from_iterable(values), strict=True):
            parameter.value[...] = value
        return folded

    def __reduce__(self) -> tuple[Any, ...]:
        # Copies and pickles are rebuilt, so that their arrays are views of one vector too.
        return type(self).from_config, (self.config(), self.dtype.str, self.values)

    def __repr__(self) -> str:
        shapes = [" x ".join(map(str, layer.output_shape)) for layer in self.layers]
        pairs = zip(self.layers, shapes, strict=True)
        lines = [f"  {layer!r} -> {shape}" for layer, shape in pairs]
        title = (
            f"{type(self).__name__}({' x '.join(map(str, self.input_shape))} -> {shapes[-1]}: "
            f"{self.parameter_count():,} parameters, {self.multiply_adds():,} multiply-adds)"
        )
        return "\n".join([title, *lines])

    # Construction

    def _connect(self) -> None:
        """Give every parameter its view of the vectors; let layers overwrite unused inputs."""
        arrays = self.arrays()
        arrays.sort(key=lambda parameter: not parameter.trained)
        ends = np.cumsum([math.prod(parameter.shape) for parameter in arrays]).tolist()
        weights = sum(math.prod(parameter.shape) for parameter in arrays if parameter.trained)
        if ends and ends[-1] > _MOST_VALUES:
            raise SpecError(f"a network of {ends[-1]:,} values; at most {_MOST_VALUES:,} go")
        self.values: Array = np.zeros(ends[-1] if ends else 0, self.dtype)
        self.trained: Array = self.values[:weights]
        self.gradient: Array = np.zeros(weights, self.dtype)
        for parameter, start, end in zip(arrays, [0, *ends], ends, strict=False):
            parameter.value = self.values[start:end].reshape(parameter.shape)
            if parameter.trained:
                parameter.gradient = self.gradient[start:end].reshape(parameter.shape)

        needed = True  # The caller's own array is not ours to write over.
        for layer in self.layers:
            layer.dtype = self.dtype
            layer.reuses_input = not needed
            needed = layer.keeps_output or (needed and isinstance(layer, Flatten))
