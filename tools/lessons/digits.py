"""The talk's way with MNIST: scaling, targets, an epoch, a score."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

import core
from core.data import datasets
from core.data.datasets import Dataset
from core.nn.layer import Array
from tools.fetch_mnist.files import find_mnist
from tools.lessons.network import NeuralNetwork
from tools.lessons.page import Page

DATA = Path(core.__file__).parent / "data"
TRAIN_100 = DATA / "mnist_train_100.csv"
TEST_10 = DATA / "mnist_test_10.csv"


def scaled(images: NDArray[np.uint8]) -> Array:
    """Pixels 0 .. 255 as inputs 0.01 .. 1.00, float32 (n, 784)."""
    return images.reshape(len(images), -1) * np.float32(0.99 / 255) + np.float32(0.01)


def targets(label: int) -> Array:
    """0.01 for every output but that of the label, which is 0.99."""
    wanted = np.full(10, 0.01, np.float32)
    wanted[label] = 0.99
    return wanted


def epoch(network: NeuralNetwork, data: Dataset) -> None:
    """Train once with every digit, in the order in which they come."""
    for image, label in zip(data.images, data.labels, strict=True):
        network.train(scaled(image[np.newaxis]), targets(label))


def score(network: NeuralNetwork, data: Dataset) -> float:
    """The share of digits for which the right output is the strongest."""
    return network.network.score(scaled(np.asarray(data.images)), data.labels)


def hundred() -> tuple[Dataset, Dataset]:
    """The hundred training and ten test digits that come with the repository."""
    return datasets.read_csv(TRAIN_100), datasets.read_csv(TEST_10)


def mnist() -> tuple[Dataset, Dataset] | None:
    """MNIST's training and test digits, if they were fetched."""
    folder = find_mnist()
    if folder is None:
        return None
    return datasets.load(folder, "train"), datasets.load(folder, "test")


def taught(page: Page) -> tuple[NeuralNetwork, Dataset]:
    """The talk's network after a quick course, and digits to try it on.

    One epoch of MNIST; where MNIST is missing, or the page is short, twenty of the hundred
    digits, and they are what it is tried on, too.
    """
    network = NeuralNetwork(784, 200, 10, 0.1)
    data = None if page.short else mnist()
    train, test = data or (hundred()[0], hundred()[0])
    page.say(f"Teaching the talk's network with {len(train):,} digits...")
    for _ in range(1 if data else 20):
        epoch(network, train)
    page.say(f"It reads {score(network, test):.1%} of {len(test):,} digits.\n")
    return network, test


def first(data: Dataset, count: int) -> Dataset:
    """The first digits of a set."""
    return Dataset(data.images[:count], data.labels[:count])
