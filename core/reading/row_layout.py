"""Puts the digits of a sheet in rows, also where the sheet is held askew."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from core.vision.digitise import Box

SAME_ROW = 0.55
"""A digit lower than the mean of a row by more than this share of the usual height begins the
next row."""

FARTHEST = 5.0
"""The next digit of a row is at most this many heights to the right."""

STEEPEST_ROW = 0.47
"""Largest slope of a row: 25 degrees."""


@dataclass(frozen=True)
class RowDigit:
    """One digit of a row. ``digit`` : None where the best ``guess`` is not trusted.

    ``confidence`` : 0..1, of the guess. ``box`` : in pixels of the frame.
    """

    digit: int | None
    confidence: float
    guess: int
    box: Box

    def __str__(self) -> str:
        return "?" if self.digit is None else str(self.digit)

    @property
    def height(self) -> int:
        """Pixels from top to bottom."""
        return self.box.bottom - self.box.top

    @property
    def middle(self) -> tuple[float, float]:
        """The middle of the box, (x, y)."""
        return (self.box.left + self.box.right) / 2, (self.box.top + self.box.bottom) / 2

    def level(self, slope: float) -> float:
        """Vertical position, in pixels, with the slope of the rows taken off."""
        x, y = self.middle
        return y - slope * x


Row = list[RowDigit]


def in_rows(digits: list[RowDigit]) -> list[Row]:
    """The digits in rows from top to bottom, each from left to right; no row is empty."""
    if not digits:
        return []
    slope = common_slope(digits)
    usual = float(np.median([each.height for each in digits]))
    rows: list[Row] = []
    for each in sorted(digits, key=lambda each: each.level(slope)):
        level = np.mean([other.level(slope) for other in rows[-1]]) if rows else -np.inf
        if each.level(slope) - level > SAME_ROW * usual:
            rows.append([])
        rows[-1].append(each)
    return [sorted(row, key=lambda each: each.middle) for row in rows]


def common_slope(digits: list[RowDigit]) -> float:
    """Slope of the rows, pixels down per pixel right: the median over neighbouring digits."""
    slopes = []
    for digit in digits:
        x, y = digit.middle
        steps = [(other.middle[0] - x, other.middle[1] - y) for other in digits]
        beside = [
            (dx, dy)
            for dx, dy in steps
            if 0 < dx < FARTHEST * digit.height and abs(dy) <= STEEPEST_ROW * dx
        ]
        if beside:
            dx, dy = min(beside)
            slopes.append(dy / dx)
    return float(np.median(slopes)) if slopes else 0.0
