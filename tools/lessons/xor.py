"""XOR by three neurons: two lines are better than one.

Seed: the talk, slide "XOR Solution!" ("use more than one node!").

Two hidden neurons draw a line each. A third one looks at the two of them and says "yes"
between the lines.
"""

from __future__ import annotations

import numpy as np

from core.network import Network
from core.nn.layer import Array
from tools.lessons.learning import step
from tools.lessons.page import Page
from tools.plotting.panels import Chart, Landscape

INPUTS = np.array([[0, 0], [0, 1], [1, 0], [1, 1]])
TARGETS = np.array([[0], [1], [1], [0]])
EPOCHS, RATE = 10_000, 1.0
EDGES = np.array([-0.5, 1.5])


def run(page: Page) -> Array:
    """Teach a network of two hidden neurons XOR; its four outputs."""
    network = Network.from_spec("2-2-1", activation="sigmoid", output="sigmoid", seed=5)
    for _ in range(EPOCHS):
        step(network, INPUTS, TARGETS, RATE)
    outputs = network.forward(INPUTS)[:, 0].copy()

    page.say(" A  B  XOR  says")
    for (a, b), target, output in zip(INPUTS, TARGETS[:, 0], outputs, strict=True):
        page.say(f" {a}  {b}   {target}   {output:.2f}")

    weights, bias = (parameter.value for parameter in network.layers[0].parameters())
    chart = Chart("A line for each hidden neuron", "A", "B", (-0.5, 1.5), (-0.5, 1.5))
    chart.points("no", [0, 1], [0, 1])
    chart.points("yes", [0, 1], [1, 0])
    for number in range(2):
        a, b = weights[:, number]
        chart.line(f"line {number + 1}", EDGES, -(a * EDGES + bias[number]) / b)

    grid = np.linspace(*EDGES, 41)
    places = np.stack(np.meshgrid(grid, grid), axis=-1).reshape(-1, 2)
    answers = network.predict_proba(places).reshape(len(grid), len(grid))
    says = Landscape("The network: dark is yes", "A", "B", grid, grid, answers, even=True)
    page.show(chart, says)
    return outputs
