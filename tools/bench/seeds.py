"""A network as the talks and posts write it that this project grew from.

One sample at a time, in float64, weights as matrices that a column of inputs is multiplied
by. It is here to be measured against, in its authors' shape and our words.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

Float = NDArray[np.float64]
Bytes = NDArray[np.uint8]


class SeedNetwork:
    """Three layers, sigmoid, trained by plain gradient descent on each sample."""

    def __init__(self, inputs: int, hidden: int, outputs: int, rate: float) -> None:
        rng = np.random.default_rng(0)
        self.rate = rate
        self.wih = rng.normal(0.0, hidden**-0.5, (hidden, inputs))
        self.who = rng.normal(0.0, outputs**-0.5, (outputs, hidden))

    def train(self, inputs_list: ArrayLike, targets_list: ArrayLike) -> None:
        """One step for one sample."""
        inputs = np.array(inputs_list, ndmin=2).T
        targets = np.array(targets_list, ndmin=2).T
        hidden = _sigmoid(np.dot(self.wih, inputs))
        final = _sigmoid(np.dot(self.who, hidden))
        output_errors = targets - final
        hidden_errors = np.dot(self.who.T, output_errors)
        self.who += self.rate * np.dot(output_errors * final * (1.0 - final), hidden.T)
        self.wih += self.rate * np.dot(hidden_errors * hidden * (1.0 - hidden), inputs.T)

    def query(self, inputs_list: ArrayLike) -> Float:
        """The outputs for one sample, a column."""
        inputs = np.array(inputs_list, ndmin=2).T
        return _sigmoid(np.dot(self.who, _sigmoid(np.dot(self.wih, inputs))))


def train_on(network: SeedNetwork, images: Bytes, labels: Bytes) -> None:
    """As the seeds do: inputs 0.01 to 1, targets 0.01 and 0.99, sample by sample."""
    for image, label in zip(images, labels, strict=True):
        inputs = np.asarray(image.ravel(), np.float64) / 255.0 * 0.99 + 0.01
        targets = np.zeros(10) + 0.01
        targets[int(label)] = 0.99
        network.train(inputs, targets)


def score(network: SeedNetwork, images: Bytes, labels: Bytes) -> float:
    """The share of images that are read right."""
    right = 0
    for image, label in zip(images, labels, strict=True):
        outputs = network.query(np.asarray(image.ravel(), np.float64) / 255.0 * 0.99 + 0.01)
        right += int(np.argmax(outputs) == label)
    return right / len(labels)


def _sigmoid(x: Float) -> Float:
    result: Float = 1.0 / (1.0 + np.exp(-x))
    return result
