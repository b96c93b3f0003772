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
    window = 2 * grow + 1
    padded = _padded(image, 2 * grow)
    return running_maximum(running_maximum(padded, window).T, window).T


def spread(mask: Frame, grow: int) -> Frame:
    """Widen a mask of 0 and 255 by ``grow`` pixels within its own (h, w)."""
    # Bits are joined word by word, greys are compared one by one.
    window = 2 * grow + 1
    down = _running(np.bitwise_or, _padded(mask, grow), window)
    return _running(np.bitwise_or, down.T, window).T


def outline(inside: NDArray[np.bool_]) -> int:
    """Length of a mask's outline, in pixel edges; those on the border do not count."""
    bits = inside.view(np.uint8)
    across, down = bits[:, 1:] ^ bits[:, :-1], bits[1:] ^ bits[:-1]
    return int(np.count_nonzero(across.view(np.bool_))) + int(
        np.count_nonzero(down.view(np.bool_))
    )


def _running(join: np.ufunc, image: Frame, window: int) -> Frame:
    span = 1
    while span < window:
        shift = min(span, window - span)
        image = join(image[:-shift], image[shift:])
        span += shift
    return image


def _padded(image: Frame, room: int) -> Frame:
    height, width = image.shape
    padded = np.zeros((height + 2 * room, width + 2 * room), np.uint8)
    padded[room : room + height, room : room + width] = image
    return padded
