"""Candidates of frames, found once and read with one network after another.

Finding them takes most of the time of a reading, and does not depend on the weights.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from core.files.atomic import write_atomically
from core.reading.reader import Reader, Reading
from core.vision import Frame
from core.vision.digitise import Box, Digit, seek_digits


@dataclass(frozen=True)
class PreparedFrame:
    """The candidates of a frame that shows the digit ``label``."""

    label: int
    candidates: list[Digit]

    @classmethod
    def of(cls, frame: Frame, label: int, *, places: bool = False) -> PreparedFrame:
        """Find them, with the features that a judge needs. ``places``: as of `seek_digits`."""
        return cls(label, list(seek_digits(frame, features=True, places=places)))


def called(reader: Reader, frames: Sequence[PreparedFrame]) -> NDArray[np.intp]:
    """The reading of each: its digit, 10 where it is unsure, 11 where it is empty."""
    words = {"unsure": 10, "empty": 11}
    readings: list[Reading] = [reader.read_candidates(each.candidates) for each in frames]
    return np.array(
        [words.get(r.state, -1 if r.digit is None else r.digit) for r in readings], np.intp
    )


def save(path: Path, frames: Sequence[PreparedFrame]) -> None:
    """Write them to a file, whole or not at all."""
    found = [each for one in frames for each in one.candidates]
    width = 0 if not found or found[0].features is None else len(found[0].features)
    with write_atomically(path) as file:
        np.savez_compressed(
            file,
            labels=np.array([one.label for one in frames]),
            counts=np.array([len(one.candidates) for one in frames]),
            images=np.array([d.image for d in found], np.float32).reshape(-1, 28, 28),
            boxes=np.array([tuple(d.box) for d in found]).reshape(-1, 4),
            qualities=np.array([d.quality for d in found], np.float64),
            evidence=np.array([d.features for d in found], np.float32).reshape(-1, width),
            places=np.array([d.place for d in found], np.intp),
        )


def load(path: Path) -> list[PreparedFrame]:
    """The frames of a file that :func:`save` wrote."""
    with np.load(path, allow_pickle=False) as file:
        names = ("images", "boxes", "qualities", "evidence", "places")
        found = [file[name] for name in names]
        labels, counts = file["labels"], file["counts"]
    digits = [
        Digit(image, Box(*map(int, box)), float(quality), values, int(place))
        for image, box, quality, values, place in zip(*found, strict=True)
    ]
    ends = np.cumsum(counts).tolist()
    return [
        PreparedFrame(int(label), digits[end - count : end])
        for label, count, end in zip(labels, counts.tolist(), ends, strict=True)
    ]
