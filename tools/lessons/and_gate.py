"""The primer's AND gate as it is written, and what it really prints.

Seed: the primer, section "Simple Example: AND Gate".

One sigmoid neuron, the random numbers of seed 1, 10,000 epochs, learning rate 0.5: here on
our core, in float64 as there. The primer prints other outputs than its program does, and
it takes three lines to show that no single sigmoid neuron can print those four.
"""

from __future__ import annotations

import numpy as np

from core.network import Network
from tools.lessons.learning import step
from tools.lessons.page import Page
from tools.plotting.panels import Chart

INPUTS = np.array([[0, 0], [0, 1], [1, 0], [1, 1]])
TARGETS = np.array([[0], [0], [0], [1]])
PRINTED = np.array([0.0146, 0.0661, 0.0661, 0.9338])
EPOCHS, RATE = 10_000, 0.5


def run(page: Page) -> list[float]:
    """Train as the primer does; the four outputs."""
    neuron = Network.from_spec("2-1", output="sigmoid", dtype=np.float64)
    # The generator of numpy.random.seed(1), and its first two numbers.
    neuron.values[:2] = 2 * np.random.RandomState(1).random_sample(2) - 1
    errors = [np.abs(step(neuron, INPUTS, TARGETS, RATE)).mean() for _ in range(EPOCHS)]

    outputs = neuron.forward(INPUTS)[:, 0].tolist()
    a, b, bias = neuron.values
    page.say(f"Trained weights: {a:.4f} {b:.4f}   bias: {bias:.4f}\n")
    page.say(" A  B   the program's output   the primer's text")
    for (left, right), output, printed in zip(INPUTS, outputs, PRINTED, strict=True):
        page.say(f" {left}  {right}        {output:.4f}               {printed:.4f}")

    title = "The error falls quickly, then slowly"
    chart = Chart(title, "epoch", "mean error", (0, EPOCHS), (0, 0.6))
    chart.line("", np.arange(EPOCHS), errors)
    page.show(chart)

    # What went into the sigmoid, from what came out of it.
    none, only_b, only_a, both = np.log(PRINTED / (1 - PRINTED))
    implied = only_a + only_b - none
    page.say("Why no neuron prints those four. Undo the sigmoid: log(p / (1 - p)) is the sum")
    page.say("that went in. It is bias for 0 0, bias + b for 0 1, bias + a for 1 0.")
    page.say("So for 1 1 it must be (bias + a) + (bias + b) - bias:")
    page.say(f"    ({only_a:.3f}) + ({only_b:.3f}) - ({none:.3f}) = {implied:.3f},"
             f" which is an output of {1 / (1 + np.exp(-implied)):.4f}.")  # fmt: skip
    page.say(f"The primer has {PRINTED[3]} there, from a sum of {both:.3f}.")
    return outputs
