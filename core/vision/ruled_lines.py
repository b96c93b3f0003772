"""Removes the printed lines of ruled and squared paper from the ink.

A printed line is straight, thin, and goes on from one side of the frame to another; no digit's
stroke does. Lines within ten degrees of level and of upright are found (``hough``, on ink
reduced to half its size), fitted to a fraction of a pixel, and removed if they are thin. The
paper may be held askew, and its lines need not be parallel.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageFilter

from core.vision import Frame
from core.vision.hough import STEEPEST_LINE, Lines, lines_down

Int32 = NDArray[np.int32]

THICKEST = 0.05
"""A printed line is at most this wide, in the frame's longer side; a marker is wider."""

EDGE = 0.5
"""A line ends sideways where the ink falls to this share of the line's own."""

ASTRAY = 4
"""A line of the Hough transform is at most this many pixels off the printed one."""

SAMPLED_ROWS = 40
"""Rows, about, at which a line is measured."""

RIM = 0.15
"""A line's soft rim, removed with it, ends where the ink falls to this share of its own, ..."""

SOFT = 2
"""... or after this many pixels."""

DARKER = 1.5
"""Ink more than this many times as dark as the line that it crosses is writing, and stays."""

NEIGHBOURHOOD = 4
"""Radius, in pixels of the halved frame, over which a pixel's surroundings are averaged."""

CONTRAST = 0.35
"""Pixels of a line are darker than their surroundings by this share of the lowest threshold:
a hundred of them in a row average the paper's grain."""


def remove(amount: Frame, level: int) -> Frame | None:
    """The ink, uint8 (h, w), without printed lines; None where there are none.

    ``amount`` : uint8 (h, w) ink. ``level`` : lowest threshold, above the paper's grain.
    """
    amount = np.ascontiguousarray(amount)
    height, width = (side // 2 * 2 for side in amount.shape)
    half = Image.fromarray(amount[:height, :width]).reduce(2)
    surroundings = np.asarray(half.filter(ImageFilter.BoxBlur(NEIGHBOURHOOD)), np.int16)
    contrast = np.asarray(half, np.int16) - surroundings
    standing_out = contrast >= max(2, round(CONTRAST * level))
    down = _printed(lines_down(standing_out), amount)
    across = _printed(lines_down(standing_out.T), amount.T)
    if down is None and across is None:
        return None
    plain = amount if down is None else amount & _darker(amount, down)
    return plain if across is None else plain & _darker(amount, across.T)


def _darker(amount: Frame, than: Frame) -> Frame:
    """Mask, uint8 (h, w): 255 where ``amount`` is above ``than``, else 0."""
    darker = np.greater(amount, than).view(np.uint8)
    return np.negative(darker, out=darker)


def _printed(lines: Lines, amount: Frame) -> Frame | None:
    """Ink up to which each pixel belongs to a printed line: uint8 (h, w), 0 off the lines.

    None if no line is thin. ``lines`` : of the halved ``amount``, from top to bottom.
    """
    if not len(lines):
        return None
    height, width = amount.shape
    widest = max(4, round(THICKEST * max(height, width)))
    rows = np.arange(0, height, max(1, height // SAMPLED_ROWS), dtype=np.int32)
    enter, drift = 2.0 * lines[:, :1], 2.0 * (lines[:, 1:] - lines[:, :1])
    start, slope = _fitted(amount, rows, enter + drift * (rows / height))
    own, left, right = _profile(amount, rows, start + slope * rows, widest)
    thin = np.flatnonzero(own)
    if not len(thin):
        return None
    # Room at the sides, so that a line may run out of the frame.
    room = int(height * 2 * STEEPEST_LINE) + 2 * widest + 3
    out = np.zeros((height, width + 2 * room), np.uint8)
    every = np.arange(height, dtype=np.int32)
    middle = np.rint(start[thin] + slope[thin] * every).astype(np.int32) + room
    # Out here nothing is cut out at the end.
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
    amount: Frame, rows: Int32, lines: NDArray[np.floating]
) -> tuple[NDArray[np.floating], NDArray[np.floating]]:
    """Start and slope, float (n, 1) each, of straight lines fitted to the ink about ``lines``.

    ``lines`` : float (n, rows), the column of each line at each of ``rows``.
    """
    aside = np.arange(-ASTRAY, ASTRAY + 1, dtype=np.int32)
    near = np.rint(lines).astype(np.int32)
    beside = _beside(amount, rows, near, aside)
    beside -= beside.min(axis=2, keepdims=True)
    # Ink is capped at the median over the rows, so that a stroke that crosses the line does not
    # pull it aside. Twice the median, which is a whole number.
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
    amount: Frame, rows: Int32, lines: NDArray[np.floating], widest: int
) -> tuple[Int32, Int32, Int32]:
    """Ink of each line (0 if it is not thin), and its left and right end beside its middle.

    Each int32 (n,). ``lines`` : float (n, rows), as in :func:`_fitted`.
    """
    aside = np.arange(-widest, widest + 1, dtype=np.int32)
    middle = np.rint(lines).astype(np.int32)
    across = _beside(amount, rows, middle, aside)
    # The median over the rows in the frame: those outside are sorted to the end.
    inside = (middle >= 0) & (middle < amount.shape[1])
    across = np.sort(np.where(inside[:, :, None], across, 255), axis=1)
    across = across[np.arange(len(lines)), inside.sum(axis=1) // 2]
    own = across[:, widest - 1 : widest + 2].max(axis=1).astype(np.int32)
    left, right = _reach(across <= EDGE * own[:, None], widest)
    rim = _reach(across <= RIM * own[:, None], widest)
    own[right - left > widest] = 0
    return own, np.maximum(rim[0], left - SOFT), np.minimum(rim[1], right + SOFT)


def _beside(amount: Frame, rows: Int32, middle: Int32, aside: Int32) -> Frame:
    """The ink beside lines: uint8 (n, rows, len(aside)); edge pixels repeat outside."""
    columns = np.clip(middle[:, :, None] + aside, 0, amount.shape[1] - 1)
    # A frame on its side lies in memory as it was upright.
    down, across = amount.strides
    beside: Frame = amount.ravel(order="K").take(rows[:, None] * down + columns * across)
    return beside


def _reach(bare: NDArray[np.bool_], widest: int) -> tuple[Int32, Int32]:
    """Offsets, int32 (n,) each, of the first bare pixel left and right of a profile's middle.

    Where none is bare, one more than ``widest``.
    """
    closest_left = bare[:, :widest][:, ::-1].argmax(axis=1) + 1
    closest_right = bare[:, widest + 1 :].argmax(axis=1) + 1
    # Where nothing is bare, argmax gives 0.
    closest_left[~bare[:, :widest].any(axis=1)] = widest + 1
    closest_right[~bare[:, widest + 1 :].any(axis=1)] = widest + 1
    return (-closest_left).astype(np.int32), closest_right.astype(np.int32)
