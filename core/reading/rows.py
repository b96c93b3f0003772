"""Reads several digits on one sheet: in rows, top to bottom, left to right.

    frame -> candidates (``digitise``, many and small) -> probabilities (the network)
          -> is it a digit? (the judge) -> those that make up rows (``row_choice``)

:meth:`core.reading.reader.Reader.read` looks for the one digit that is held up; here every
candidate counts, and where two overlap (a digit and its stem, two digits and the stroke that
joins them) those are chosen that explain the most ink with the most confidence.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from core.classes import DIGITS
from core.reading.judge import NOTHING
from core.reading.reader import Reader
from core.reading.row_choice import RowSelector
from core.reading.row_layout import Row
from core.vision import Frame
from core.vision.digitise import Box, Digit, find_digits

MOST_CANDIDATES = 150
"""A frame has at most this many candidates: some thirty digits, each at several thresholds."""

WORK_SIDE_OF_ROWS = 640
"""Frames are reduced to about this longer side, in pixels; a digit is a tenth of it."""

SMALLEST_IN_ROW = 0.04
"""A candidate's longer side is at least this share of the frame's shorter side."""

DARKEST = 96
"""Darkness of a candidate: this percentile of the ink in its box. Specks are above it; of the
thinnest 8 it is still within the stroke."""

CUT_SIDES = 2
"""A candidate that touches this many sides of the frame is no digit of a row."""


def read_rows(reader: Reader, frame: Frame) -> list[Row]:
    """Read every digit of a frame, uint8 (h, w), 0 = black, with the reader's threshold.

    Without a judge the network's probability and the quality say what is a digit.

    Returns
    -------
    Rows from top to bottom, each from left to right, none of them empty; ``[]`` where
    there is no digit.
    """
    trace: dict[str, Any] = {}
    found = find_digits(
        frame,
        limit=MOST_CANDIDATES,
        smallest=SMALLEST_IN_ROW,
        side=WORK_SIDE_OF_ROWS,
        features=True,
        trace=trace,
    )
    candidates = [each for each in found if _sides_touched(each.box, frame) < CUT_SIDES]
    if not candidates:
        return []
    images = np.stack([candidate.image for candidate in candidates])
    probabilities = reader.network.predict_proba(images)
    scale = len(trace["ink"]) / len(frame)
    depths = np.array([_depth(trace["ink"], scale, each.box) for each in candidates])
    confidences = _confidences(reader, candidates, probabilities)
    rows = RowSelector(candidates, probabilities, confidences, depths).rows(reader.threshold)
    # A row in which no digit is trusted is a scribble or a word.
    return [row for row in rows if any(each.digit is not None for each in row)]


def _confidences(
    reader: Reader, candidates: Sequence[Digit], probabilities: NDArray[np.float32]
) -> NDArray[np.float32]:
    """Probability that each candidate is a digit, whichever: float32 (n,)."""
    if reader.judge is not None:
        verdicts = reader.judge.verdicts(candidates, probabilities)
        return np.asarray(1 - verdicts[:, NOTHING])
    quality = np.array([candidate.quality for candidate in candidates], dtype=np.float32)
    return np.asarray(probabilities[:, :DIGITS].max(axis=1) * np.sqrt(quality))


def _depth(ink: Frame, scale: float, box: Box) -> float:
    """Darkness, 0..255, of the darkest ink in a box; ``ink`` is ``scale`` times the frame."""
    left, top = int(box.left * scale), int(box.top * scale)
    patch = ink[top : max(top + 1, round(box.bottom * scale)), left : round(box.right * scale)]
    return float(np.percentile(patch, DARKEST)) if patch.size else 0.0


def _sides_touched(box: Box, frame: Frame) -> int:
    height, width = frame.shape
    return sum((box.left <= 0, box.top <= 0, box.right >= width, box.bottom >= height))
