"""Which candidates on a sheet are digits, when a judge has said what it thinks of each.

The judge knows digits that are held up alone. In a row each has others beside it that were
written with the same pen, and a 1 is hardly more than a piece of printed line: so what it
says is taken for the odds before the neighbours have been looked at, and those of the same
size, darkness and breadth of stroke, in line with digits, raise them (Bayes' rule).
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from core.classes import DIGITS
from core.reading.independent_set import best_set
from core.reading.overlap import Overlaps
from core.reading.row_layout import Row, RowDigit, common_slope, in_rows
from core.vision import features
from core.vision.digitise import Box, Digit

SAME_PLACE = 0.75
"""Boxes that overlap by this share show the same writing; a digit and its neighbour do not."""

SHARED = 0.4
"""Candidates that share this much of the smaller one's box cannot both be digits."""

SMALL, LARGE = 0.5, 2.0
"""Sizes of the digits of one sheet, in those of the usual one."""

FAINT = 0.6
"""Least darkness, in that of the usual digit, of what the same pen wrote."""

STROKE, CLOSE_STROKE = 0.7, 0.4
"""Logarithm of how many times as broad, or as thin, a stroke of the same pen is at most, and
one that agrees closely."""

CLOSE_DEPTH = 0.25
"""Logarithm of how many times as dark, or as light, is close agreement."""

SAME_PEN = 20.0
"""How many times as likely a digit is what the same pen wrote at the same size; and again
where it agrees closely."""

IN_ROW = 10.0
"""How many times as likely it is again in line with digits."""

NEXT, IN_LINE, AS_TALL = 2.5, 0.4, 1.6
"""What is in a row: within so many heights of its digits, off its level by so many at most,
and not that many times as tall, or as short, as they are."""

LIKELY = 0.5
"""How likely a digit must be to be taken for one."""

TRUST = 0.5
"""Power of what the judge said that a candidate's ink counts with against its rivals'."""

ODD_HEIGHT = 3.0
"""How much an unusual height counts against a candidate with rivals: one with a neighbour's
piece or of printed line in it is higher than the digit alone."""

LEAST_SAY = 0.02
"""Weight of a look that the judge thinks nothing of, in saying which digit it is."""

CALLED = 0.5
"""Where there is a digit, how likely it must be which one: more than all others together."""

FILL, CORE, WIDTH = (features.NAMES.index(n) for n in ("fill", "core", "stroke_in_frame"))


