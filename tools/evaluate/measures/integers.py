"""What reading in whole numbers costs: the same weights as integers and in float32.

Both are given the same crops: a frame is searched once and read twice.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterable
from dataclasses import dataclass, replace

import numpy as np

from core import modelfile, pretrained
from core.errors import DatasetError, ModelFormatError
from core.reading.reader import Reader
from core.vision import Frame
from core.vision.digitise import seek_digits
from tools.evaluate.measures import photos
from tools.evaluate.measures.mnist import load_test_digits
from tools.evaluate.progress import show_progress

MOST_OF_MNIST, MOST_OF_PHOTOS = 5, 3
"""The measure fails if more digits than these are lost: of MNIST's 10,000, of the
photographs."""


@dataclass
class Comparison:
    """Digits read in whole numbers and in float32: those read rightly by each, and ``apart``,
    those that were not read alike."""

    count: int = 0
    integers: int = 0
    floats: int = 0
    apart: int = 0

    def add(self, label: int, whole: int | None, exact: int | None) -> None:
        """Count a digit, None where it was not called any."""
        self.count += 1
        self.integers += whole == label
        self.floats += exact == label
        self.apart += whole != exact

    @property
    def loss(self) -> int:
        """How many fewer are read rightly in whole numbers; below 0 it is a gain."""
        return self.floats - self.integers

    def __str__(self) -> str:
        return (
            f"{self.integers} of {self.count} right in whole numbers, "
            f"{self.floats} in float32, {self.apart} not read alike"
        )


def measure(reader: Reader, arguments: argparse.Namespace) -> int:
    """Print how many digits are lost; 1 if they are more than may be."""
    model = modelfile.load(arguments.model) if arguments.model else pretrained.load()
    if model.ranges is None:
        raise ModelFormatError("these weights have no integer form: nothing can be compared")
    exact = Reader.of(replace(model, ranges=None))
    data = load_test_digits(arguments.data)
    alone = Comparison()
    shares = (each.network.predict_proba(data.images) for each in (reader, exact))
    answers = (each.argmax(axis=1).tolist() for each in shares)
    for label, one, other in zip(data.labels.tolist(), *answers, strict=True):
        alone.add(label, one, other)
    print(f"MNIST, the network alone: {alone}")
    digits = zip(data.labels.tolist(), map(np.ascontiguousarray, data.images), strict=True)
    mnist = _read(digits, len(data), reader, exact)
    print(f"MNIST, each digit a picture: {mnist}")
    frames = photos.frames(arguments.folder, arguments.kind)
    photographs = _read(_labelled(frames), 0, reader, exact)
    print(f"photographs: {photographs}")
    lost = max(alone.loss, mnist.loss), photographs.loss
    print(
        f"integers {lost[0]} {lost[1]} (lost of MNIST and of photographs; "
        f"at most {MOST_OF_MNIST} and {MOST_OF_PHOTOS})"
    )
    return int(lost[0] > MOST_OF_MNIST or lost[1] > MOST_OF_PHOTOS)


def _labelled(frames: Iterable[tuple[photos.Photograph, Frame]]) -> Iterable[tuple[int, Frame]]:
    for photograph, frame in frames:
        if photograph.digit is None:
            raise DatasetError(f"{photograph.path}: its label is not one digit")
        yield photograph.digit, frame


def _read(
    digits: Iterable[tuple[int, Frame]], total: int, whole: Reader, exact: Reader
) -> Comparison:
    """Read frames with both readers; ``total`` is for the progress, 0 for none."""
    comparison = Comparison()
    for label, frame in digits:
        judged = whole.judge is not None
        found = list(seek_digits(frame, features=judged, places=whole.place_judge is not None))
        answers = (each.read_candidates(found).digit for each in (whole, exact))
        comparison.add(label, *answers)
        if total:
            show_progress(comparison.count, total)
    return comparison
