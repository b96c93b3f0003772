"""Maxima and minima over windows, of uint8 images, in log2(window) passes."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Frame = NDArray[np.uint8]


def running_maximum(image: Frame, window: int) -> Frame:
    """Maximum over every ``window`` rows: (h, w) -> (h - window + 1, w).

    Two windows that overlap make a longer one, so a window of n takes log2(n) maxima
    where a rank filter looks at n pixels.
    """
    span = 1
    while span < window:
        shift = min(span, window - span)
        image = np.maximum(image[:-shift], image[shift:])
        span += shift
    return image


def thicken(image: Frame, grow: int) -> Frame:
    """Widen strokes by ``grow`` pixels on every side: (h + 2 grow, w + 2 grow)."""
    window = 2 * grow + 1
    height, width = image.shape
    padded = np.zeros((height + 4 * grow, width + 4 * grow), np.uint8)
    padded[2 * grow : 2 * grow + height, 2 * grow : 2 * grow + width] = image
    return running_maximum(running_maximum(padded, window).T, window).T


def open_along_columns(image: Frame, window: int) -> Frame:
    """What is left of strokes that run down at least ``window`` rows: a grey opening.

    (Serra 1982: minimum, then maximum, over the same window.) Same shape as ``image``.
    """
    # A line goes on beyond the frame: past the edge there is nothing to contradict it.
    outside = ((window, window), (0, 0))
    eroded = 255 - running_maximum(np.pad(255 - image, outside), window)
    opened = running_maximum(eroded, window)
    first = (len(opened) - len(image)) // 2
    return opened[first : first + len(image)]
