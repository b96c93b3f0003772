"""Ruled and squared paper: the printed lines are taken out of the ink.

A printed line is straight, thin, and goes on from one side of the frame to another; no
digit's stroke does. Every straight way through the frame within some degrees of level and
of upright is asked how much of it is darker than what is about it (the transform of Hough
1962, on ink reduced to half its size), so the paper may be held askew and its lines need
not be parallel.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise

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

STEP = 4
"""Drifts tried, in half pixels: a way misses its line by one at either end."""

ASTRAY = 4
"""Pixels by which a way may miss its line."""

APART = 3
"""Half pixels at either end within which two ways are on one line."""

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

NEVER = 2**15 - 1
"""More inked pixels than a way has."""

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
    down = _printed(_lines_down(standing_out), amount)
    across = _printed(_lines_down(standing_out.T), amount.T)
    if down is None and across is None:
        return None
    plain = amount if down is None else amount & _darker(amount, down)
    return plain if across is None else plain & _darker(amount, across.T)


def _darker(amount: Frame, than: Frame) -> Frame:
    """255 where ink is darker than other ink, else 0."""
    darker = np.greater(amount, than).view(np.uint8)
    return np.negative(darker, out=darker)


def _lines_down(inked: NDArray[np.bool_]) -> Lines:
    """Ways that lead from side to side of a mask, downwards, and are inked; one a line."""
    # A way may be a pixel off, for neither is the line quite straight nor the slope its own.
    bits = np.ascontiguousarray(inked).view(np.uint8)
    wider = bits.copy()
    wider[:, 1:] |= bits[:, :-1]
    wider[:, :-1] |= bits[:, 1:]
    height, width = inked.shape
    outer = max(2, round(ENDS * height))
    summed = np.zeros((height + 1, width), np.int16)
    np.cumsum(wider, axis=0, dtype=np.int16, out=summed[1:])
    found = []
    ways = _ways(height, width)
    every = ways.votes(summed)
    for number in np.flatnonzero((every >= ways.enough).any(axis=1)):
        way, votes = ways.ways[number], every[number]
        full = votes >= ways.enough[number]
        for end in (slice(outer), slice(height - outer, height)):
            rows, columns = np.nonzero(wider[end])
            place = columns + (way.shift[end][rows] - way.least)
            part = np.bincount(place, minlength=len(votes))
            full &= (part >= AT_ENDS * outer) | (way.inside < height)
        which = np.flatnonzero(full)
        # The middle of a line is better than its rim, where the way beside it is bare.
        beside = np.pad(votes, 1)
        best = (beside[which] + 2 * votes[which] + beside[which + 2]) / way.inside[which]
        enter = which + (way.least - way.lead)
        found.append(np.stack([best, enter, enter + way.drift], axis=1))
    return _distinct(np.concatenate(found)) if found else np.zeros((0, 2), np.int32)


@dataclass(frozen=True)
class _Way:
    """Ways through a frame that all lead to the right by ``drift`` on their way down.

    ``shift`` : (height,), which way a row's first pixel is on, of which ``lead`` begin left of
    the frame; ``least`` : the first one that has a pixel in the frame, and that is counted
    from. ``inside`` : for each its pixels that lie in the frame.
    """

    drift: int
    lead: int
    shift: NDArray[np.intp]
    least: int
    inside: NDArray[np.intp]


@dataclass(frozen=True)
class _Ways:
    """All ways through a frame.

    ``enough`` : (drifts, ways), how many pixels of each must be inked. ``above``, ``below`` :
    from which row to which a drift's ways keep to one column, one after the other from left to
    right; ``which``, ``step`` : the drift, and the how many-th of its columns.
    """

    ways: list[_Way]
    enough: NDArray[np.int16]
    above: NDArray[np.intp]
    below: NDArray[np.intp]
    which: NDArray[np.intp]
    step: NDArray[np.intp]

    def votes(self, summed: NDArray[np.int16]) -> NDArray[np.int16]:
        """How many of each way's pixels are inked; ``summed`` : of how many rows above."""
        count, across = self.enough.shape
        width = summed.shape[1]
        steps = across - width + 1
        # Rows that are one longer than they are read back as move by one each.
        skewed = np.zeros((count, steps, across + 1), np.int16)
        skewed[self.which, self.step, :width] = summed[self.below] - summed[self.above]
        moved = skewed.reshape(count, -1)[:, : steps * across].reshape(count, steps, across)
        votes: NDArray[np.int16] = np.add.reduce(moved, axis=1, dtype=np.int16)
        return votes


