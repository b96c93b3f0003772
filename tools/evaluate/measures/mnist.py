"""The MNIST test digits, each read as if it were a photograph."""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np

from core.data import datasets
from core.reading.reader import Reader
from tools.evaluate.progress import show_progress
from tools.evaluate.tally import Tally
from tools.fetch_mnist.files import require_mnist


def load_test_digits(folder: Path | None) -> datasets.Dataset:
    """MNIST's test digits, of `folder` or of where fetch_mnist put them. DatasetError."""
    return datasets.load(require_mnist(folder), "test")


def measure(reader: Reader, arguments: argparse.Namespace) -> None:
    """Print what the path reads of MNIST, and beside it what the network alone does."""
    data = load_test_digits(arguments.data)
    tally = Tally()
    for number, (image, label) in enumerate(zip(data.images, data.labels, strict=True)):
        frame = np.ascontiguousarray(image)
        tally.add(f"{number} is {label}", "mnist", int(label), frame, reader.read(frame))
        show_progress(number + 1, len(data))
    # The network by itself, beside the path: what cutting out costs.
    alone = reader.network.score(data.images, data.labels)
    tally.show(arguments.sheet, arguments.confusion)
    print(f"network alone, digits as MNIST cut them: {alone:.4f}")
    print(tally.calibration)
    print(f"mnist {tally.accuracy:.4f} (n={tally.count})")
