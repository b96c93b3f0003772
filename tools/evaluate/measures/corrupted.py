"""MNIST-C's corruptions, each corrupted digit read as an enlarged picture."""

from __future__ import annotations

import argparse

import numpy as np
from numpy.typing import NDArray

from core.reading.reader import Reader
from core.vision import Frame
from tools.evaluate.contact_sheet import Failure, draw
from tools.evaluate.measures.mnist import load_test_digits
from tools.evaluate.mnist_c.corruptions import CORRUPTIONS
from tools.evaluate.progress import show_progress

ENLARGED = 4
"""Each pixel becomes so many by so many: a frame of 112x112, as sharp-edged as its source."""

LIMIT = 1000
"""Digits a corruption, evenly from the whole test set; all 150,000 take half an hour."""

SHOWN = 12
"""Failures drawn of each corruption."""


def measure(reader: Reader, arguments: argparse.Namespace) -> None:
    """Print the share read rightly for each corruption, and the mean of the fifteen."""
    data = load_test_digits(arguments.data)
    count = min(arguments.limit, len(data))
    chosen = np.linspace(0, len(data), count, endpoint=False).astype(np.intp)
    images, labels = data.batch(chosen)
    digits = images.astype(np.float32) / np.float32(255)
    shares, failures = [], []
    for number, corruption in enumerate(CORRUPTIONS):
        name = corruption.__name__
        right, unread, wrong = 0, 0, []
        spoiled = corruption(digits, np.random.default_rng(number))
        for index, label, image in zip(chosen, labels, spoiled, strict=True):
            frame = enlarged(image)
            reading = reader.read(frame)
            right += reading.digit == label
            unread += reading.digit is None
            if reading.digit != label and len(wrong) < SHOWN:
                text = f"{name}-{index} {label} read {reading.guess} {reading.confidence:.2f}"
                wrong.append(Failure.of(text, frame, reading))
        failures += wrong
        shares.append(right / count)
        print(f"{right / count:.4f}  {unread / count:.4f} unread  {name}", flush=True)
        show_progress(number + 1, len(CORRUPTIONS))
    if arguments.sheet:
        draw(failures, arguments.sheet)
    print(f"corrupted {np.mean(shares):.4f} (n={count * len(shares)})")


def enlarged(image: NDArray[np.float32]) -> Frame:
    """A picture (28, 28), ink = 1, as a frame: light on dark, as MNIST's pictures are."""
    grey = np.rint(image * 255).astype(np.uint8)
    return np.repeat(np.repeat(grey, ENLARGED, axis=0), ENLARGED, axis=1)
