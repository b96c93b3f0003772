"""Ruled and squared paper: the printed lines are taken out of the ink."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from core.components import find_components
from core.morphology import open_along_columns, running_maximum

Frame = NDArray[np.uint8]

SHARE = 0.4
"""A printed line runs straight for this share of the frame; no digit's stroke does."""

CROSSING = 0.9
"""... and goes on from side to side, but for a gap where something lies on the page."""

THICKEST = 0.05
"""Width of a printed line as a share of the frame's longer side; a marker is wider."""

SLACK = 3
"""Rows by which it may drift over that run: a page is never held quite level."""

DARKER = 1.5
"""Ink this many times as dark as the line that it crosses is writing."""

LEAST_COVER = 0.004
"""Share of the frame that lines must cover to be worth a second look."""


def without_rules(amount: Frame, level: int) -> Frame | None:
    """The ink without printed lines; None where there are none.

    ``amount`` : uint8 (h, w) ink. ``level`` : least ink that is not the paper's grain.
    """
    lines = np.maximum(_lines(amount.T, level).T, _lines(amount, level))
    printed = (lines >= level) & (amount >= level)
    if np.count_nonzero(printed) < LEAST_COVER * amount.size:
        return None
    threshold = np.minimum(lines.astype(np.int32) * round(DARKER * 16) >> 4, 255)
    return np.where(printed & (amount <= threshold), 0, amount).astype(np.uint8)


def _lines(amount: Frame, level: int) -> Frame:
    """Ink of the lines that cross the frame downwards, as wide as they may drift."""
    height = len(amount)
    drift = running_maximum(np.pad(amount, ((0, 0), (SLACK, SLACK))).T, 2 * SLACK + 1).T
    straight = open_along_columns(drift, max(3, round(SHARE * height)))
    found = find_components(straight >= level)
    length = found.bottom - found.top
    # The drift made each line wider by twice the slack, and only then is it thin.
    thin = found.area <= length * (2 * SLACK + THICKEST * max(amount.shape))
    crossing = np.flatnonzero((length >= CROSSING * height) & thin)
    return straight & found.mask(crossing, (0, 0, amount.shape[1], height))
