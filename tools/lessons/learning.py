"""One step of learning, as most of the lessons take it."""

from __future__ import annotations

from core.network import Network
from core.nn.layer import Array


def step(network: Network, inputs: Array, targets: Array, rate: float) -> Array:
    """Move the weights of `network` once, against the slope of 1/2 (target - output)^2.

    Inputs are (n, inputs) and targets (n, outputs). Returns the error, target - output,
    before the step, (n, outputs).
    """
    outputs = network.forward(inputs, training=True)
    error = targets - outputs
    network.backward(-error)
    network.trained -= rate * network.gradient
    return error
