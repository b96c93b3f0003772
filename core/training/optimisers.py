"""Optimisers: how a gradient changes the weights.

All parameters of a network are views of one vector, so that a step is a handful of in-place
operations on whole vectors, whatever the number of layers.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from core.errors import SpecError
from core.nn.layer import Array
from core.nn.layers import Dense

if TYPE_CHECKING:
    from core.nn.losses import Loss
    from core.nn.sequential import Sequential


class Optimiser:
    """Base of the optimisers; `state` holds everything a resumed training needs."""

    name: ClassVar[str]
    options: ClassVar[tuple[str, ...]]
    vectors: ClassVar[tuple[str, ...]]
    default_learning_rate: ClassVar[float]

    proportional: ClassVar[bool] = False
    """Whether a step is in proportion to its gradient. Then the rate may be multiplied into the
    gradient of the loss, some hundred numbers, and not into that of every weight."""

    def __init__(self) -> None:
        self.steps = 0
        self.state: dict[str, Array] = {}

    def attach(self, size: int, dtype: Any) -> None:
        """Make the vectors for `size` parameters, unless they are there already."""
        if self.state and len(self._scratch) == size and self._scratch.dtype == dtype:
            return
        self.steps = 0
        self.state = {name: np.zeros(size, dtype) for name in self.vectors}
        self._scratch: Array = np.empty(size, dtype)

    def learn(
        self, network: Sequential, x: Array, labels: Array, loss: Loss, learning_rate: float
    ) -> float:
        """Train `network` on one batch; returns the batch's mean loss.

        A loss that is not finite changes nothing. `attach` must have been called.
        """
        early, late = (learning_rate, 1.0) if self.proportional else (1.0, learning_rate)
        value = network.loss_and_gradient(x, labels, loss, early)
        if math.isfinite(value):
            self.step(network.trained, network.gradient, late)
        return value

    def step(self, values: Array, gradient: Array, learning_rate: float) -> None:
        """Change `values` in place; `attach` must have been called for their size.

        The memory of `gradient` may be used as scratch.
        """
        raise NotImplementedError

    def config(self) -> dict[str, Any]:
        return {"type": self.name} | {name: getattr(self, name) for name in self.options}

    def __repr__(self) -> str:
        arguments = ", ".join(f"{name}={getattr(self, name)!r}" for name in self.options)
        return f"{type(self).__name__}({arguments})"


_FLUSH_EVERY, _NEGLIGIBLE = 128, 1e-30
"""Every so many steps velocities below this are set to 0. Otherwise those of unused weights
decay to denormal numbers, where they stay, and on which most processors are slow."""


LARGE_WEIGHTS = 1 << 17
"""Weights of a Dense layer from this many bytes on are changed in blocks; fewer stay in a
processor's cache anyway."""


class BlockwiseDescent:
    """Plain gradient descent in which large weights change while their gradient is computed.

    A step without momentum needs each number of the gradient once. The gradient of a large
    layer would fill a processor's cache and be fetched again; subtracted from a block of
    weights at once, it costs a training of 784-200-10 a tenth less.
    """

    def __init__(self, network: Sequential) -> None:
        self.network = network
        self._large = [
            layer
            for layer in network.layers
            if isinstance(layer, Dense) and layer.weights.value.nbytes >= LARGE_WEIGHTS
        ]
        done = {id(layer.weights) for layer in self._large}
        rest = [each for each in network.parameters() if id(each) not in done]
        self._rest = [(each.value, each.gradient) for each in rest]

    def step(self, x: Array, labels: Array, loss: Loss, rate: float) -> float:
        """The mean loss of a batch, after a step at `rate`; one not finite changes no weight.

        The network's `gradient` is scratch afterwards.
        """
        for layer in self._large:
            layer.descends = True
        try:
            value = self.network.loss_and_gradient(x, labels, loss, rate)
        finally:
            for layer in self._large:
                layer.descends = False
        if math.isfinite(value):
            for weights, gradient in self._rest:
                weights -= gradient
        return value


class SGD(Optimiser):
    """Stochastic gradient descent with momentum: v = momentum * v - rate * g; w = w + v."""

    name = "sgd"
    options = ("momentum",)
    vectors = ("velocity",)
    default_learning_rate = 0.1
    proportional = True

    def __init__(self, momentum: float = 0.9) -> None:
        super().__init__()
        if not 0 <= momentum < 1:
            raise SpecError(f"SGD: momentum must be in [0, 1), not {momentum!r}")
        self.momentum = float(momentum)
        self._descent: BlockwiseDescent | None = None

    def learn(
        self, network: Sequential, x: Array, labels: Array, loss: Loss, learning_rate: float
    ) -> float:
        if self.momentum:
            return super().learn(network, x, labels, loss, learning_rate)
        if self._descent is None or self._descent.network is not network:
            self._descent = BlockwiseDescent(network)
        self.steps += 1
        return self._descent.step(x, labels, loss, learning_rate)

    def step(self, values: Array, gradient: Array, learning_rate: float) -> None:
        self.steps += 1
        # In the gradient's own memory: with a vector more a processor's cache overflows.
        if learning_rate != 1:
            gradient *= learning_rate
        if self.momentum:
            velocity = self.state["velocity"]
            velocity *= self.momentum
            velocity -= gradient
            values += velocity
            if self.steps % _FLUSH_EVERY == 0:
                velocity[np.abs(velocity) < _NEGLIGIBLE] = 0
        else:
            values -= gradient


class Adam(Optimiser):
    """Kingma and Ba, "Adam", 2015, in the ordering of its section 2 (fewer operations)."""

    name = "adam"
    options = ("beta1", "beta2", "epsilon")
    vectors = ("mean", "square")
    default_learning_rate = 0.001

    def __init__(self, beta1: float = 0.9, beta2: float = 0.999, epsilon: float = 1e-8) -> None:
        super().__init__()
        if not (0 <= beta1 < 1 and 0 <= beta2 < 1 and epsilon > 0):
            raise SpecError("Adam: beta1 and beta2 must be in [0, 1), epsilon above 0")
        self.beta1, self.beta2, self.epsilon = float(beta1), float(beta2), float(epsilon)

    def step(self, values: Array, gradient: Array, learning_rate: float) -> None:
        self.steps += 1
        mean, square, scratch = self.state["mean"], self.state["square"], self._scratch
        np.multiply(gradient, 1 - self.beta1, out=scratch)
        mean *= self.beta1
        mean += scratch
        np.multiply(gradient, gradient, out=scratch)
        scratch *= 1 - self.beta2
        square *= self.beta2
        square += scratch

        correction = math.sqrt(1 - self.beta2**self.steps)
        rate = learning_rate * correction / (1 - self.beta1**self.steps)
        np.sqrt(square, out=scratch)
        scratch += self.epsilon * correction
        np.divide(mean, scratch, out=scratch)
        scratch *= rate
        values -= scratch


OPTIMISERS: dict[str, type[Optimiser]] = {kind.name: kind for kind in (SGD, Adam)}
