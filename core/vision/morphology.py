"""Morphology of uint8 images: maxima over windows, thicker strokes, wider masks, outlines."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from core.vision import Frame


def running_maximum(image: Frame, window: int) -> Frame:
    """Maximum over every ``window`` successive rows: (h, w) -> (h - window + 1, w).

    Two windows that overlap make a longer one, so a window of n takes log2(n) passes, where a
    rank filter compares n pixels.
    """
    return _running(np.maximum, image, window)


def thicken(image: Frame, grow: int) -> Frame:
    """Widen strokes by ``grow`` pixels on every side: (h + 2 grow, w + 2 grow)."""
    return _joined(np.maximum, image, 2 * grow, 2 * grow + 1)


def spread(mask: Frame, grow: int) -> Frame:
    """Widen a mask of 0 and 255 by ``grow`` pixels within its own (h, w)."""
    # Bits are joined four at a time, greys are compared one by one.
    return _joined(np.bitwise_or, mask, grow, 2 * grow + 1)


def outline(inside: NDArray[np.bool_] | Frame) -> int:
    """Length of a mask's outline, in pixel edges; those on the border do not count.

    ``inside`` : (h, w), 0 outside, and the same value wherever it is not 0.
    """
    bits = inside.view(np.uint8)
    across, down = bits[:, 1:] ^ bits[:, :-1], bits[1:] ^ bits[:-1]
    return int(np.count_nonzero(across)) + int(np.count_nonzero(down))


def _running(join: np.ufunc, image: Frame, window: int) -> Frame:
    span = 1
    while span < window:
        shift = min(span, window - span)
        image = join(image[:-shift], image[shift:])
        span += shift
    return image


def _joined(join: np.ufunc, image: Frame, room: int, window: int) -> Frame:
    """Every square of ``window`` pixels joined, with ``room`` zeros on each side of the image:
    (h, w) -> (h + 2 room - window + 1, w + 2 room - window + 1)."""
    return _joined_down(join, _joined_down(join, image.T, room, window).T, room, window)


def _joined_down(join: np.ufunc, image: Frame, room: int, window: int) -> Frame:
    height, width = image.shape
    # Rows of whole words, so that rows are joined word by word.
    padded = np.zeros((height + 2 * room, (width + 3) // 4 * 4), np.uint8)
    padded[room : room + height, :width] = image
    return _running(join, padded, window)[:, :width]
