"""An artificial neuron: weighted sum, bias, activation function.

Seeds: the talk, slides "Brains in Nature" and "Artificial Neuron"; the primer, sections
"How Neurons Work" and "Activation Functions".

A neuron multiplies each input by a weight, adds them up, adds its bias, and sends the sum
through an activation function. First by hand, then by our core. After that the four
activation functions and how steep they are: a neuron can only learn where it is steep.
"""

from __future__ import annotations

import numpy as np

from core.network import Network
from core.nn.layer import Array
from core.nn.layers import Dense, ReLU, Sigmoid, Softmax, Tanh
from tools.lessons.page import Page
from tools.plotting.panels import Chart

INPUTS, WEIGHTS, BIAS = (0.9, 0.1, 0.8), (0.5, -0.4, 0.3), 0.2
SIGNALS = np.linspace(-6, 6, 121)


def run(page: Page) -> dict[str, tuple[Array, Array]]:
    """Work a neuron by hand; the outputs and slopes of each activation at SIGNALS."""
    total = BIAS
    page.say("  input  weight  product")
    for value, weight in zip(INPUTS, WEIGHTS, strict=True):
        total += value * weight
        page.say(f"{value:7} {weight:7} {value * weight:8.2f}")
    page.say(f"sum with the bias of {BIAS}: {total:.2f}")
    page.say(f"after the sigmoid: {1 / (1 + np.exp(-total)):.4f}")

    neuron = Network([Dense(1), Sigmoid()], input_shape=(3,))
    neuron.values[:] = [*WEIGHTS, BIAS]
    page.say(f"the same from core: {neuron.forward([INPUTS])[0, 0]:.4f}")

    found, charts = {}, []
    for layer in (Sigmoid(), Tanh(), ReLU(), Softmax()):
        name = type(layer).__name__
        found[name] = outputs, slopes = bent(layer)
        title = f"{name}, of one signal beside two of 0" if name == "Softmax" else name
        highest = 3.0 if name == "ReLU" else 1.1
        chart = Chart(title, "signal", "output", (-6, 6), (-1.1, highest))
        chart.line("slope", SIGNALS, slopes)
        chart.line("output", SIGNALS, outputs)
        charts.append(chart)
    page.show(*charts[:2])
    page.show(*charts[2:])
    return found


def bent(layer: Sigmoid | Tanh | ReLU | Softmax) -> tuple[Array, Array]:
    """What a layer of core makes of SIGNALS, and its own derivative there, both (121,)."""
    # Softmax compares outputs with each other, so it needs some: two that stay at 0.
    signals = np.zeros((len(SIGNALS), 3))
    signals[:, 0] = SIGNALS
    network = Network([layer], input_shape=(3,), dtype=np.float64)
    outputs = network.forward(signals, training=True)[:, 0].copy()
    only_the_first = np.zeros_like(signals)
    only_the_first[:, 0] = 1
    slopes = network.backward(only_the_first, input_gradient=True)
    assert slopes is not None
    return outputs, slopes[:, 0].copy()
