"""Training against the seeds' class, scikit-learn, PyTorch, and the bare matrix products."""

from __future__ import annotations

from pathlib import Path
from statistics import median

import numpy as np
from numpy.typing import NDArray

from core import training
from core.data import datasets
from core.network import Network
from core.training.optimisers import SGD
from tools.bench.measures import Result
from tools.bench.rivals import Rivals
from tools.bench.seeds import SeedNetwork, score, train_on
from tools.bench.timing import Contestant, Race, processor_s, race
from tools.train_base.recipe import SPEC as SHIPPED

SPEC = "784-200-10"
BATCH = 32
RATE, MOMENTUM = 0.2, 0.9
"""Against scikit-learn, which has the same momentum and the same sigmoids."""

PLAIN_RATE = 0.5
"""Against the seeds' class, which has no momentum: plain descent, our ReLU for its sigmoid.
Of 0.1 .. 2, among the best after one epoch of MNIST."""

SEED_RATE = 0.1
SAMPLES = 28800
"""Of MNIST in a round: 900 batches."""

SEED_SAMPLES = 1200
"""The seeds' class is given fewer, and the time for all is worked out: it does one alone."""

SHIPPED_SAMPLES, SHIPPED_BATCH = 1280, 128

Bytes = NDArray[np.uint8]


def dense(mnist: Path, rivals: Rivals, rounds: int) -> tuple[list[Result], Race]:
    """784-200-10 in batches of 32: plain descent, and with momentum as scikit-learn has it."""
    data = datasets.load(mnist, "train")
    images, labels = np.array(data.images[:SAMPLES]), np.array(data.labels[:SAMPLES])
    contestants: dict[str, Contestant] = {
        "zerodigit": lambda: processor_s(lambda: _plain(images, labels)),
        "with momentum": lambda: processor_s(lambda: _with_momentum(images, labels)),
        "seeds' class": lambda: _seeds(images[:SEED_SAMPLES], labels) * SAMPLES / SEED_SAMPLES,
        "products alone": _products(images),
    }
    arguments = {
        "images": rivals.keep("images", images), "labels": rivals.keep("labels", labels),
        "batch": BATCH, "rate": RATE, "momentum": MOMENTUM,
    }  # fmt: skip
    if missing := rivals.missing("sklearn"):
        sklearn = Result("train_sklearn", skipped=missing)
    else:
        contestants["scikit-learn"] = rivals.contestant("sklearn_training", arguments)
    found = race(contestants, SAMPLES, rounds)
    note = f"{SPEC}, batch {BATCH}: {_rates(found)} samples/s"
    if not missing:
        ratios = found.ratios("with momentum", "scikit-learn")
        sklearn = Result("train_sklearn", tuple(ratios), note)
    results = [
        Result("train_seeds", tuple(found.ratios("zerodigit", "seeds' class")), note),
        sklearn,
        Result("train_products", tuple(found.ratios("zerodigit", "products alone")), note),
    ]
    return results, found


def accuracy(mnist: Path) -> Result:
    """One epoch of MNIST each, and what is read right of the test digits after it."""
    train, test = datasets.load(mnist, "train"), datasets.load(mnist, "test")
    images, labels = np.array(train.images), np.array(train.labels)
    ours = _plain(images, labels).score(test.images, test.labels)
    seeds = SeedNetwork(784, 200, 10, SEED_RATE)
    train_on(seeds, images, labels)
    theirs = score(seeds, test.images, test.labels)
    note = f"one epoch of {len(labels)}: {ours:.4f}, the seeds' class {theirs:.4f}"
    return Result("accuracy_seeds", (100 * (ours - theirs),), note)


def shipped(mnist: Path, rivals: Rivals, rounds: int) -> tuple[Result, Race | None]:
    """The network we ship, with batch normalisation and Adam, batches of 128."""
    if missing := rivals.missing("torch"):
        return Result("train_torch", skipped=missing), None
    data = datasets.load(mnist, "train")
    images, labels = np.array(data.images[:SHIPPED_SAMPLES]), data.labels[:SHIPPED_SAMPLES]
    network = Network.from_spec(SHIPPED, batch_norm=True)

    def train() -> None:
        training.fit(
            network, (images, labels), epochs=1, batch_size=SHIPPED_BATCH, validation=None
        )

    arguments = {
        "images": rivals.keep("few", images), "labels": rivals.keep("few_labels", labels),
        "batch": SHIPPED_BATCH, "spec": SHIPPED,
    }  # fmt: skip
    theirs = rivals.contestant("torch_training", arguments)
    found = race(
        {"zerodigit": lambda: processor_s(train), "PyTorch": theirs}, SHIPPED_SAMPLES, rounds
    )
    note = f"{SHIPPED}, batch {SHIPPED_BATCH}: {_rates(found)} samples/s"
    return Result("train_torch", tuple(found.ratios("zerodigit", "PyTorch")), note), found


def _plain(images: Bytes, labels: Bytes) -> Network:
    network = Network.from_spec(SPEC)
    _fit(network, images, labels, SGD(0), PLAIN_RATE)
    return network


def _with_momentum(images: Bytes, labels: Bytes) -> Network:
    network = Network.from_spec(SPEC, activation="sigmoid")
    _fit(network, images, labels, SGD(MOMENTUM), RATE)
    return network


def _fit(network: Network, images: Bytes, labels: Bytes, optimiser: SGD, rate: float) -> None:
    training.fit(
        network, (images, labels), epochs=1, batch_size=BATCH, optimiser=optimiser,
        learning_rate=rate, schedule="cosine", validation=None,
    )  # fmt: skip


def _seeds(images: Bytes, labels: Bytes) -> float:
    network = SeedNetwork(784, 200, 10, SEED_RATE)
    return processor_s(lambda: train_on(network, images, labels[: len(images)]))


def _products(images: Bytes) -> Contestant:
    """The two large products of a step and nothing else: what no training can beat."""
    x = images.reshape(-1, BATCH, 784).astype(np.float32) / np.float32(255)
    rng = np.random.default_rng(0)
    weights = rng.standard_normal((784, 200), np.float32)
    errors = rng.standard_normal((BATCH, 200), np.float32)
    hidden, gradient = np.empty((BATCH, 200), np.float32), np.empty((784, 200), np.float32)

    def multiply() -> None:
        for batch in x:
            np.matmul(batch, weights, out=hidden)
            np.matmul(batch.T, errors, out=gradient)

    return lambda: processor_s(multiply)


def _rates(found: Race) -> str:
    return ", ".join(f"{name} {median(found.rates(name)):,.0f}" for name in found.seconds)
