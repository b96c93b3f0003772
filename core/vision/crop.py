"""The crop rule: the ink of one candidate becomes the 28x28 that a network reads.

The last step is MNIST's own (LeCun, Cortes and Burges 1998): 20x20 box, aspect kept, centre of
mass to the middle. Two steps that MNIST did not need come before it: the digit is cut out of
its surroundings, and a hairline is thickened so that it does not vanish when it is shrunk.

Networks read only crops made by the rule they were trained with. Whoever changes what this
module returns, by a single grey value, raises ``PREPROCESSING`` in ``core/modelfile.py``, so
that older model files are refused; trains the shipped weights again (``python -m
tools.train_base``); and takes the new digests (``python -m tools.digests --write``).
"""

from __future__ import annotations

from functools import cache

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from core.vision import Frame
from core.vision.histogram import counted, quantile
from core.vision.morphology import outline, spread, thicken

SIDE = 28
"""Side of a crop, in pixels."""

BOX_SIDE = 20
"""Longer side of the digit in its crop, in pixels."""

THINNEST = 2.2
"""Strokes are thickened to this many pixels of the 28x28; MNIST's own are 2 to 4."""

THICKEST_GROWTH = 12
"""A stroke is thickened by at most this many working pixels on either side."""

SOFT_FLOOR = 0.25
"""Ink below this share of the stroke's darkness becomes paper: halo, bleed-through, blur."""


def crop_digit(amount: Frame, mask: Frame) -> NDArray[np.float32] | None:
    """Crop the ink under a mask to 28x28.

    Parameters
    ----------
    amount : uint8 (h, w), ink of the candidate's box and some room around it.
    mask : uint8 (h, w), 255 on the candidate's own pixels.

    Returns
    -------
    float32 (28, 28), paper 0, ink 1; None where no ink is left.
    """
    soft = _normalise(amount, mask)
    box = _bounds(soft)
    if box is None:
        return None
    thickness = stroke_width(soft)
    longest = max(box[2] - box[0], box[3] - box[1])
    grow = min(THICKEST_GROWTH, round((THINNEST * longest / BOX_SIDE - thickness) / 2))
    if grow > 0:
        soft = thicken(soft, grow)
        box = box[0], box[1], box[2] + 2 * grow, box[3] + 2 * grow
    digit = np.ascontiguousarray(soft[box[1] : box[3], box[0] : box[2]])
    return _centred(Image.fromarray(digit))


def stroke_width(soft: Frame) -> float:
    """Mean width of the strokes, in pixels: area over half the outline.

    An outline counted in pixel edges is 4/pi times its length, averaged over directions.
    """
    inside: Frame = soft & np.uint8(128)
    area = int(np.count_nonzero(inside))
    edges = outline(inside)
    return 2.0 * (4.0 / np.pi) * area / edges if edges else float(min(soft.shape))


def _normalise(amount: Frame, mask: Frame) -> Frame:
    """Ink on the mask and one pixel around it, stretched so that the stroke's core is 255."""
    full = max(1, quantile(counted(amount, mask), 0.75))
    soft: Frame = _stretched(full).take(amount) & spread(mask, 1)
    return soft


@cache
def _stretched(full: int) -> Frame:
    """Table of stretched ink, uint8 (256,), for a stroke whose core is as dark as ``full``."""
    low = SOFT_FLOOR * full
    gain = 255.0 / (full - low)
    table: Frame = np.clip((np.arange(256) - low) * gain, 0, 255).astype(np.uint8)
    return table


def _bounds(soft: Frame) -> tuple[int, int, int, int] | None:
    """Box (left, top, right, bottom) of the solid ink; None without any."""
    rows = (soft.max(axis=1) > 100).nonzero()[0]
    columns = (soft.max(axis=0) > 100).nonzero()[0]
    if rows.size == 0:
        return None
    return int(columns[0]), int(rows[0]), int(columns[-1]) + 1, int(rows[-1]) + 1


def _centred(digit: Image.Image) -> NDArray[np.float32]:
    """Shrink to the 20x20 box, and put the centre of mass in the middle of 28x28."""
    scale = BOX_SIDE / max(digit.size)
    size = (max(1, round(digit.width * scale)), max(1, round(digit.height * scale)))
    small = np.asarray(_resized(digit, size), dtype=np.float32) / 255.0
    total = float(small.sum())
    height, width = small.shape
    x = float((small.sum(axis=0) * np.arange(width)).sum()) / total if total else width / 2
    y = float((small.sum(axis=1) * np.arange(height)).sum()) / total if total else height / 2
    middle = (SIDE - 1) / 2
    left = min(max(round(middle - x), 0), SIDE - width)
    top = min(max(round(middle - y), 0), SIDE - height)
    out = np.zeros((SIDE, SIDE), dtype=np.float32)
    out[top : top + height, left : left + width] = small
    return out


def _resized(digit: Image.Image, size: tuple[int, int]) -> Image.Image:
    """The digit resized one axis after the other, which gives the same greys with any Pillow.

    Pillow itself resizes the width first, and from version 13 on the height of tall images; the
    two orders differ by one grey value in one pixel of a hundred.
    """
    shrunk = digit.width - size[0], digit.height - size[1]
    tall = shrunk[1] > max(0, 2 * shrunk[0])
    first = (digit.width, size[1]) if tall else (size[0], digit.height)
    return digit.resize(first, Image.Resampling.BILINEAR).resize(
        size, Image.Resampling.BILINEAR
    )
