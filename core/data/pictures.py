"""Reads labelled pictures, a folder per digit: ``0/``, ``1/`` to ``9/``.

A picture of 28x28 pixels is taken as it is; from any other the digit is cropped, as the reader
crops it.
"""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from core.classes import DIGITS
from core.data.upright import PAPER, SIDE
from core.errors import DatasetError, ImageError

ENDINGS = (".png", ".jpg", ".jpeg", ".gif", ".bmp", ".pgm", ".ppm", ".tif", ".tiff", ".webp")
"""Ends of the names of pictures; other files are passed over."""


def per_digit(folder: Path) -> list[tuple[Path, int]]:
    """The pictures in the folders ``0`` to ``9``, in order, and their digits; none without
    such folders. Raises DatasetError for a folder that cannot be read."""
    found = []
    for digit in range(DIGITS):
        part = folder / str(digit)
        if not os.path.isdir(part):
            continue
        try:
            names = sorted(os.listdir(part))
        except OSError as error:
            raise DatasetError(f"{part}: cannot be read: {error.strerror}") from None
        found += [(part / name, digit) for name in names if name.lower().endswith(ENDINGS)]
    return found


def load(found: list[tuple[Path, int]]) -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:
    """Images, uint8 (n, 28, 28), ink light on dark, and labels, uint8 (n,), of pictures.

    Raises DatasetError, with its path, for one that cannot be read or shows no digit.
    """
    images = np.array(list(map(crop, (path for path, _ in found))), np.uint8)
    return images, np.array([digit for _, digit in found], np.uint8)


def crop(path: Path, *, dark: bool = False) -> NDArray[np.uint8]:
    """A picture as 28x28, uint8, ink light on dark. Raises ImageError, with the path.

    dark : one of 28x28 is dark on light for sure; by default its edges tell.
    """
    # Here: pillow and the reader's vision take memory that other data sets do without.
    from core.vision import SMALLEST_SIDE
    from core.vision.digitise import find_digits
    from core.vision.imagefile import load_frame

    frame = load_frame(path, min_side=SMALLEST_SIDE)
    if frame.shape == (SIDE, SIDE):
        edges = np.concatenate([frame[0], frame[-1], frame[:, 0], frame[:, -1]])
        return 255 - frame if dark or np.median(edges) > PAPER else frame
    found = find_digits(frame)
    if not found:
        raise ImageError(f"{path}: nothing in it looks like a digit")
    return np.rint(found[0].image * 255).astype(np.uint8)
