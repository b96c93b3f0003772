"""How candidates overlap: the same writing at two thresholds, or a piece of a larger one."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from core.classes import DIGITS
from core.vision.proposals import Box

Float = NDArray[np.float32]

SAME_WRITING = 0.8
"""Two candidates are the same writing where the intersection of their boxes is at least this
share of the union."""

PIECE_OVERLAP = 0.85
"""A candidate is a piece of a larger one whose box has at least this share of its box."""


class Overlaps:
    """The overlaps of n boxes.

    ``alike`` : bool (n, n), the two show the same writing. ``piece`` : bool (n, n), the first
    is a piece of the second.
    """

    def __init__(self, boxes: Sequence[Box], same_writing: float = SAME_WRITING) -> None:
        left, top, right, bottom = np.array(boxes, dtype=np.float32).T[:, :, None]
        width = np.minimum(right, right.T) - np.maximum(left, left.T)
        height = np.minimum(bottom, bottom.T) - np.maximum(top, top.T)
        shared = np.maximum(width, 0) * np.maximum(height, 0)
        area = (right - left) * (bottom - top)
        self.alike = shared >= same_writing * (area + area.T - shared)
        self.piece = (shared >= PIECE_OVERLAP * area) & ~self.alike

    def merged(self, probabilities: Float, quality: Float) -> Float:
        """Probabilities averaged over the candidates that show the same writing: (n, classes).

        The squares are averaged, weighted by quality, so that one sure candidate outvotes two
        vague ones.
        """
        weights = self.alike * quality
        merged = np.sqrt(weights @ probabilities**2 / weights.sum(axis=1, keepdims=True))
        return np.asarray(merged / merged.sum(axis=1, keepdims=True), dtype=np.float32)

    def objections(self, merged: Float, quality: Float) -> Float:
        """How good another digit each candidate is a piece of: (n,), 0..1.

        The stem of a 4 is no 1. A larger candidate read as the same digit does not object: it
        is this digit with something else.
        """
        guesses = merged[:, :DIGITS].argmax(axis=1)
        other = self.piece & (guesses[:, None] != guesses)
        strength = quality * merged[:, :DIGITS].max(axis=1)
        return np.asarray((other * strength).max(axis=1), dtype=np.float32)
