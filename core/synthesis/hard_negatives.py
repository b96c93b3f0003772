"""Hard negatives: 28x28 pictures made of digits that are no digits any more."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from core.synthesis.style import between

Float = NDArray[np.float32]


def make_hard_negatives(
    images: NDArray[np.generic], labels: NDArray[np.generic], rng: np.random.Generator
) -> Float:
    """One negative from each of a batch of digits.

    images: (n, 28, 28) uint8 or float 0..1, unchanged; labels: (n,), what they show, since half
    a 1 is a 1 and the upper half of a 9 is a 0. Returns float32 (n, 28, 28), 0..1: a half, two
    laid over each other, or two side by side, centred and enlarged as digitising would do.
    """
    ink = np.asarray(images, np.float32)
    if np.asarray(images).dtype == np.uint8:
        ink = ink * np.float32(1 / 255)
    partner = rng.integers(0, len(ink), len(ink))
    out = np.empty_like(ink)
    for index, image in enumerate(ink):
        other = ink[partner[index]]
        piece: Float | None = None
        choice = rng.random()
        if choice < 0.5:
            piece = _half(rng, image, int(labels[index]))
        if piece is None and choice < 0.8 and 1 not in (labels[index], labels[partner[index]]):
            piece = _overlaid(rng, image, other)
        out[index] = _framed(_side_by_side(rng, image, other) if piece is None else piece)
    return out


HALVES = {"top": "05", "bottom": "0235", "left": "025", "right": "0256"}
"""Halves that nobody reads as a digit: the side that is kept, and the digits it is of."""


def _half(rng: np.random.Generator, image: Float, label: int) -> Float | None:
    """One of HALVES of a digit; None where there is none, or only a bare stroke."""
    sides = [side for side, digits in HALVES.items() if str(label) in digits]
    rows = np.nonzero((image > 0.3).any(axis=1))[0]
    columns = np.nonzero((image > 0.3).any(axis=0))[0]
    if not sides or len(rows) < 6 or len(columns) < 6:
        return None
    side = sides[int(rng.integers(0, len(sides)))]
    share = between(rng, 0.36, 0.48)
    part = image.copy()
    row = round(rows[0] + share * len(rows))
    column = round(columns[0] + share * len(columns))
    if side == "top":
        part[row:] = 0
    elif side == "bottom":
        part[: rows[0] + rows[-1] - row] = 0
    elif side == "left":
        part[:, column:] = 0
    else:
        part[:, : columns[0] + columns[-1] - column] = 0
    high = int((part > 0.3).any(axis=1).sum())
    wide = int((part > 0.3).any(axis=0).sum())
    return part if high and wide > 0.38 * high else None


def _overlaid(rng: np.random.Generator, image: Float, other: Float) -> Float | None:
    """Two digits in one place, one of them turned; None if one hides the other."""
    turned = np.roll(np.rot90(other, int(rng.integers(1, 4))), int(rng.integers(-5, 6)), axis=1)
    both = np.maximum(image, turned)
    return both if both.sum() > 1.35 * max(image.sum(), turned.sum()) else None


def _side_by_side(rng: np.random.Generator, image: Float, other: Float) -> Float:
    wide = np.zeros((28, 56), np.float32)
    gap = int(rng.integers(13, 22))
    wide[:, :28] = image
    wide[:, gap : gap + 28] = np.maximum(wide[:, gap : gap + 28], other)
    return wide


def _framed(part: Float) -> Float:
    """The ink enlarged to 20 pixels and its middle put to the middle: (28, 28) float32."""
    result = np.zeros((28, 28), np.float32)
    rows = np.nonzero((part > 0.2).any(axis=1))[0]
    columns = np.nonzero((part > 0.2).any(axis=0))[0]
    if not len(rows):
        return result
    piece = part[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]
    scale = 20 / max(piece.shape)
    width = max(1, round(piece.shape[1] * scale))
    height = max(1, round(piece.shape[0] * scale))
    large = Image.fromarray((piece * 255).astype(np.uint8)).resize(
        (width, height), Image.Resampling.BILINEAR
    )
    top, left = (28 - height) // 2, (28 - width) // 2
    result[top : top + height, left : left + width] = np.asarray(
        large, np.float32
    ) / np.float32(255)
    return result
