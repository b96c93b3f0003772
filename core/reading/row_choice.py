"""Chooses which candidates on a sheet are the digits of its rows.

The judge knows digits that are held up alone. In a row each digit has others beside it that
were written with the same pen, and a 1 is hardly more than a piece of printed line. So the
judge's probabilities are priors, and agreement with the other digits in size, darkness and
width of stroke, and being in line with them, multiplies the odds (Bayes' rule).
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

SAME_WRITING_IN_ROW = 0.75
"""Two candidates are the same writing where the intersection of their boxes is at least this
share of the union; a digit and its neighbour in a row overlap less."""

CONFLICT = 0.4
"""Two candidates cannot both be digits where the intersection of their boxes is more than this
share of the smaller one."""

SMALL, LARGE = 0.5, 2.0
"""A digit's longer side is at least and at most these multiples of the sheet's usual one."""

FAINT = 0.6
"""A digit is at least this multiple of the usual darkness of the sheet's digits."""

STROKE, CLOSE_STROKE = 0.7, 0.4
"""Stroke widths are of the same pen, or agree closely, where their logarithms differ by at most
these from the usual one."""

CLOSE_DEPTH = 0.25
"""Darkness agrees closely where its logarithm differs by at most this from the usual one."""

SAME_PEN = 20.0
"""Factor on the odds of a candidate of the same pen and size; applied twice if close."""

IN_ROW = 10.0
"""Factor on the odds of a candidate in line with digits."""

NEXT, IN_LINE, AS_TALL = 2.5, 0.4, 1.6
"""A candidate is in line with a row if it is within NEXT heights of its ends, at most IN_LINE
heights off its level, and at most AS_TALL times as tall or as short."""

LIKELY = 0.5
"""A candidate may be chosen if its probability of being a digit is at least this."""

TRUST = 0.5
"""Weight of a candidate against its rivals: the judge's confidence to this power, times ..."""

ODD_HEIGHT = 3.0
"""... exp(-ODD_HEIGHT d^2), where d is the logarithm of its height over the usual one. With a
neighbour's piece or a printed line in it a candidate is taller than the digit alone."""

LEAST_WEIGHT = 0.02
"""Candidates of the same writing are averaged by the judge's confidence, at least this."""

TRUSTED = 0.5
"""A digit is reported, not "?", if its probability is at least this: more than all others'."""

FILL, CORE, WIDTH = (features.NAMES.index(n) for n in ("fill", "core", "stroke_in_frame"))


