"""Gradient descent in small, good and far too large steps.

Seed: the talk, slides "Gradient Descent", "Climbing Down the Network Error Landscape" and
"Updating the Weights".

A network of two weights: one input, one hidden node, one output. Its error is a landscape
over the two weights. Descent feels the slope under its feet and steps the other way:
new w = old w - rate * dE/dw. Small steps crawl. Steps that are too large leap right over
the valley, and back, and over it again.
"""

from __future__ import annotations

import numpy as np

from core.network import Network
from core.nn.layer import Array
from core.nn.layers import Dense, Tanh
from tools.lessons.learning import step
from tools.lessons.page import Page
from tools.plotting.panels import Chart, Landscape

INPUTS = np.array([[-2.0], [-1.0], [0.5], [1.0], [2.0]])
TARGETS = 1.5 * np.tanh(0.8 * INPUTS)
START = (-0.6, 2.2)
RATES = {"too small": 0.002, "good": 0.05, "too large": 0.4}
STEPS = 30


def run(page: Page) -> dict[str, Array]:
    """Descend at three rates; the error after each step of each."""
    network = Network(
        [Dense(1, bias=False), Tanh(), Dense(1, bias=False)], (1,), dtype=np.float64
    )
    first, second = np.linspace(-2, 7, 61), np.linspace(-2, 4, 61)
    heights = np.array([[error_at(network, a, b) for a in first] for b in second])
    title = "The error over the two weights, valleys light"
    land = Landscape(title, "first weight", "second weight", first, second, heights)
    chart = Chart("The error at each step", "step", "error", (0, STEPS), (0, 18))

    errors = {}
    for name, rate in RATES.items():
        network.values[:] = START
        places, errors[name] = [START], np.empty(STEPS)
        for number in range(STEPS):
            difference = step(network, INPUTS, TARGETS, rate)
            errors[name][number] = 0.5 * np.sum(difference**2)
            places.append(tuple(network.values))
        land.path(f"{name}, {rate}", *zip(*places, strict=True))
        chart.line(f"{name}, {rate}", np.arange(STEPS), errors[name])

    page.say("step " + "".join(f"{name:>12}" for name in RATES))
    for number in (0, 1, 2, 3, 5, 10, 20, STEPS - 1):
        values = "".join(f"{errors[name][number]:12.4f}" for name in RATES)
        page.say(f"{number:4} {values}")
    page.show(land)
    page.show(chart)
    return errors


def error_at(network: Network, first: float, second: float) -> float:
    """The error of the network with these two weights."""
    network.values[:] = first, second
    difference = TARGETS - network.forward(INPUTS)
    return 0.5 * float(np.sum(difference**2))
