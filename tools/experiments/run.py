"""One run: its settings, and the training that they describe."""

from __future__ import annotations

import math
import time
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from core.data.datasets import Dataset
from core.errors import DatasetError
from tools.fetch_mnist.files import MISSING
from tools.lessons import digits
from tools.lessons.network import NeuralNetwork

ALL = 60_000
HUNDRED = 100
"""The number of images that stands for the included hundred, tested on the included ten."""


@dataclass(frozen=True, order=True)
class Run:
    """The settings of one run, which decide its result but for the machine's rounding.

    hidden: nodes of each hidden layer. rotation: degrees, and each digit is also learnt
    turned by so much either way; 0 for no turning. images: training digits, from the first.
    """

    hidden: tuple[int, ...] = (200,)
    rate: float = 0.1
    epochs: int = 5
    rotation: float = 0.0
    images: int = ALL
    seed: int = 0

    def setting(self) -> Run:
        """The run with the default seed: equal for all repeats of a setting."""
        return Run(self.hidden, self.rate, self.epochs, self.rotation, self.images)

    def in_words(self) -> str:
        """The setting as text for tables and curves."""
        turned = f", turned {self.rotation:g} degrees" if self.rotation else ""
        epochs = "1 epoch" if self.epochs == 1 else f"{self.epochs} epochs"
        return f"{'-'.join(map(str, self.hidden))} hidden, rate {self.rate:g}, {epochs}{turned}"

    def cost(self) -> float:
        """Relative time: proportional to the weights updated, plus a constant for each step."""
        sizes = (784, *self.hidden, 10)
        weights = sum(a * b for a, b in pairwise(sizes))
        return self.epochs * self.images * (3 if self.rotation else 1) * (weights + 20_000)


@dataclass(frozen=True)
class Outcome:
    """Result of a run: the accuracy on the test digits after each epoch."""

    run: Run
    by_epoch: tuple[float, ...]
    seconds: float

    @property
    def accuracy(self) -> float:
        return self.by_epoch[-1]


def carry_out(run: Run) -> Outcome:
    """Train and test the network that `run` describes. Raises DatasetError without MNIST."""
    start = time.monotonic()
    train, test = data(run.images)
    versions = turned(run.images, run.rotation)
    network = NeuralNetwork(784, run.hidden, 10, run.rate, seed=run.seed)
    scores = []
    for _ in range(run.epochs):
        for number, label in enumerate(train.labels):
            for images in versions:
                network.train(digits.scaled(images[number : number + 1]), digits.targets(label))
        score = digits.score(network, test)
        scores.append(score if math.isfinite(network.network.values.sum()) else 0.0)
    return Outcome(run, tuple(scores), time.monotonic() - start)


@lru_cache(maxsize=1)
def data(images: int) -> tuple[Dataset, Dataset]:
    """The first training digits, and the test digits."""
    if images == HUNDRED:
        return digits.hundred()
    both = digits.mnist()
    if both is None:
        raise DatasetError(MISSING)
    return digits.first(both[0], images), both[1]


@lru_cache(maxsize=1)
def turned(images: int, rotation: float) -> list[NDArray[np.uint8]]:
    """The training images, and with a rotation also turned left and right by it."""
    upright = data(images)[0].images
    if not rotation:
        return [upright]
    return [upright, *(rotated(upright, degrees) for degrees in (rotation, -rotation))]


def rotated(images: NDArray[np.uint8], degrees: float) -> NDArray[np.uint8]:
    """Each image turned anticlockwise about its middle, paper coming in at the corners."""
    result = np.empty_like(images)
    for place, image in enumerate(images):
        picture = Image.fromarray(np.ascontiguousarray(image))
        result[place] = np.asarray(picture.rotate(degrees, Image.Resampling.BILINEAR))
    return result
