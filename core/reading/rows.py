"""Several digits on one sheet: read in rows, top to bottom, left to right.

    frame -> candidates (``digitise``, many and small) -> what each is (the network)
          -> those that explain the most ink without overlapping -> rows

:meth:`core.reading.reader.Reader.read` looks for the one digit that is held up; here every
candidate counts, and where two overlap (a whole digit and its stem, two digits and the
stroke that joins them) the set is taken that explains the most ink with the most
confidence. What may be a digit at all the judge says (``row_choice``); without
one, the network's eleventh class and what most of the digits are like.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from core.classes import DIGITS, NO_DIGIT
from core.reading.independent_set import best_set
from core.reading.judge import NOTHING
from core.reading.reader import Reader
from core.reading.row_choice import (
    AS_TALL,
    FAINT,
    IN_LINE,
    LARGE,
    NEXT,
    SAME_PLACE,
    SHARED,
    SMALL,
    RowSelector,
    shared,
    weighted_median,
)
from core.reading.row_layout import Row, RowDigit, common_slope, in_rows
from core.vision.digitise import Box, Digit, find_digits, overlap
from core.vision.flatfield import Frame

MOST = 150
"""Candidates looked at: some thirty digits, each seen at several thresholds."""

SIDE = 640
"""Longer side of the frame that is worked on: in a row a digit is a tenth of it, or less."""

SMALLEST = 0.04
"""A digit in a row is at least this share of the frame's shorter side."""

BARE_STROKE = 0.02
"""Weight of a 1, against other digits', in saying what the usual digit is."""

DARKEST = 96
"""Percentile of the ink in a box that is its darkness: above specks, within the thinnest 8."""

CUT = 2
"""A thing that so many sides of the frame cut is no digit of a row."""

EXPECTED = 0.25
"""How much less likely "not a digit" is in a row of digits than it was to the network."""


def read_rows(reader: Reader, frame: Frame) -> list[Row]:
    """Read every digit of a frame, uint8 (h, w), 0 = black, with the reader's threshold.

    Returns
    -------
    Rows from top to bottom, each from left to right, none of them empty; ``[]`` where
    there is no digit.
    """
    judge = reader.judge
    trace: dict[str, Any] = {}
    found = find_digits(
        frame, limit=MOST, smallest=SMALLEST, side=SIDE, features=judge is not None, trace=trace
    )
    candidates = [each for each in found if _sides_touched(each.box, frame) < CUT]
    if not candidates:
        return []
    images = np.stack([candidate.image for candidate in candidates])
    shares = reader.network.predict_proba(images)
    scale = len(trace["ink"]) / len(frame)
    depths = np.array([_depth(trace["ink"], scale, each.box) for each in candidates])
    if judge is not None:
        # Which digit it is, is settled later; here, whether it is one.
        sure = 1 - judge.verdicts(candidates, shares)[:, NOTHING]
        rows = RowSelector(candidates, shares, sure, depths).rows(reader.threshold)
    else:
        rows = _unjudged(candidates, depths, _merged(candidates, shares), reader.threshold)
    # A row of nothing but doubts is a scribble or a word.
    return [row for row in rows if any(each.digit is not None for each in row)]


def _unjudged(
    candidates: list[Digit],
    depths: NDArray[np.float64],
    shares: NDArray[np.float32],
    threshold: float,
) -> list[Row]:
    """The rows, without a judge."""
    rows = _rows_of(candidates, depths, shares, threshold)
    if rows and shares.shape[1] > DIGITS:
        expecting = _expecting(candidates, shares, rows)
        rows = _rows_of(candidates, depths, expecting, threshold)
    return rows


def _rows_of(
    candidates: list[Digit],
    depths: NDArray[np.float64],
    shares: NDArray[np.float32],
    threshold: float,
) -> list[Row]:
    likely = np.flatnonzero(_likeness(shares) >= threshold)
    alike = _alike(candidates, depths, shares, likely)
    chosen = _explaining(candidates, shares, alike)
    return in_rows([_as_digit(candidates[i].box, shares[i], threshold) for i in chosen])


