"""The talk's network and all 60,000 digits: five epochs to 97 %.

Seed: the talk, slides "Handwritten Numbers Challenge", "Output Layer Values" and
"Experiments" ("96% is very good!").

200 hidden nodes, learning rate 0.1, targets 0.01 and 0.99; one digit after the other, each
moving the weights a little. It takes a minute or two. --short stops after 2,000 digits.
"""

from __future__ import annotations

import time

from core.errors import DatasetError
from tools.fetch_mnist.files import MISSING
from tools.lessons import digits
from tools.lessons.hundred import table
from tools.lessons.network import NeuralNetwork
from tools.lessons.page import Page
from tools.plotting.panels import Chart

EPOCHS, RATE = 5, 0.1
SHORT = 2_000


def run(page: Page, epochs: int = EPOCHS) -> list[float]:
    """Train on MNIST; the accuracy on its test digits after each epoch."""
    data = digits.mnist()
    if data is None and not page.short:
        raise DatasetError(MISSING)
    train, test = data or digits.hundred()
    if page.short:
        train, test = digits.first(train, SHORT), digits.first(test, SHORT)

    network = NeuralNetwork(784, 200, 10, RATE)
    scores = [digits.score(network, test)]
    page.say(f"{len(train)} digits to learn from, {len(test)} to be tried on")
    page.say(f"before learning     accuracy {scores[0]:.4f}")
    start = time.monotonic()
    for number in range(1, epochs + 1):
        digits.epoch(network, train)
        scores.append(digits.score(network, test))
        seconds = time.monotonic() - start
        page.say(f"epoch {number} of {epochs}       accuracy {scores[-1]:.4f}{seconds:6.0f} s")

    page.say()
    page.say(table(network, test, (5, 0, 9)))
    chart = Chart("Accuracy on the test digits", "epoch", "accuracy", (0, epochs), (0, 1))
    chart.line("", range(epochs + 1), scores)
    page.show(chart)
    return scores
