"""Views of one labelled crop: the same digit leaning, tilting, bolder and finer.

One example of a habit says little about how much the hand varies. While there are few examples,
each is kept in several views, each a vector of its own.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Crop = NDArray[np.uint8]

VIEWS = 7
"""The crop itself, sheared to both sides, upwards and downwards, bolder, finer."""

_SHEAR = 2
"""Pixels by which the outermost rows, or columns, are moved."""


def views(image: Crop, most: int = VIEWS) -> Crop:
    """The first ``most`` views of a crop, uint8 (28, 28): uint8 (most, 28, 28)."""
    upright = image.T
    made = (
        image,
        _sheared(image, _SHEAR),
        _sheared(image, -_SHEAR),
        _sheared(upright, _SHEAR).T,
        _sheared(upright, -_SHEAR).T,
        _half_way(image, _neighbours(image).max(axis=0)),
        _half_way(image, _neighbours(image).min(axis=0)),
    )
    return np.stack(made[:most])


def _sheared(image: Crop, most: int) -> Crop:
    """Rows moved to the right at the top and to the left at the bottom, by whole pixels."""
    out = np.zeros_like(image)
    last = len(image) - 1
    for row, values in enumerate(image):
        shift = round(most * (last - 2 * row) / last)
        if shift > 0:
            out[row, shift:] = values[:-shift]
        elif shift < 0:
            out[row, :shift] = values[-shift:]
        else:
            out[row] = values
    return out


def _neighbours(image: Crop) -> Crop:
    """Each pixel and the four beside it: (5, h, w)."""
    p = np.pad(image, 1)
    around = (p[1:-1, 1:-1], p[:-2, 1:-1], p[2:, 1:-1], p[1:-1, :-2], p[1:-1, 2:])
    return np.stack(around)


def _half_way(image: Crop, other: Crop) -> Crop:
    return ((image.astype(np.int32) + other + 1) >> 1).astype(np.uint8)