def _expecting(
    candidates: list[Digit], shares: NDArray[np.float32], rows: list[Row]
) -> NDArray[np.float32]:
    """The shares again, knowing where the rows are.

    A bare upright stroke may be anything; in line with digits it is a 1. So in a row "not a
    digit" is less to be expected than it was to the network (Bayes' rule with other priors).
    """
    slope = common_slope([each for row in rows for each in row])
    out = shares.copy()
    for row in rows:
        if all(each.digit is None for each in row):
            continue
        tall = float(np.median([each.box.bottom - each.box.top for each in row]))
        level = float(np.mean([each.level(slope) for each in row]))
        first, last = row[0].middle[0], row[-1].middle[0]
        for index, candidate in enumerate(candidates):
            there = RowDigit(None, 0.0, 0, candidate.box)
            along = first - NEXT * tall <= there.middle[0] <= last + NEXT * tall
            height = candidate.box.bottom - candidate.box.top
            if (
                along
                and abs(there.level(slope) - level) <= IN_LINE * tall
                and 1 / AS_TALL <= height / tall <= AS_TALL
            ):
                out[index, NO_DIGIT] = EXPECTED * shares[index, NO_DIGIT]
    return np.asarray(out / out.sum(axis=1, keepdims=True), dtype=np.float32)


def _as_digit(box: Box, shares: NDArray[np.float32], threshold: float) -> RowDigit:
    guess = int(np.argmax(shares[:DIGITS]))
    confidence = float(shares[guess])
    return RowDigit(guess if confidence >= threshold else None, confidence, guess, box)


def _merged(candidates: list[Digit], probabilities: NDArray[np.float32]) -> NDArray[np.float32]:
    """Several looks at one writing agree on what it is, as in ``Reader.read``."""
    weight = np.array(
        [
            [
                other.quality * (one is other or overlap(one.box, other.box) >= SAME_PLACE)
                for other in candidates
            ]
            for one in candidates
        ],
        dtype=np.float32,
    )
    merged = np.sqrt(weight @ probabilities**2 / weight.sum(axis=1, keepdims=True))
    return np.asarray(merged / merged.sum(axis=1, keepdims=True), dtype=np.float32)


def _likeness(probabilities: NDArray[np.float32]) -> NDArray[np.float32]:
    """How sure it is that each candidate is some digit."""
    if probabilities.shape[1] > DIGITS:
        return np.asarray(1 - probabilities[:, NO_DIGIT])
    return np.asarray(probabilities.max(axis=1))


def _alike(
    candidates: list[Digit],
    depths: NDArray[np.float64],
    probabilities: NDArray[np.float32],
    likely: NDArray[np.intp],
) -> list[int]:
    """Those of the likely ones that one hand may have written with one pen.

    Pieces of printed line, grain and shadows' edges are read as a 1 or a 7 now and then,
    but they are of another size or much fainter than the writing.
    """
    if len(likely) == 0:
        return []
    boxes = [candidates[index].box for index in likely]
    size = np.array([max(b.right - b.left, b.bottom - b.top) for b in boxes], np.float64)
    depth = depths[likely]
    guesses = probabilities[likely, :DIGITS]
    trust = guesses.max(axis=1) ** 2 * [candidates[index].quality for index in likely]
    # Any piece of a line looks like a 1, so a 1 says least of what the pen is like.
    trust = trust * np.where(guesses.argmax(axis=1) == 1, BARE_STROKE, 1.0)
    usual_size, usual_depth = weighted_median(size, trust), weighted_median(depth, trust)
    fits = (size >= SMALL * usual_size) & (size <= LARGE * usual_size)
    fits &= depth >= FAINT * usual_depth
    return [int(index) for index in likely[fits]]


def _depth(ink: Frame, scale: float, box: Box) -> float:
    """How dark the darkest ink in a box is, 0..255; ``ink`` is `scale` times the frame."""
    left, top = int(box.left * scale), int(box.top * scale)
    patch = ink[top : max(top + 1, round(box.bottom * scale)), left : round(box.right * scale)]
    return float(np.percentile(patch, DARKEST)) if patch.size else 0.0


def _explaining(
    candidates: list[Digit], probabilities: NDArray[np.float32], likely: list[int]
) -> list[int]:
    """Those of the likely ones that, without overlapping, explain the most ink."""
    worth = probabilities[:, :DIGITS].max(axis=1)
    worth = worth * np.array([_ink(candidate) for candidate in candidates])
    rivals: dict[int, set[int]] = {index: set() for index in likely}
    for place, index in enumerate(likely):
        for other in likely[place + 1 :]:
            if shared(candidates[index].box, candidates[other].box) > SHARED:
                rivals[index].add(other)
                rivals[other].add(index)
    return best_set(rivals, worth)


def _sides_touched(box: Box, frame: Frame) -> int:
    height, width = frame.shape
    return sum((box.left <= 0, box.top <= 0, box.right >= width, box.bottom >= height))


def _ink(candidate: Digit) -> float:
    """Ink of a candidate, in pixels of the frame: its crop undone."""
    box = candidate.box
    return float(candidate.image.sum()) * max(box.right - box.left, box.bottom - box.top) ** 2
