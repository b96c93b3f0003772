"""Features of a network brought to one length, in whole numbers: the same on every machine."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

UNIT = 255
"""Length of a unit vector. The product of two is their cosine times ONE."""

ONE = UNIT * UNIT

_SHIFT = 8
"""Lengths are taken in 256ths, so that dividing by one costs no accuracy."""


def unit_vectors(features: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Each row of ``features``, uint8 (n, k), scaled to length UNIT; a row of zeros stays."""
    wide = features.astype(np.int32)
    squares = np.einsum("ij,ij->i", wide, wide)
    # By the integer square root: no rounding of any machine's own comes in.
    lengths = [max(1, math.isqrt(int(each) << (2 * _SHIFT))) for each in squares]
    length = np.array(lengths, np.int32)[:, None]
    units = (wide * (UNIT << _SHIFT) + length // 2) // length
    return np.asarray(np.minimum(units, UNIT), np.uint8)
