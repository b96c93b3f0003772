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

Frame = NDArray[np.uint8]
Ints = NDArray[np.int32]
Lines = Ints
"""(n, 2): columns, in half pixels, at which lines enter a frame and leave it, downwards."""

STEEPEST = 0.18
"""Slope of a printed line against the frame at most: ten degrees."""

SHORTEST = 0.35
"""A line within the frame is at least this share of it long: less is cut off at a corner."""

CROSSING = 0.86
"""Share of a line, from side to side, that is inked."""

ENDS = 0.05
"""The outermost parts of a line, a share of it each, of which ..."""

AT_ENDS = 0.7
"""... so much is inked: a long stroke of a digit stops short of the sides."""

THICKEST = 0.05
"""Width of a printed line as a share of the frame's longer side; a marker is wider."""

ASIDE = 0.5
"""Beside a line the ink is at most this share of its own."""

ASTRAY = 2
"""Pixels by which a way may miss its line: slopes are tried in steps."""

SAME = 0.8
"""Ways that share so much are one line."""

RIM = 0.15
"""... and its soft rim goes on to this share."""

DARKER = 1.5
"""Ink this many times as dark as the line that it crosses is writing."""

ABOUT = 4
"""Radius, in half pixels, of what is about a pixel."""

CONTRAST = 0.35
"""Least difference from what is about, in that ink which is surely not the paper's grain:
a hundred pixels in a row average the grain."""


def without_rules(amount: Frame, level: int) -> Frame | None:
    """The ink without printed lines; None where there are none.

    ``amount`` : uint8 (h, w) ink. ``level`` : least ink that is not the paper's grain.
    """
    height, width = (side // 2 * 2 for side in amount.shape)
    half = Image.fromarray(amount[:height, :width]).reduce(2)
    about = np.asarray(half.filter(ImageFilter.BoxBlur(ABOUT)), np.int16)
    standing_out = np.asarray(half, np.int16) - about >= max(2, round(CONTRAST * level))
    down = _lines_down(standing_out)
    across = _lines_down(standing_out.T)
    if not len(down) and not len(across):
        return None
    printed = np.maximum(_ink_of(down, amount), _ink_of(across, amount.T).T)
    if not printed.any():
        return None
    return np.where(amount <= printed, 0, amount).astype(np.uint8)


def _lines_down(inked: NDArray[np.bool_]) -> Lines:
    """Ways that lead from side to side of a mask, downwards, and are inked."""
    height, width = inked.shape
    # A way may be a pixel off, for neither is the line quite straight nor the slope its own.
    wider = inked.copy()
    wider[:, 1:] |= inked[:, :-1]
    wider[:, :-1] |= inked[:, 1:]
    rows, columns = (each.astype(np.int32) for each in np.nonzero(wider))
    reach = round(STEEPEST * height)
    count = width + 2 * reach
    outer = max(2, round(ENDS * height))
    top, bottom = rows < outer, rows >= height - outer
    found = []
    for drift in range(-reach, reach + 1, 2):
        # Of a line that leaves the frame by its side, only what is inside counts.
        shift = reach - (np.arange(height, dtype=np.int32) * drift) // height
        place = columns + shift[rows]
        enter = np.bincount(shift, minlength=count + 1)
        leave = np.bincount(shift + width, minlength=count + 1)
        inside = np.cumsum(enter - leave)[:count]
        votes = np.bincount(place, minlength=count)
        full = (votes >= CROSSING * inside) & (inside >= SHORTEST * height)
        if not full.any():
            continue
        for end in (top, bottom):
            part = np.bincount(place[end], minlength=count)
            full &= (part >= AT_ENDS * outer) | (inside < height)
        start = np.flatnonzero(full).astype(np.int32) - reach
        found.append(np.stack([start, start + drift], axis=1))
    return np.concatenate(found) if found else np.zeros((0, 2), np.int32)


def _ink_of(lines: Lines, amount: Frame) -> Frame:
    """For every pixel on a thin line the ink up to which it is the line's own; 0 elsewhere."""
    height, width = amount.shape
    out = np.zeros((height, width), np.uint8)
    if not len(lines):
        return out
    row = np.arange(height, dtype=np.int32)
    some = row[:: max(1, height // 40)]
    drift = (lines[:, 1:] - lines[:, :1]) * (some // 2) // max(1, height // 2)
    widest = max(4, round(THICKEST * max(amount.shape)))
    for way in 2 * (lines[:, :1] + drift):
        within = (way >= 0) & (way < width)
        rows, columns = some[within], way[within]
        if np.count_nonzero(out[rows, columns]) > SAME * len(rows):
            continue
        slope, start = _fitted(amount, rows, columns)
        line = np.rint(start + slope * row).astype(np.int32)
        own, left, right = _profile(amount, some, line[some], widest)
        if not own:
            continue
        value = min(255, round(DARKER * own))
        for aside in range(left, right + 1):
            inside = (line >= -aside) & (line < width - aside)
            there = row[inside], line[inside] + aside
            out[there] = np.maximum(out[there], value)
    return out


def _fitted(amount: Frame, rows: Ints, way: Ints) -> tuple[float, float]:
    """Slope and start of the straight line through the darkest pixels about a way."""
    aside = np.arange(-ASTRAY, ASTRAY + 2, dtype=np.int32)
    columns = np.clip(way[:, None] + aside, 0, amount.shape[1] - 1)
    ink = amount[rows[:, None], columns].astype(np.float32)
    ink -= ink.min(axis=1, keepdims=True)
    # A pen's stroke that crosses the line has no say in where it is.
    ink = np.minimum(ink, np.median(ink.max(axis=1)))
    place = way + (ink @ aside.astype(np.float32)) / np.maximum(ink.sum(axis=1), 1)
    middle = rows.mean()
    slope = float(((rows - middle) * place).sum() / ((rows - middle) ** 2).sum())
    return slope, float(place.mean() - slope * middle)


def _profile(amount: Frame, rows: Ints, line: Ints, widest: int) -> tuple[int, int, int]:
    """A line's ink, 0 if it is not thin, and the pixels beside its middle that it covers."""
    width = amount.shape[1]
    within = (line >= 0) & (line < width)
    if not within.any():
        return 0, 0, 0
    aside = np.arange(-widest, widest + 1, dtype=np.int32)
    columns = np.clip(line[within, None] + aside, 0, width - 1)
    across = np.sort(amount[rows[within, None], columns], axis=0)[np.count_nonzero(within) // 2]
    own = int(across[widest - 1 : widest + 2].max())
    left, right = _reach(across <= ASIDE * own, widest)
    if right - left > widest:
        return 0, 0, 0
    soft = _reach(across <= RIM * own, widest)
    return own, max(soft[0], left - ASTRAY), min(soft[1], right + ASTRAY)


def _reach(bare: NDArray[np.bool_], widest: int) -> tuple[int, int]:
    """The bare places next to the middle, on its left and right."""
    beside = np.flatnonzero(bare) - widest
    left, right = beside[beside < 0], beside[beside > 0]
    return (
        int(left[-1]) if len(left) else -widest - 1,
        int(right[0]) if len(right) else widest + 1,
    )
