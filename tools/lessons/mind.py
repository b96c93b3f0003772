"""Peek inside the mind: the talk's network run backwards.

Seed: the talk, slides "Peek Inside The Mind Of a Neural Network?".

Forwards, signals pass the weights and then the sigmoid. Backwards, an answer passes the
inverse of the sigmoid, log(p / (1 - p)), and then the same weights the other way. What
arrives at the inputs is an image of what the network means by "a 3". The second sheet
shows what hidden nodes look for, the ten that the outputs listen to most: dark where ink
speaks for them.
"""

from __future__ import annotations

import numpy as np

from core.nn.layer import Array
from tools.lessons import digits
from tools.lessons.network import NeuralNetwork
from tools.lessons.page import Page
from tools.plotting.panels import Pictures

HIDDEN_SHOWN = 10


def run(page: Page) -> Array:
    """Ask for each of the ten answers; the ten images (10, 28, 28), ink = 1."""
    network, test = digits.taught(page)
    images = np.stack([backquery(network, digits.targets(label)) for label in range(10)])
    page.show(Pictures("What each answer looks like", images, [str(n) for n in range(10)]))

    into_hidden, into_output = (link.value for link in network.network.parameters())
    strongest = np.argsort(-np.abs(into_output).sum(axis=1))[:HIDDEN_SHOWN]
    weights = into_hidden.T[strongest].reshape(-1, 28, 28)
    names = [f"node {number + 1}" for number in strongest]
    page.show(Pictures("What hidden nodes look for", weights, names, each=True))

    means = [test.images[test.labels == label].mean(axis=0) for label in range(10)]
    alike = [np.corrcoef(images[n].ravel(), means[n].ravel())[0, 1] for n in range(10)]
    page.say("How much each image is like the average digit (correlation):")
    page.say("  ".join(f"{number}: {value:.2f}" for number, value in enumerate(alike)))
    return images


def backquery(network: NeuralNetwork, answer: Array) -> Array:
    """From ten outputs (10,), each between 0 and 1, back to an image (28, 28)."""
    into_hidden, into_output = (link.value for link in network.network.parameters())
    hidden = squeezed(into_output @ inverse_sigmoid(answer))
    return squeezed(into_hidden @ inverse_sigmoid(hidden)).reshape(28, 28)


def inverse_sigmoid(outputs: Array) -> Array:
    """The sums that the sigmoid would turn into these outputs."""
    return np.log(outputs / (1 - outputs))


def squeezed(signals: Array) -> Array:
    """The signals brought to 0.01 .. 0.99, where the sigmoid can be undone."""
    spread = signals.max() - signals.min()
    return 0.01 + 0.98 * (signals - signals.min()) / spread
