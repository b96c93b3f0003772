"""Share of pictures without a digit that are read as one.

Photographs, or frames of ``core.synthesis.negatives`` drawn with seeds that no training pool
uses.
"""

from __future__ import annotations

import argparse
from collections import Counter
from collections.abc import Iterator

import numpy as np

from core.reading.reader import Reader
from core.synthesis.negatives import KINDS, LOOKALIKE, sample_negative
from core.vision import Frame
from tools.evaluate.contact_sheet import Failure, draw
from tools.evaluate.measures import photos
from tools.evaluate.photographs import PHOTOS, Photograph, read_index
from tools.evaluate.progress import show_progress

HELD_OUT = 990_000_011
"""First part of the seeds; ``tools.train_base.crops`` draws with seeds that begin with a small
one."""

LOOKALIKES = 0.1
"""Look-alike letters (O, l, Z, S, ...) drawn for each picture; counted apart."""


class _Count:
    """Frames without a digit by kind, and those called one."""

    def __init__(self) -> None:
        self.called: Counter[str] = Counter()
        self.count: Counter[str] = Counter()
        self.failures: list[Failure] = []

    def add(self, kind: str, name: str, frame: Frame, reader: Reader) -> None:
        reading = reader.read(frame)
        self.count[kind] += 1
        if reading.digit is not None:
            self.called[kind] += 1
            text = f"{name} {reading.digit} {reading.confidence:.2f}"
            self.failures.append(Failure.of(text, frame, reading))

    def show(self) -> None:
        for kind in sorted(self.count):
            print(f"{self.called[kind]:5d} of {self.count[kind]:5d}  {kind}")


def measure(reader: Reader, arguments: argparse.Namespace) -> None:
    """Print the share called a digit, by source or by kind."""
    if arguments.generated is not None:
        _measure_generated(reader, arguments)
        return
    count = _Count()
    for photograph, frame in photos.frames(arguments.folder, arguments.kind or "none_photo"):
        count.add(photograph.source, photograph.path.stem, frame, reader)
    count.show()
    if arguments.sheet:
        draw(count.failures, arguments.sheet)
    total = count.count.total()
    print(f"nodigit {count.called.total() / total:.4f} (n={total})")


def _measure_generated(reader: Reader, arguments: argparse.Namespace) -> None:
    # With silence everywhere the first figure would be perfect, so the other one beside it.
    digits = _photographs_of_digits(arguments)
    count, alike = _Count(), _Count()
    for kind, name, frame in generated(arguments.generated):
        (alike if kind == LOOKALIKE else count).add(kind, name, frame, reader)
    count.show()
    alike.show()
    total = count.count.total()
    figures = f"n={total}"
    if digits:
        called = [reader.read(frame).digit is not None for _, frame in photos.load(digits)]
        print(f"photographs of a digit that are called one: {np.mean(called):.4f}")
        figures += f", accepted={np.mean(called):.4f} of {len(called)}"
    else:
        print(f"no photographs in {PHOTOS}; give DIR to count the digits among them, too")
    if arguments.sheet:
        draw(count.failures + alike.failures, arguments.sheet)
    print(f"nodigit {count.called.total() / total:.4f} ({figures})")


def _photographs_of_digits(arguments: argparse.Namespace) -> list[Photograph]:
    """Those of the folder; none if it was not named and the usual one is not there."""
    if arguments.folder == PHOTOS and not PHOTOS.is_dir():
        return []
    return read_index(arguments.folder, arguments.kind or "photo_single")


def generated(count: int) -> Iterator[tuple[str, str, Frame]]:
    """(kind, name, frame) of `count` negatives, each kind in turn, and of look-alikes besides.

    Frames are of every size that cameras and croppers make.
    """
    kinds = [KINDS[number % len(KINDS)] for number in range(count)]
    kinds += [LOOKALIKE] * round(LOOKALIKES * count)
    for number, kind in enumerate(kinds):
        rng = np.random.default_rng([HELD_OUT, number])
        yield kind, f"{kind}-{number}", sample_negative(rng, kind, size=None).frame
        show_progress(number + 1, len(kinds))
