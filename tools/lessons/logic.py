"""AND and OR by one neuron; XOR is too much for it.

Seed: the talk, slides "Boolean Logic" and "XOR Puzzle!".

A neuron with two inputs draws one straight line through the plane and says "yes" on one
side of it. AND and OR can be divided so. XOR cannot: no straight line has (0, 1) and (1, 0)
on one side, (0, 0) and (1, 1) on the other.
"""

from __future__ import annotations

import numpy as np

from core.network import Network
from core.nn.layer import Array
from tools.lessons.learning import step
from tools.lessons.page import Page
from tools.plotting.panels import Chart

INPUTS = np.array([[0, 0], [0, 1], [1, 0], [1, 1]])
GATES = {"AND": [0, 0, 0, 1], "OR": [0, 1, 1, 1], "XOR": [0, 1, 1, 0]}
EPOCHS, RATE = 3000, 1.0
EDGES = np.array([-0.5, 1.5])


def run(page: Page) -> dict[str, Array]:
    """Teach one neuron each gate; its four outputs for each."""
    outputs, charts = {}, []
    for gate, answers in GATES.items():
        targets = np.reshape(answers, (4, 1))
        neuron = Network.from_spec("2-1", output="sigmoid", seed=1)
        for _ in range(EPOCHS):
            step(neuron, INPUTS, targets, RATE)
        outputs[gate] = neuron.forward(INPUTS)[:, 0].copy()
        charts.append(drawn(gate, answers, *neuron.values))

    page.say(" A  B    AND  says     OR  says    XOR  says")
    for row, (a, b) in enumerate(INPUTS):
        cells = [f"{GATES[gate][row]:5}  {outputs[gate][row]:.2f}" for gate in GATES]
        page.say(f" {a}  {b} {'  '.join(cells)}")
    page.show(*charts)
    page.say("For XOR the neuron says 0.5 to everything: it cannot do better.")
    page.say("The lesson xor uses more than one node.")
    return outputs


def drawn(gate: str, answers: list[int], a: float, b: float, bias: float) -> Chart:
    """The four places, and the line a * A + b * B + bias = 0 where the neuron says 0.5."""
    chart = Chart(gate, "A", "B", (-0.5, 1.5), (-0.5, 1.5))
    for answer, name in ((0, "no"), (1, "yes")):
        chart.points(name, *INPUTS[np.equal(answers, answer)].T)
    if abs(a) + abs(b) > 0.1:
        chart.line("the line", EDGES, -(a * EDGES + bias) / b)
    return chart
