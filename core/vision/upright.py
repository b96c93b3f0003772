"""A crop set more upright: what the network is asked about again where a sheet may be slanted.

A 1 with a hook that leans over is a 7, and a 4 is a 9, until they are set upright. Which of
two readings of a digit is more upright than its sheet cannot be seen in a crop; but where both
readings agree, or one is far surer, it need not be known.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from core.vision.crop import SIDE

DEGREES = 20.0
"""The crop is turned by so much, against the side that its ink leans to."""

_FROM_MIDDLE = 2 * np.arange(SIDE, dtype=np.int32) - (SIDE - 1)
"""Twice the distances of rows and columns from the middle: whole numbers, alike everywhere."""


def lean(image: NDArray[np.float32]) -> float:
    """How far the ink of a crop, float32 (28, 28), ink 1, leans to the right: pixels a row.

    The slope of the regression of columns on rows; a crop's centre of mass is in its middle.
    """
    grey = _greys(image).astype(np.int32)
    across = int(_FROM_MIDDLE @ grey @ _FROM_MIDDLE)
    along = int(_FROM_MIDDLE**2 @ grey.sum(axis=1))
    return -across / max(along, 1)


def set_upright(image: NDArray[np.float32], degrees: float = DEGREES) -> NDArray[np.float32]:
    """A crop, float32 (28, 28), ink 1, turned by so much against the lean of its ink."""
    turn = degrees if lean(image) > 0 else -degrees
    turned = Image.fromarray(_greys(image)).rotate(turn, Image.Resampling.BICUBIC)
    return np.asarray(turned, np.float32) * np.float32(1 / 255)


def _greys(image: NDArray[np.float32]) -> NDArray[np.uint8]:
    return np.round(image * np.float32(255)).astype(np.uint8)
