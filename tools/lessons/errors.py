"""Errors back: split by the weights, and as calculus has it.

Seed: the talk, slides "Network Error", "Internal Error", "Matrices Again!" and "Error
Gradient".

The error of an output node is plain: target - actual. The share of a hidden node is not.
The talk splits each error in proportion to the weights, then leaves out the division, and
has one matrix product. Calculus does almost the same, but also asks how steep the sigmoid
is. At the end the slope of every weight, beside the slope measured by moving the weight.
"""

from __future__ import annotations

import numpy as np

from core.network import Network
from core.nn.layer import Array
from tools.lessons import signals
from tools.lessons.page import Page
from tools.lessons.signals import HIDDEN_OUTPUT, INPUT, row
from tools.plotting.panels import Chart

TARGET = np.array([0.01, 0.99, 0.01])
NUDGE = 1e-5
NODES = (1, 2, 3)
LINKS = [
    f"{before} {start} to {after} {end}"
    for before, after in (("input", "hidden"), ("hidden", "output"))
    for start in NODES
    for end in NODES
]
"""Each weight by the nodes that it links, in core's order."""


def run(page: Page) -> dict[str, Array]:
    """Send the error back three ways; all of them, and the slopes, by name."""
    network = signals.network()
    output = network.forward(INPUT[np.newaxis], training=True)[0].copy()
    error = TARGET - output
    page.say(f"target              {row(TARGET)}")
    page.say(f"output              {row(output)}")
    page.say(f"error               {row(error)}\n")

    shares = HIDDEN_OUTPUT / HIDDEN_OUTPUT.sum(axis=1, keepdims=True)
    split = shares.T @ error
    weighted = HIDDEN_OUTPUT.T @ error
    slope = HIDDEN_OUTPUT.T @ (error * output * (1 - output))
    page.say("error of the hidden nodes")
    page.say(f"split by weights    {row(split)}     each output's error is shared out")
    page.say(f"weights times error {row(weighted)}     the talk's product, no division")
    page.say(f"calculus            {row(slope)}     times how steep the output is\n")

    page.say("dE/dw of every weight, E = 1/2 sum (target - output)^2")
    network.backward(output[np.newaxis] - TARGET)
    gradient = network.gradient.copy()
    measured = np.array([nudged(network, number) for number in range(len(LINKS))])
    page.say("weight                     core      measured   difference")
    for link, exact, seen in zip(LINKS, gradient, measured, strict=True):
        page.say(f"{link:20} {exact:10.7f}   {seen:10.7f}   {exact - seen:9.1e}")

    chart = Chart("The error at each hidden node", "hidden node", "error", (0.5, 3.5), (-1, 0))
    chart.points("split by weights", NODES, split)
    chart.points("weights times error", NODES, weighted)
    chart.points("calculus", NODES, slope)
    page.show(chart)
    return {"split": split, "weighted": weighted, "slope": slope,
            "gradient": gradient, "measured": measured}  # fmt: skip


def nudged(network: Network, number: int) -> float:
    """The slope of E along one weight, from E a little to the left and to the right."""
    errors = []
    for nudge in (NUDGE, -NUDGE):
        network.values[number] += nudge
        output = network.forward(INPUT[np.newaxis])[0]
        errors.append(0.5 * float(np.sum((TARGET - output) ** 2)))
        network.values[number] -= nudge
    return (errors[0] - errors[1]) / (2 * NUDGE)
