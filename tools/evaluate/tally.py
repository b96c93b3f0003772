"""Counts of readings: accuracy by source, confusion, calibration."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from pathlib import Path

import numpy as np
from PIL import Image

from core.classes import DIGITS, NO_DIGIT
from core.reading.reader import Reading
from core.synthesis.scene import Box
from core.vision import Frame
from tools.evaluate import confusion
from tools.evaluate.contact_sheet import Failure, draw
from tools.evaluate.metrics import expected_calibration_error, wilson_interval
from tools.plotting import small_png

UNREAD = 10
"""Column of the confusion table for readings without a digit."""


class Tally:
    """Readings of frames that each show one known digit."""

    def __init__(self) -> None:
        self.confusion = np.zeros((10, 11), dtype=np.int64)
        self.sources: dict[str, list[int]] = defaultdict(lambda: [0, 0])
        self.failures: list[Failure] = []
        self.examples: dict[tuple[int, int], Image.Image] = {}
        self._probabilities: list[np.ndarray] = []
        self._labels: list[int] = []

    def add(
        self,
        name: str,
        source: str,
        label: int,
        frame: Frame,
        reading: Reading,
        box: Box | None = None,
    ) -> None:
        """Count one reading of a frame that shows ``label``.

        ``box`` : where, if the frame is our own drawing and may be shown as an example.
        """
        called = UNREAD if reading.digit is None else reading.digit
        self.confusion[label, called] += 1
        self.sources[source][0] += called == label
        self.sources[source][1] += 1
        self._probabilities.append(_of_all_classes(reading))
        self._labels.append(label)
        if called != label:
            self.failures.append(Failure.of(name, frame, reading))
            if box is not None and (label, called) not in self.examples:
                self.examples[label, called] = confusion.example(frame, box)

    @property
    def count(self) -> int:
        """How many were counted."""
        return int(self.confusion.sum())

    @property
    def unread(self) -> int:
        """How many were not called any digit."""
        return int(self.confusion[:, UNREAD].sum())

    @property
    def accuracy(self) -> float:
        """Share read rightly; unread is wrong."""
        return float(np.trace(self.confusion)) / self.count

    @property
    def calibration(self) -> str:
        """The expected calibration error, of all readings and of those called a digit.

        The first counts "not a digit" as a prediction, with probability 1 for an empty page:
        both are wrong about a digit. The second is of what a display shows.
        """
        probabilities, labels = np.stack(self._probabilities), np.array(self._labels)
        everything = expected_calibration_error(probabilities, labels)
        text = f"expected calibration error {everything:.4f}"
        called = probabilities.argmax(axis=1) != NO_DIGIT
        if not called.any():
            return text
        shown = expected_calibration_error(probabilities[called], labels[called])
        return f"{text} (guesses alone {shown:.4f})"

    def show(self, sheet: Path | None, table: Path | None = None) -> None:
        """Print accuracy by source, the confusion, the interval; draw failures and table."""
        for source, (right, count) in sorted(self.sources.items()):
            print(f"{right:5d} of {count:5d}  {right / count:.3f}  {source}")
        print("\ntrue   " + "".join(f"{name:>6}" for name in [*range(10), "unread"]))
        for digit, row in enumerate(self.confusion):
            print(f"{digit:4d}   " + "".join(f"{value or '.':>6}" for value in row))
        low, high = wilson_interval(int(np.trace(self.confusion)), self.count)
        print(f"\n95 % interval {low:.4f} to {high:.4f}; failures: {_names(self.failures)}")
        if sheet:
            draw(self.failures, sheet)
            print(f"failures drawn in {sheet}")
        if table:
            small_png.save(confusion.draw(self.confusion, self.examples), table)
            print(f"confusion drawn in {table}")


def _of_all_classes(reading: Reading) -> np.ndarray:
    """Probabilities of the eleven classes; of an empty page 1 for NO_DIGIT."""
    classes = np.zeros(DIGITS + 1, np.float32)
    if reading.probabilities is None:
        classes[NO_DIGIT] = 1.0
    else:
        classes[: len(reading.probabilities)] = reading.probabilities
    return classes


def _names(failures: Iterable[Failure], most: int = 12) -> str:
    names = [failure.name.split()[0] for failure in failures]
    return ", ".join(names[:most]) + (f" and {len(names) - most} more" if names[most:] else "")
