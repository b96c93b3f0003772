"""Resilience: cut weights, lose neurons, add noise, and still read.

Seed: the talk, slides "Brains in Nature" ("and they're resilient", "resilient to damage and
imperfect signals").

A program with a missing line does not run. A network with missing weights does, a little
worse. We damage the talk's network more and more, each time from its healthy state, and
then its pixels instead; the accuracies are the mean of five accidents.
"""

from __future__ import annotations

import numpy as np

from core.nn.layer import Array
from tools.lessons import digits
from tools.lessons.network import NeuralNetwork
from tools.lessons.page import Page
from tools.plotting.panels import Chart

SHARES = np.array([0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 0.95])
NOISE = np.array([0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.8, 1.0])
TRIED, TIMES = 1_000, 5


def run(page: Page) -> dict[str, list[float]]:
    """Damage the network and its input; the accuracies at SHARES and NOISE."""
    network, test = digits.taught(page)
    test = digits.first(test, TRIED)
    inputs = digits.scaled(np.asarray(test.images))
    rng = np.random.default_rng(1)

    accuracy: dict[str, list[float]] = {"weights cut": [], "hidden nodes cut": [], "noise": []}
    for share in SHARES:
        for name, damage in (("weights cut", cut_weights), ("hidden nodes cut", cut_nodes)):
            survived = []
            for _ in range(TIMES):
                healthy = network.network.values.copy()
                damage(network, share, rng)
                survived.append(network.network.score(inputs, test.labels))
                network.network.values[:] = healthy
            accuracy[name].append(float(np.mean(survived)))
    for strength in NOISE:
        survived = []
        for _ in range(TIMES):
            noisy = np.clip(inputs + strength * rng.standard_normal(inputs.shape), 0, 1)
            survived.append(network.network.score(noisy, test.labels))
        accuracy["noise"].append(float(np.mean(survived)))

    page.say("share cut away    weights   hidden nodes")
    for number, share in enumerate(SHARES):
        a, b = (accuracy[name][number] for name in ("weights cut", "hidden nodes cut"))
        page.say(f"{share:10.0%} {a:14.1%} {b:12.1%}")
    page.say("\nnoise of pixels   accuracy")
    for strength, mean in zip(NOISE, accuracy["noise"], strict=True):
        page.say(f"{strength:10.1f} {mean:14.1%}")
    damaged = Chart("Damage", "share cut away", "accuracy", (0, 1), (0, 1))
    for name in ("weights cut", "hidden nodes cut"):
        damaged.line(name, SHARES, accuracy[name])
    disturbed = Chart("Imperfect signals", "noise of pixels", "accuracy", (0, 1), (0, 1))
    disturbed.line("", NOISE, accuracy["noise"])
    page.show(damaged, disturbed)
    return accuracy


def cut_weights(network: NeuralNetwork, share: float, rng: np.random.Generator) -> None:
    """Set this share of all weights to nothing."""
    weights: Array = network.network.values
    weights[rng.random(len(weights)) < share] = 0


def cut_nodes(network: NeuralNetwork, share: float, rng: np.random.Generator) -> None:
    """Take this share of the hidden nodes away: nothing goes out of them any more."""
    from_hidden = network.network.parameters()[1].value
    lost = rng.permutation(len(from_hidden))[: round(share * len(from_hidden))]
    from_hidden[lost] = 0