class RowSelector:
    """The candidates of one frame, of which the digits of its rows are chosen.

    candidates : with features. probabilities : float32 (n, classes), the network's. confidences
    : float32 (n,), probability that each is a digit. depths : float (n,), darkness, 0..255.
    """

    def __init__(
        self,
        candidates: Sequence[Digit],
        probabilities: NDArray[np.float32],
        confidences: NDArray[np.float32],
        depths: NDArray[np.floating],
    ) -> None:
        self.boxes = [candidate.box for candidate in candidates]
        overlaps = Overlaps(self.boxes, SAME_WRITING_IN_ROW)
        weights = np.maximum(confidences, np.float32(LEAST_WEIGHT))
        self.digits = overlaps.merged(probabilities, weights)[:, :DIGITS]
        guesses = self.digits.argmax(axis=1)
        # Confidence in one candidate is confidence in all that read the same writing alike.
        same = overlaps.alike & (guesses[:, None] == guesses)
        self.confidences = (same * confidences).max(axis=1)
        self.depths = depths
        vectors = np.array([candidate.features for candidate in candidates], dtype=np.float32)
        self.ink = _ink(self.boxes, vectors)
        self.stroke = vectors[:, WIDTH]
        tall = np.log([box.bottom - box.top for box in self.boxes])
        self.odd_height = tall - weighted_median(tall, np.maximum(self.confidences, 1e-6))

    def rows(self, threshold: float) -> list[Row]:
        """The rows, from top to bottom; none where no confidence reaches ``threshold``."""
        anchors = np.flatnonzero(self.confidences >= threshold)
        if len(anchors) == 0:
            return []
        odds = self.confidences / np.maximum(1e-6, 1 - self.confidences)
        odds = odds * self._same_pen(anchors)
        rows = self._chosen(odds)
        return self._chosen(odds * self._in_line(rows))

    def _same_pen(self, anchors: NDArray[np.intp]) -> NDArray[np.float32]:
        """Factors on the odds, float32 (n,), by agreement in size, darkness and stroke width.

        The usual values are those of the ``anchors``, the candidates of high confidence.
        """
        size = np.array([max(b.right - b.left, b.bottom - b.top) for b in self.boxes])
        trust = self.confidences[anchors]
        size = size / weighted_median(size[anchors], trust)
        depth = self.depths / max(1.0, weighted_median(self.depths[anchors], trust))
        broader = np.abs(self.stroke - weighted_median(self.stroke[anchors], trust))
        possible = (size >= SMALL) & (size <= LARGE) & (depth >= FAINT)
        factor = np.where(broader <= STROKE, SAME_PEN, 1.0)
        close = np.abs(np.log(np.maximum(depth, 0.01))) <= CLOSE_DEPTH
        close &= broader <= CLOSE_STROKE
        factor = np.where(close, factor * SAME_PEN, factor)
        return np.asarray(np.where(possible, factor, 0.0), np.float32)

    def _in_line(self, rows: list[Row]) -> NDArray[np.float32]:
        """Factors on the odds, float32 (n,), by being in line with the digits of a row."""
        slope = common_slope([each for row in rows for each in row])
        factor = np.ones(len(self.boxes), np.float32)
        for row in rows:
            tall = float(np.median([each.height for each in row]))
            level = float(np.mean([each.level(slope) for each in row]))
            first, last = row[0].middle[0], row[-1].middle[0]
            for index, box in enumerate(self.boxes):
                here = RowDigit(None, 0.0, 0, box)
                if (
                    first - NEXT * tall <= here.middle[0] <= last + NEXT * tall
                    and abs(here.level(slope) - level) <= IN_LINE * tall
                    and 1 / AS_TALL <= here.height / tall <= AS_TALL
                ):
                    factor[index] = IN_ROW
        return factor

    def _chosen(self, odds: NDArray[np.float32]) -> list[Row]:
        """The rows of the likely candidates that, without conflict, weigh the most together."""
        chance = odds / (1 + odds)
        likely = [int(index) for index in np.flatnonzero(chance >= LIKELY)]
        rivals: dict[int, set[int]] = {index: set() for index in likely}
        for place, index in enumerate(likely):
            for other in likely[place + 1 :]:
                if shared(self.boxes[index], self.boxes[other]) > CONFLICT:
                    rivals[index].add(other)
                    rivals[other].add(index)
        weights = chance * self.confidences**TRUST * self.digits.max(axis=1) * self.ink
        weights = weights * np.exp(-ODD_HEIGHT * self.odd_height**2)
        return in_rows([self._digit(index) for index in best_set(rivals, weights)])

    def _digit(self, index: int) -> RowDigit:
        guess = int(self.digits[index].argmax())
        confidence = float(self.digits[index, guess])
        digit = guess if confidence >= TRUSTED else None
        return RowDigit(digit, confidence, guess, self.boxes[index])


def shared(first: Box, second: Box) -> float:
    """Share of the smaller box that lies in the other, 0..1."""
    width = min(first.right, second.right) - max(first.left, second.left)
    height = min(first.bottom, second.bottom) - max(first.top, second.top)
    smaller = min((box.right - box.left) * (box.bottom - box.top) for box in (first, second))
    return max(0, width) * max(0, height) / max(1, smaller)


def _ink(boxes: Sequence[Box], vectors: NDArray[np.float32]) -> NDArray[np.float32]:
    """Ink of each candidate, float32 (n,): inked pixels of the frame times their darkness."""
    area = np.array([(b.right - b.left) * (b.bottom - b.top) for b in boxes], np.float32)
    return np.asarray(area * vectors[:, FILL] * (vectors[:, CORE] + 1))


def weighted_median(values: NDArray[np.floating], weights: NDArray[np.floating]) -> float:
    """The value with half of the weight on either side of it (the lower one of two)."""
    order = np.argsort(values)
    total = np.cumsum(weights[order])
    return float(values[order][np.searchsorted(total, total[-1] / 2)])