class RowSelector:
    """The candidates of one frame, and what is known of each.

    candidates : with their evidence. shares : float32 (n, 11), of the network. confidences :
    float32 (n,), of the judge. depths : float (n,), darkness of the ink, 0..255.
    """

    def __init__(
        self,
        candidates: Sequence[Digit],
        shares: NDArray[np.float32],
        confidences: NDArray[np.float32],
        depths: NDArray[np.floating],
    ) -> None:
        self.boxes = [candidate.box for candidate in candidates]
        places = Overlaps(self.boxes, SAME_PLACE)
        merged = places.merged(shares, np.maximum(confidences, np.float32(LEAST_SAY)))
        self.digits = merged[:, :DIGITS]
        guesses = self.digits.argmax(axis=1)
        # Who is sure of one look at a writing is sure of the writing.
        same = places.alike & (guesses[:, None] == guesses)
        self.sure = (same * confidences).max(axis=1)
        self.depths = depths
        facts = np.array([candidate.features for candidate in candidates], dtype=np.float32)
        self.ink = _ink(self.boxes, facts)
        self.width = facts[:, WIDTH]
        tall = np.log([box.bottom - box.top for box in self.boxes])
        self.odd_height = tall - weighted_median(tall, np.maximum(self.sure, 1e-6))

    def rows(self, threshold: float) -> list[Row]:
        """The rows, from top to bottom; none where the judge is sure of nothing.

        ``threshold`` : how sure the judge must be of one digit, for others to be looked for.
        """
        anchors = np.flatnonzero(self.sure >= threshold)
        if len(anchors) == 0:
            return []
        odds = self.sure / np.maximum(1e-6, 1 - self.sure)
        odds = odds * self._same_pen(anchors)
        rows = self._packed(odds)
        return self._packed(odds * self._in_line(rows))

    def _same_pen(self, anchors: NDArray[np.intp]) -> NDArray[np.float32]:
        """How many times as likely each is a digit, by what the surest ones are like."""
        size = np.array([max(b.right - b.left, b.bottom - b.top) for b in self.boxes])
        trust = self.sure[anchors]
        size = size / weighted_median(size[anchors], trust)
        depth = self.depths / max(1.0, weighted_median(self.depths[anchors], trust))
        broader = np.abs(self.width - weighted_median(self.width[anchors], trust))
        possible = (size >= SMALL) & (size <= LARGE) & (depth >= FAINT)
        factor = np.where(broader <= STROKE, SAME_PEN, 1.0)
        close = np.abs(np.log(np.maximum(depth, 0.01))) <= CLOSE_DEPTH
        close &= broader <= CLOSE_STROKE
        factor = np.where(close, factor * SAME_PEN, factor)
        return np.asarray(np.where(possible, factor, 0.0), np.float32)

    def _in_line(self, rows: list[Row]) -> NDArray[np.float32]:
        """How many times as likely each is a digit, by where the rows are."""
        slope = common_slope([each for row in rows for each in row])
        factor = np.ones(len(self.boxes), np.float32)
        for row in rows:
            tall = float(np.median([each.height for each in row]))
            level = float(np.mean([each.level(slope) for each in row]))
            first, last = row[0].middle[0], row[-1].middle[0]
            for index, box in enumerate(self.boxes):
                there = RowDigit(None, 0.0, 0, box)
                if (
                    first - NEXT * tall <= there.middle[0] <= last + NEXT * tall
                    and abs(there.level(slope) - level) <= IN_LINE * tall
                    and 1 / AS_TALL <= there.height / tall <= AS_TALL
                ):
                    factor[index] = IN_ROW
        return factor

    def _packed(self, odds: NDArray[np.float32]) -> list[Row]:
        """Those likely enough that, without overlapping, explain the most ink."""
        chance = odds / (1 + odds)
        likely = [int(index) for index in np.flatnonzero(chance >= LIKELY)]
        rivals: dict[int, set[int]] = {index: set() for index in likely}
        for place, index in enumerate(likely):
            for other in likely[place + 1 :]:
                if shared(self.boxes[index], self.boxes[other]) > SHARED:
                    rivals[index].add(other)
                    rivals[other].add(index)
        worth = chance * self.sure**TRUST * self.digits.max(axis=1) * self.ink
        worth = worth * np.exp(-ODD_HEIGHT * self.odd_height**2)
        return in_rows([self._digit(index) for index in best_set(rivals, worth)])

    def _digit(self, index: int) -> RowDigit:
        guess = int(self.digits[index].argmax())
        confidence = float(self.digits[index, guess])
        digit = guess if confidence >= CALLED else None
        return RowDigit(digit, confidence, guess, self.boxes[index])


def shared(first: Box, second: Box) -> float:
    """Part of the smaller box that lies in the other."""
    width = min(first.right, second.right) - max(first.left, second.left)
    height = min(first.bottom, second.bottom) - max(first.top, second.top)
    smaller = min((box.right - box.left) * (box.bottom - box.top) for box in (first, second))
    return max(0, width) * max(0, height) / max(1, smaller)


def _ink(boxes: Sequence[Box], facts: NDArray[np.float32]) -> NDArray[np.float32]:
    """Ink of each candidate: inked pixels of the frame, times how dark they are."""
    area = np.array([(b.right - b.left) * (b.bottom - b.top) for b in boxes], np.float32)
    return np.asarray(area * facts[:, FILL] * (facts[:, CORE] + 1))


def weighted_median(values: NDArray[np.floating], weights: NDArray[np.floating]) -> float:
    """The value with half of the weight on either side of it."""
    order = np.argsort(values)
    total = np.cumsum(weights[order])
    return float(values[order][np.searchsorted(total, total[-1] / 2)])
