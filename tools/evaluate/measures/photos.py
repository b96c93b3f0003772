"""Labelled photographs of one digit each."""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from PIL import Image

from core.errors import DatasetError
from core.reading.reader import Reader
from core.vision import Frame
from core.vision.imagefile import load_frame
from tools.evaluate.photographs import Photograph, read_index
from tools.evaluate.progress import show_progress
from tools.evaluate.tally import Tally


def frames(folder: Path, kind: str) -> Iterator[tuple[Photograph, Frame]]:
    """Each photograph of a kind that a folder's index lists, and its frame."""
    return load(read_index(folder, kind))


def load(photographs: list[Photograph]) -> Iterator[tuple[Photograph, Frame]]:
    """Each photograph and its frame."""
    for number, photograph in enumerate(photographs, 1):
        yield photograph, load_frame(photograph.path)
        show_progress(number, len(photographs))


def turned(frame: Frame, degrees: float) -> Frame:
    """A frame turned to the left, as large as all of it needs, so that no writing is cut off.

    What was beyond the frame is as its edge, as a page or table goes on: corners of one grey
    would have edges that no camera sees.
    """
    angle = np.radians(degrees)
    along, aside = abs(np.cos(angle)), abs(np.sin(angle))
    height, width = frame.shape
    across, down = round(width * along + height * aside), round(height * along + width * aside)
    side = int(np.ceil(np.hypot(across, down)))
    room = [((side - size) // 2, (side - size + 1) // 2) for size in (height, width)]
    large = Image.fromarray(np.pad(frame, room, mode="edge"))
    whole = large.rotate(degrees, Image.Resampling.BICUBIC)
    left, top = (side - across) // 2, (side - down) // 2
    return np.asarray(whole.crop((left, top, left + across, top + down)))


def _shown(digit: int, degrees: float) -> int:
    """The digit that a turned sheet shows: nobody can know a 6 upside down from a 9."""
    return {6: 9, 9: 6}.get(digit, digit) if degrees % 360 == 180 else digit


def measure(reader: Reader, arguments: argparse.Namespace) -> None:
    """Print what is read of the photographs, by source and digit."""
    tally = Tally()
    for photograph, frame in frames(arguments.folder, arguments.kind):
        if photograph.digit is None:
            raise DatasetError(f"{photograph.path}: its label is not one digit")
        for degrees in arguments.turn or [0.0]:
            seen = turned(frame, degrees) if degrees else frame
            reading = reader.read(seen)
            name = f"{photograph.path.stem} {reading.guess} {reading.confidence:.2f}"
            source = photograph.source + (f", turned by {degrees:g}" if degrees else "")
            tally.add(name, source, _shown(photograph.digit, degrees), seen, reading)
    tally.show(arguments.sheet, arguments.confusion)
    print(tally.calibration)
    wrong = round((1 - tally.accuracy) * tally.count) - tally.unread
    figures = f"n={tally.count}, unread={tally.unread}"
    print(
        f"photos {tally.accuracy:.4f} ({figures}{f', wrong={wrong}' if arguments.turn else ''})"
    )