@lru_cache(maxsize=8)
def _ways(height: int, width: int) -> _Ways:
    reach = round(STEEPEST * height / STEP) * STEP
    lead = reach + 1
    across = width + reach
    ways, parts = [], []
    for number, drift in enumerate(range(-reach, reach + 1, STEP)):
        shift = lead - np.arange(height, dtype=np.intp) * drift // height
        least = int(min(shift[0], shift[-1]))
        # Of a line that leaves the frame by its side, only what is inside counts.
        begins, ends = (
            np.bincount(at - least, minlength=across + 1) for at in (shift, shift + width)
        )
        inside = np.cumsum(begins - ends)[:across]
        ways.append(_Way(drift, lead, shift, least, inside))
        starts = np.flatnonzero(np.diff(shift, prepend=-1, append=-1))
        for above, below in pairwise(starts):
            parts.append((above, below, number, shift[above] - least))
    insides = np.array([way.inside for way in ways])
    enough = np.where(insides >= SHORTEST * height, np.ceil(CROSSING * insides), NEVER)
    columns = np.array(parts, np.intp).T
    return _Ways(ways, enough.astype(np.int16), *columns)


def _distinct(found: NDArray[np.floating]) -> Lines:
    """Of ways (how good, enters, leaves) those that no better one runs along."""
    found = found[np.argsort(-found[:, 0], kind="stable"), 1:]
    kept = []
    while len(found):
        kept.append(found[0])
        away = np.abs(found - found[0])
        found = found[(away.max(axis=1) > APART) | (away.sum(axis=1) > 2 * APART)]
    return np.array(kept, dtype=np.int32)


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
    room = int(height * 2 * STEEPEST) + 2 * widest
    out = np.zeros((height, width + 2 * room), np.uint8)
    every = np.arange(height, dtype=np.int32)
    for number in thin:
        middle = np.rint(start[number] + slope[number] * every).astype(np.int32) + room
        aside = np.arange(left[number], right[number] + 1, dtype=np.int32)
        there = every[:, None], np.clip(middle[:, None] + aside, 0, width + 2 * room - 1)
        value = min(255, round(DARKER * float(own[number])))
        out[there] = np.maximum(out[there], value)
    return out[:, room : room + width]


def _fitted(
    amount: Frame, rows: Ints, ways: NDArray[np.floating]
) -> tuple[NDArray[np.floating], NDArray[np.floating]]:
    """Start and slope, each (n, 1), of the straight lines through the ink about n ways."""
    aside = np.arange(-ASTRAY, ASTRAY + 1, dtype=np.int32)
    near = np.rint(ways).astype(np.int32)
    ink = _beside(amount, rows, near, aside).astype(np.float32)
    ink -= ink.min(axis=2, keepdims=True)
    # A pen's stroke that crosses the line has no say in where it is.
    usual = np.median(ink.max(axis=2), axis=1)[:, None, None]
    ink = np.minimum(ink, usual)
    weight = ink.sum(axis=2) * ((near >= 0) & (near < amount.shape[1])) + 1e-3
    place = near + (ink * aside).sum(axis=2) / (ink.sum(axis=2) + 1e-3)
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
    beside: Frame = amount[rows[:, None], columns]
    return beside


def _reach(bare: NDArray[np.bool_], widest: int) -> tuple[Ints, Ints]:
    """The bare places next to the middle of each profile, left and right of it."""
    closest_left = bare[:, :widest][:, ::-1].argmax(axis=1) + 1
    closest_right = bare[:, widest + 1 :].argmax(axis=1) + 1
    # Where nothing is bare, argmax says 0: beyond what was looked at.
    closest_left[~bare[:, :widest].any(axis=1)] = widest + 1
    closest_right[~bare[:, widest + 1 :].any(axis=1)] = widest + 1
    return (-closest_left).astype(np.int32), closest_right.astype(np.int32)
