"""Histograms of grey values, and quantiles, means and deviations computed from them.

One pass of Pillow makes the 256 counts, and the statistics of those are nearly free; of 76,800
floats, on a Pi Zero, a single percentile costs more than all the rest of a frame.
"""

from __future__ import annotations

import sys
from array import array
from math import ceil, sqrt
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

Counts = NDArray[np.signedinteger[Any]]
"""Integers (256,): number of pixels of each grey value."""

GREYS = np.arange(256, dtype=np.int32)
SQUARES = (GREYS**2).astype(np.float64)


def counted(picture: NDArray[np.uint8], mask: NDArray[np.uint8] | None = None) -> Counts:
    """Histogram of ``picture`` (h, w), of the pixels where ``mask`` (h, w) is not 0."""
    # From a contiguous array Pillow makes an image at a fortieth of the cost.
    image = Image.fromarray(np.ascontiguousarray(picture))
    within = None if mask is None else Image.fromarray(np.ascontiguousarray(mask))
    # An array takes numbers from a list at a tenth of the cost of numpy.
    return np.frombuffer(array("i", image.histogram(within)), dtype=np.int32)


def quantile(counts: Counts, share: float) -> int:
    """The smallest grey value that at least ``share`` of the pixels do not exceed.

    0 if there are no pixels.
    """
    running = counts.cumsum(dtype=np.int32)
    return min(255, int(running.searchsorted(ceil(share * int(running[-1])))))


def mean(counts: Counts) -> float:
    """Mean grey value; 0 if there are no pixels."""
    total = int(counts.sum())
    return int(counts.dot(GREYS)) / total if total else 0.0


def deviation(counts: Counts) -> float:
    """Standard deviation of the grey values; 0 if there are no pixels."""
    total, amount = int(counts.sum()), int(counts.dot(GREYS))
    # In floats, which hold them exactly: the sum of squares passes 2**31.
    return sqrt(total * int(counts.dot(SQUARES)) - amount**2) / total if total else 0.0


def paired(high: NDArray[np.uint8], low: NDArray[np.uint8]) -> NDArray[np.uint16]:
    """256 high + low, uint16 (h, w): indices into a table of all pairs of grey values."""
    both = np.empty(high.shape, np.uint16)
    halves = low_and_high(both)
    halves[0][...], halves[1][...] = low, high
    return both


def low_and_high(both: NDArray[np.uint16]) -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:
    """Writable views, uint8 (h, w) each, of the lower and the upper bytes of ``both``."""
    parts = both.view(np.uint8)
    first, second = parts[:, ::2], parts[:, 1::2]
    return (first, second) if sys.byteorder == "little" else (second, first)
