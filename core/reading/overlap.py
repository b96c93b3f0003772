"""Candidates by where they are: looks at the same writing, and pieces of a larger one."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from core.classes import DIGITS
from core.vision.proposals import Box

Float = NDArray[np.float32]

SAME_PLACE = 0.8
"""Candidates whose boxes overlap by this share are readings of the same writing."""

PIECE = 0.85
"""A candidate of which this share lies in a larger one's box is a piece of it."""


class Overlaps:
    """How boxes lie to each other.

    ``alike`` : bool (n, n), the two are looks at the same writing; ``piece`` : bool (n, n),
    the first is a piece of the second.
    """

    def __init__(self, boxes: Sequence[Box], same_place: float = SAME_PLACE) -> None:
        left, top, right, bottom = np.array(boxes, dtype=np.float32).T[:, :, None]
        width = np.minimum(right, right.T) - np.maximum(left, left.T)
        height = np.minimum(bottom, bottom.T) - np.maximum(top, top.T)
        shared = np.maximum(width, 0) * np.maximum(height, 0)
        area = (right - left) * (bottom - top)
        self.alike = shared >= same_place * (area + area.T - shared)
        self.piece = (shared >= PIECE * area) & ~self.alike

    def merged(self, shares: Float, quality: Float) -> Float:
        """What each is taken for when those in its place have their say: (n, classes).

        Squared shares are averaged, so that one sure look outvotes two vague ones.
        """
        weights = self.alike * quality
        merged = np.sqrt(weights @ shares**2 / weights.sum(axis=1, keepdims=True))
        return np.asarray(merged / merged.sum(axis=1, keepdims=True), dtype=np.float32)

    def objections(self, merged: Float, quality: Float) -> Float:
        """How good another digit each is a piece of, (n,): the stem of a 4 is no 1.

        A whole that reads the same is no objection: it is this digit and something else.
        """
        guesses = merged[:, :DIGITS].argmax(axis=1)
        other = self.piece & (guesses[:, None] != guesses)
        worth = quality * merged[:, :DIGITS].max(axis=1)
        return np.asarray((other * worth).max(axis=1), dtype=np.float32)
