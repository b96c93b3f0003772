"""Ruled and squared paper: the printed lines are taken out of the ink.

A printed line is straight, thin, and goes on from one side of the frame to another; no
digit's stroke does. Every straight way through the frame within some degrees of level and
of upright is asked how much of it is darker than what is about it (the transform of Hough
1962, on ink reduced to half its size), so the paper may be held askew and its lines need
not be parallel.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageFilter

from core.vision.hough import STEEPEST, Lines, lines_down

Frame = NDArray[np.uint8]
Ints = NDArray[np.int32]

THICKEST = 0.05
"""Width of a printed line as a share of the frame's longer side; a marker is wider."""

ASIDE = 0.5
"""Beside a line the ink is at most this share of its own."""

ASTRAY = 4
"""Pixels by which a way may miss its line."""

LOOKS = 40
"""Rows at which a line is looked at."""

RIM = 0.15
"""A line's soft rim goes on to this share of its ink, ..."""

SOFT = 2
"""... but for so many pixels at most."""

DARKER = 1.5
"""Ink this many times as dark as the line that it crosses is writing."""

ABOUT = 4
"""Radius, in half pixels, of what is about a pixel."""

CONTRAST = 0.35
"""Least difference from what is about, in that ink which is surely not the paper's grain:
a hundred pixels in a row average the grain."""


