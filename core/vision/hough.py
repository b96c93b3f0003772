"""Near-vertical straight lines across the frame (Hough transform), found from column sums.

Every line within STEEPEST of upright is scored by its inked pixels (Hough, "Method and means
for recognizing complex patterns", US patent 3,069,654, 1962). A near-vertical line runs down
one column, steps aside, runs down the next one. Sums along all columns, made once, give the
count of each run by one subtraction, so the cost does not depend on how much ink there is.

A line is named by its columns in the top and the bottom row; their difference is its drift.
Lines of one drift are parallel, and are scored together.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise
from math import ceil

import numpy as np
from numpy.typing import NDArray

Lines = NDArray[np.int32]
"""(n, 2): columns, in pixels of the mask, of each line in the top and below the bottom row."""

STEEPEST_LINE = 0.18
"""Largest slope of a printed line against upright: ten degrees."""

SHORTEST = 0.35
"""A line has at least this share of the mask's height inside the mask: less cuts a corner."""

CROSSING = 0.86
"""A line is inked along at least this share of its length inside the mask."""

ENDS = 0.05
"""Each end of a line, as a share of the mask's height: ..."""

AT_ENDS = 0.7
"""... at least this share of it is inked. A digit's long stroke stops short of the sides."""

STEP = 4
"""Difference between the drifts tried, in pixels: a line is missed by one at either end."""

APART = 3
"""Lines no more than this many pixels apart at either end are the same printed line."""

NEVER = 2**15 - 1
"""Required count for lines that are too short: more than any line has pixels."""


def lines_down(inked: NDArray[np.bool_]) -> Lines:
    """The lines inked from top to bottom of a mask (h, w), one for each printed line."""
    # One pixel wider: neither is a printed line quite straight nor its slope one of ours.
    bits = np.ascontiguousarray(inked).view(np.uint8)
    wider = bits.copy()
    wider[:, 1:] |= bits[:, :-1]
    wider[:, :-1] |= bits[:, 1:]
    height, width = inked.shape
    end = max(2, round(ENDS * height))
    summed = np.zeros((height + 1, width), np.int16)
    np.cumsum(wider, axis=0, dtype=np.int16, out=summed[1:])
    found, scores = [], []
    candidates = candidate_lines(height, width)
    counts = candidates.count(summed)
    ends = [np.nonzero(wider[:end]), np.nonzero(wider[height - end :])]
    ends[1] = ends[1][0] + (height - end), ends[1][1]
    for number in np.flatnonzero((counts >= candidates.required).any(axis=1)):
        parallel, count = candidates.parallels[number], counts[number]
        full = count >= candidates.required[number]
        for rows, columns in ends:
            line = columns + (parallel.shift - parallel.first)[rows]
            at_end = np.bincount(line, minlength=len(count))
            full &= (at_end >= ceil(AT_ENDS * end)) | (parallel.inside < height)
        which = np.flatnonzero(full)
        # The middle of a printed line scores above its rim, beside which the paper is bare.
        beside = np.pad(count, 1)
        score = (beside[which] + 2 * count[which] + beside[which + 2]) / parallel.inside[which]
        top = which + (parallel.first - parallel.lead)
        found.append(np.stack([top, top + parallel.drift], axis=1))
        scores.append(score)
    if not found:
        return np.zeros((0, 2), np.int32)
    return _distinct(np.concatenate(scores), np.concatenate(found).astype(np.int32))


@dataclass(frozen=True)
class Parallels:
    """All lines of one drift, numbered from left to right.

    ``drift`` : columns to the right from top to bottom. ``shift`` : intp (h,), the number, plus
    ``first``, of the line through column 0 of each row. ``first`` : subtracted from numbers so
    that the leftmost line inside the mask is 0. ``lead`` : number, plus ``first``, of the line
    that begins in column 0. ``inside`` : intp (lines,), pixels of each line inside the mask.
    """

    drift: int
    lead: int
    shift: NDArray[np.intp]
    first: int
    inside: NDArray[np.intp]


@dataclass(frozen=True)
class CandidateLines:
    """All lines through a mask of one size.

    ``parallels`` : one for each drift. ``required`` : int16 (drifts, lines), inked pixels that
    a line must have. The runs, rows within which the lines of a drift keep to one column, have
    one entry each in: ``above``, ``below`` (first row, row after the last), ``which`` (number
    of the drift), ``step`` (columns to the left since the first run).
    """

    parallels: list[Parallels]
    required: NDArray[np.int16]
    above: NDArray[np.intp]
    below: NDArray[np.intp]
    which: NDArray[np.intp]
    step: NDArray[np.intp]

    def count(self, summed: NDArray[np.int16]) -> NDArray[np.int16]:
        """Inked pixels of each line, int16 (drifts, lines).

        ``summed`` : int16 (h + 1, w), row r has the sums of each column's first r pixels.
        """
        count, across = self.required.shape
        width = summed.shape[1]
        steps = across - width + 1
        # Written in rows of one more column than they are read in, row k moves k to the right.
        skewed = np.zeros((count, steps, across + 1), np.int16)
        skewed[self.which, self.step, :width] = summed[self.below] - summed[self.above]
        moved = skewed.reshape(count, -1)[:, : steps * across].reshape(count, steps, across)
        counts: NDArray[np.int16] = np.add.reduce(moved, axis=1, dtype=np.int16)
        return counts


@lru_cache(maxsize=8)
def candidate_lines(height: int, width: int) -> CandidateLines:
    """The lines within STEEPEST_LINE of upright through a mask of this size."""
    reach = round(STEEPEST_LINE * height / STEP) * STEP
    lead = reach + 1
    across = width + reach
    parallels, runs = [], []
    for number, drift in enumerate(range(-reach, reach + 1, STEP)):
        shift = lead - np.arange(height, dtype=np.intp) * drift // height
        first = int(min(shift[0], shift[-1]))
        # Of a line that leaves the mask by its side, only what is inside counts.
        begins, ends = (
            np.bincount(at - first, minlength=across + 1) for at in (shift, shift + width)
        )
        inside = np.cumsum(begins - ends)[:across]
        parallels.append(Parallels(drift, lead, shift, first, inside))
        starts = np.flatnonzero(np.diff(shift, prepend=-1, append=-1))
        for above, below in pairwise(starts):
            runs.append((above, below, number, shift[above] - first))
    insides = np.array([each.inside for each in parallels])
    required = np.where(insides >= SHORTEST * height, np.ceil(CROSSING * insides), NEVER)
    columns = np.array(runs, np.intp).T
    return CandidateLines(parallels, required.astype(np.int16), *columns)


def _distinct(scores: NDArray[np.floating], found: Lines) -> Lines:
    """The lines that no line of a higher score runs along."""
    found = found[np.argsort(-scores, kind="stable")]
    kept = []
    while len(found):
        kept.append(found[0])
        top, bottom = np.abs(found - found[0]).T
        found = found[(np.maximum(top, bottom) > APART) | (top + bottom > 2 * APART)]
    return np.array(kept, dtype=np.int32)
