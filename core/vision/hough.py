"""Straight ways through a frame, from side to side, and those of them that are inked.

Every way within some degrees of upright is counted (the transform of Hough 1962): along one
column, a step aside, along the next one. Rows are summed up once for all of them, so what it
costs does not depend on how much ink there is.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise
from math import ceil

import numpy as np
from numpy.typing import NDArray

Lines = NDArray[np.int32]
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

STEP = 4
"""Drifts tried, in half pixels: a way misses its line by one at either end."""

APART = 3
"""Half pixels at either end within which two ways are on one line."""

NEVER = 2**15 - 1
"""More inked pixels than a way has."""


def lines_down(inked: NDArray[np.bool_]) -> Lines:
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
    found, goods = [], []
    ways = _ways(height, width)
    every = ways.votes(summed)
    ends = [np.nonzero(wider[:outer]), np.nonzero(wider[height - outer :])]
    ends[1] = ends[1][0] + (height - outer), ends[1][1]
    for number in np.flatnonzero((every >= ways.enough).any(axis=1)):
        way, votes = ways.ways[number], every[number]
        full = votes >= ways.enough[number]
        for rows, columns in ends:
            place = columns + (way.shift - way.least)[rows]
            part = np.bincount(place, minlength=len(votes))
            full &= (part >= ceil(AT_ENDS * outer)) | (way.inside < height)
        which = np.flatnonzero(full)
        # The middle of a line is better than its rim, where the way beside it is bare.
        beside = np.pad(votes, 1)
        best = (beside[which] + 2 * votes[which] + beside[which + 2]) / way.inside[which]
        enter = which + (way.least - way.lead)
        found.append(np.stack([enter, enter + way.drift], axis=1))
        goods.append(best)
    if not found:
        return np.zeros((0, 2), np.int32)
    return _distinct(np.concatenate(goods), np.concatenate(found).astype(np.int32))


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


def _distinct(good: NDArray[np.floating], found: Lines) -> Lines:
    """Of ways, which are so good, those that no better one runs along."""
    found = found[np.argsort(-good, kind="stable")]
    kept = []
    while len(found):
        kept.append(found[0])
        enter, leave = np.abs(found - found[0]).T
        found = found[(np.maximum(enter, leave) > APART) | (enter + leave > 2 * APART)]
    return np.array(kept, dtype=np.int32)
