"""Signals forward: a network of 3, 3 and 3 nodes, worked as matrices.

Seed: the talk, slides "Feeding Signals Forward" and "Matrix Multiplication".

Many sums of products are one matrix product: weights times incoming signals. Row by row the
matrix holds the weights of one node. Then the sigmoid, then the same again for the next
layer. Core keeps the same matrix lying on its side, with a column for each node.
"""

from __future__ import annotations

import numpy as np

from core.network import Network
from core.nn.layer import Array
from core.nn.layers import Dense, Sigmoid
from tools.lessons.page import Page
from tools.plotting.panels import Chart

INPUT = np.array([0.8, 0.2, 0.5])
INPUT_HIDDEN = np.array([[0.7, 0.1, 0.4], [0.2, 0.9, 0.3], [0.5, 0.6, 0.1]])
HIDDEN_OUTPUT = np.array([[0.4, 0.6, 0.2], [0.1, 0.8, 0.5], [0.9, 0.3, 0.7]])


def run(page: Page) -> dict[str, Array]:
    """Feed INPUT forward by hand and by core; every stage by its name."""
    hidden_sum = INPUT_HIDDEN @ INPUT
    hidden = 1 / (1 + np.exp(-hidden_sum))
    output_sum = HIDDEN_OUTPUT @ hidden
    output = 1 / (1 + np.exp(-output_sum))

    page.say("into the hidden layer: weights times input")
    page.say(product(INPUT_HIDDEN, INPUT, hidden_sum))
    page.say(f"after the sigmoid:   {row(hidden)}\n")
    page.say("into the output layer: weights times hidden")
    page.say(product(HIDDEN_OUTPUT, hidden, output_sum))
    page.say(f"after the sigmoid:   {row(output)}\n")

    core_output = network().forward(INPUT[np.newaxis])[0].copy()
    page.say(f"the same from core:  {row(core_output)}")
    title = "The signals, layer by layer"
    chart = Chart(title, "input, hidden, output", "signal", (1, 3), (0, 1))
    for number, signals in enumerate(zip(INPUT, hidden, output, strict=True), 1):
        chart.line(f"node {number}", [1, 2, 3], signals)
    page.show(chart)
    return {"hidden_sum": hidden_sum, "hidden": hidden, "output_sum": output_sum,
            "output": output, "core": core_output}  # fmt: skip


def network() -> Network:
    """The 3-3-3 network of this lesson on our core, in float64."""
    layers = [Dense(3, bias=False), Sigmoid(), Dense(3, bias=False), Sigmoid()]
    network = Network(layers, input_shape=(3,), dtype=np.float64)
    first, second = network.parameters()
    first.value[...] = INPUT_HIDDEN.T
    second.value[...] = HIDDEN_OUTPUT.T
    return network


def row(values: Array) -> str:
    return "  ".join(f"{value:.4f}" for value in values)


def product(matrix: Array, column: Array, result: Array) -> str:
    """matrix times column is result, three lines of it."""
    lines = []
    for number, (weights, factor, total) in enumerate(zip(matrix, column, result, strict=True)):
        times, equals = ("*", "=") if number == 1 else (" ", " ")
        lines.append(f"  | {row(weights)} | {times} | {factor:.4f} | {equals} | {total:.4f} |")
    return "\n".join(lines)
