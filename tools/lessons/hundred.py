"""The talk's network, taught by a hundred digits and tried on ten.

Seed: the talk, slides "MNIST Datasets" (mnist_train_100.csv) and "Output Layer Values".

784 inputs, 200 hidden nodes, 10 outputs, learning rate 0.3. A hundred digits are not many,
and still most of the ten that it has never seen are read. The table shows what all ten
outputs say to three of them: the strongest one is the answer.
"""

from __future__ import annotations

import numpy as np

from core.data.datasets import Dataset
from tools.lessons import digits
from tools.lessons.network import NeuralNetwork
from tools.lessons.page import Page
from tools.plotting.panels import Chart, Pictures

EPOCHS, RATE = 20, 0.3


def run(page: Page) -> float:
    """Train on the hundred; the share of the ten test digits that is read."""
    train, test = digits.hundred()
    network = NeuralNetwork(784, 200, 10, RATE)
    scores: dict[str, list[float]] = {"the hundred": [], "the ten": []}
    for _ in range(EPOCHS):
        digits.epoch(network, train)
        scores["the hundred"].append(digits.score(network, train))
        scores["the ten"].append(digits.score(network, test))

    page.say(table(network, test, (7, 0, 1)))
    right = [int(network.query(x).argmax()) for x in digits.scaled(test.images)]
    captions = [f"{a}: read {b}" for a, b in zip(test.labels, right, strict=True)]
    page.show(Pictures("The ten test digits", test.images, captions))
    chart = Chart("Accuracy after each epoch", "epoch", "accuracy", (1, EPOCHS), (0, 1.02))
    for name, values in scores.items():
        chart.line(name, range(1, EPOCHS + 1), values)
    page.show(chart)
    page.say(f"The ten test digits: {scores['the ten'][-1]:.0%} are read.")
    return scores["the ten"][-1]


def table(network: NeuralNetwork, test: Dataset, shown: tuple[int, ...]) -> str:
    """The slide's table: output values, a column for the last example of each digit."""
    places = [np.flatnonzero(test.labels == digit)[-1] for digit in shown]
    answers = [network.query(digits.scaled(test.images[[place]])) for place in places]
    lines = ["output" + "".join(f'   example "{digit}"' for digit in shown)]
    for output in range(10):
        cells = "".join(f"{answer[output, 0]:14.2f}" for answer in answers)
        lines.append(f"{output:4}{cells}")
    return "\n".join(lines)