def remove(amount: Frame, level: int) -> Frame | None:
    """The ink without printed lines; None where there are none.

    ``amount`` : uint8 (h, w) ink. ``level`` : least ink that is not the paper's grain.
    """
    amount = np.ascontiguousarray(amount)
    height, width = (side // 2 * 2 for side in amount.shape)
    half = Image.fromarray(amount[:height, :width]).reduce(2)
    about = np.asarray(half.filter(ImageFilter.BoxBlur(ABOUT)), np.int16)
    standing_out = np.asarray(half, np.int16) - about >= max(2, round(CONTRAST * level))
    down = _printed(lines_down(standing_out), amount)
    across = _printed(lines_down(standing_out.T), amount.T)
    if down is None and across is None:
        return None
    plain = amount if down is None else amount & _darker(amount, down)
    return plain if across is None else plain & _darker(amount, across.T)


def _darker(amount: Frame, than: Frame) -> Frame:
    """255 where ink is darker than other ink, else 0."""
    darker = np.greater(amount, than).view(np.uint8)
    return np.negative(darker, out=darker)


def _printed(lines: Lines, amount: Frame) -> Frame | None:
    """For every pixel on a thin line the ink up to which it is the line's own; 0 elsewhere.

    None if no line is thin. ``lines`` run down ``amount``.
    """
    if not len(lines):
        return None
    height, width = amount.shape
    widest = max(4, round(THICKEST * max(height, width)))
    rows = np.arange(0, height, max(1, height // LOOKS), dtype=np.int32)
    enter, drift = 2.0 * lines[:, :1], 2.0 * (lines[:, 1:] - lines[:, :1])
    start, slope = _fitted(amount, rows, enter + drift * (rows / height))
    own, left, right = _profile(amount, rows, start + slope * rows, widest)
    thin = np.flatnonzero(own)
    if not len(thin):
        return None
    # Room at the sides, so that a line may run out of the frame.
    room = int(height * 2 * STEEPEST) + 2 * widest + 3
    out = np.zeros((height, width + 2 * room), np.uint8)
    every = np.arange(height, dtype=np.int32)
    middle = np.rint(start[thin] + slope[thin] * every).astype(np.int32) + room
    # What is so far out is not seen.
    middle = np.clip(middle, widest + 1, out.shape[1] - widest - 2)
    middle += every * out.shape[1]
    value = [min(255, round(DARKER * float(own[number]))) for number in thin]
    # The darkest last, over the others.
    for number in np.argsort(value, kind="stable"):
        line = thin[number]
        aside = np.arange(left[line], right[line] + 1, dtype=np.int32)
        out.ravel()[middle[number][:, None] + aside] = value[number]
    return out[:, room : room + width]


def _fitted(
    amount: Frame, rows: Ints, ways: NDArray[np.floating]
) -> tuple[NDArray[np.floating], NDArray[np.floating]]:
    """Start and slope, each (n, 1), of the straight lines through the ink about n ways."""
    aside = np.arange(-ASTRAY, ASTRAY + 1, dtype=np.int32)
    near = np.rint(ways).astype(np.int32)
    beside = _beside(amount, rows, near, aside)
    beside -= beside.min(axis=2, keepdims=True)
    # A pen's stroke that crosses the line has no say in where it is: of their darkest pixels
    # the median, twice as large so that it is whole.
    darkest = np.sort(beside.max(axis=2), axis=1).astype(np.int32)
    usual = darkest[:, (len(rows) - 1) // 2] + darkest[:, len(rows) // 2]
    twice = np.minimum(2 * beside.astype(np.int32), usual[:, None, None])
    inside = (near >= 0) & (near < amount.shape[1])
    ink = (twice.sum(axis=2, dtype=np.int32) / 2).astype(np.float32)
    weight = ink * inside + np.float32(1e-3)
    moment = (twice * aside).sum(axis=2, dtype=np.int32) / 2
    place = near + moment / (ink + np.float32(1e-3))
    total = weight.sum(axis=1, keepdims=True)
    middle = (weight * rows).sum(axis=1, keepdims=True) / total
    level = (weight * place).sum(axis=1, keepdims=True) / total
    slope = (weight * (rows - middle) * (place - level)).sum(axis=1, keepdims=True)
    slope /= (weight * (rows - middle) ** 2).sum(axis=1, keepdims=True)
    return level - slope * middle, slope


def _profile(
    amount: Frame, rows: Ints, lines: NDArray[np.floating], widest: int
) -> tuple[Ints, Ints, Ints]:
    """Of each line its ink, 0 if it is not thin, and what it covers left and right of it."""
    aside = np.arange(-widest, widest + 1, dtype=np.int32)
    middle = np.rint(lines).astype(np.int32)
    across = _beside(amount, rows, middle, aside)
    # The median over the rows in the frame: those outside are sorted to the end.
    inside = (middle >= 0) & (middle < amount.shape[1])
    across = np.sort(np.where(inside[:, :, None], across, 255), axis=1)
    across = across[np.arange(len(lines)), inside.sum(axis=1) // 2]
    own = across[:, widest - 1 : widest + 2].max(axis=1).astype(np.int32)
    left, right = _reach(across <= ASIDE * own[:, None], widest)
    rim = _reach(across <= RIM * own[:, None], widest)
    own[right - left > widest] = 0
    return own, np.maximum(rim[0], left - SOFT), np.minimum(rim[1], right + SOFT)


def _beside(amount: Frame, rows: Ints, middle: Ints, aside: Ints) -> Frame:
    """The ink beside lines: (n, rows, places aside); the frame's edges go on outside."""
    columns = np.clip(middle[:, :, None] + aside, 0, amount.shape[1] - 1)
    # A frame on its side lies in memory as it was upright.
    down, across = amount.strides
    beside: Frame = amount.ravel(order="K").take(rows[:, None] * down + columns * across)
    return beside


def _reach(bare: NDArray[np.bool_], widest: int) -> tuple[Ints, Ints]:
    """The bare places next to the middle of each profile, left and right of it."""
    closest_left = bare[:, :widest][:, ::-1].argmax(axis=1) + 1
    closest_right = bare[:, widest + 1 :].argmax(axis=1) + 1
    # Where nothing is bare, argmax says 0: beyond what was looked at.
    closest_left[~bare[:, :widest].any(axis=1)] = widest + 1
    closest_right[~bare[:, widest + 1 :].any(axis=1)] = widest + 1
    return (-closest_left).astype(np.int32), closest_right.astype(np.int32)
