"""Frame in, reading out: the one path that everything which reads a digit goes through.

``predict``, the demo, the appliance and every evaluation call :meth:`Reader.read`, with
the thresholds that the model file brought along.
"""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from core import modelfile
from core.digitise import Box, Digit, find_digits, overlap
from core.errors import ModelFormatError
from core.flatfield import Frame
from core.network import Network

DIGITS = 10
NONE = 10
"""The eleventh class of the network we ship: not a digit."""

THRESHOLD = 0.5
"""Confidence from which a reading is a digit, where the model file does not say."""

SAME_PLACE = 0.8
"""Candidates whose boxes overlap by this share are readings of the same writing."""

PIECE = 0.85
"""A candidate of which this share lies in a larger one's box is a piece of it."""

PROMINENT = 1.0
"""What a thing that is surely no digit counts for beside a digit that looks as good: as
much. Smaller, more creases beside a hand are 1s; larger, digits in a box are nothing."""


@dataclass(frozen=True)
class Reading:
    """What a frame was read as.

    ``digit`` is None where nothing is there or the best guess is not trusted; ``guess`` is
    that best guess all the same, None only if there was nothing to guess from.
    ``probabilities`` : float32 (classes,), of the candidate that was chosen.
    """

    digit: int | None = None
    confidence: float = 0.0
    guess: int | None = None
    probabilities: NDArray[np.float32] | None = None
    candidate: Digit | None = None
    candidates: list[Digit] = field(default_factory=list)
    trace: dict[str, Any] | None = None

    @property
    def state(self) -> str:
        """``"digit"``, ``"unsure"``, or ``"empty"`` where nothing looks like a digit."""
        if self.digit is not None:
            return "digit"
        return "empty" if self.guess is None else "unsure"


class Reader:
    """Reads frames with a network.

    Parameters
    ----------
    network : ten outputs (digits) or eleven (and "not a digit"), softmax.
    threshold : confidence below which a digit is not called, 0..1.
    """

    def __init__(self, network: Network, threshold: float = THRESHOLD) -> None:
        if network.output_shape not in ((DIGITS,), (DIGITS + 1,)):
            raise ModelFormatError(
                f"a network that reads digits has 10 or 11 outputs, not {network.output_shape}"
            )
        self.network = network
        self.threshold = threshold

    @classmethod
    def default(cls) -> Reader:
        """A reader with the weights we ship. Raises ModelFormatError if they are damaged."""
        from core import pretrained

        return cls.of(pretrained.load())

    @classmethod
    def from_file(cls, path: str | os.PathLike[str]) -> Reader:
        """A reader with the weights of a model file. Raises ModelFormatError."""
        return cls.of(modelfile.load(path))

    @classmethod
    def of(cls, model: modelfile.Model) -> Reader:
        """A reader with the weights and the threshold of a loaded model."""
        return cls(model.network.folded(), float(model.info.get("threshold", THRESHOLD)))

    def read(self, frame: Frame, *, trace: bool = False) -> Reading:
        """Read a frame, uint8 (h, w), 0 = black; with ``trace``, keep every stage."""
        stages: dict[str, Any] | None = {} if trace else None
        candidates = find_digits(frame, trace=stages)
        if not candidates:
            return Reading(trace=stages)
        images = np.stack([candidate.image for candidate in candidates])
        probabilities = self.network.predict_proba(images)
        best, merged = choose(candidates, probabilities)
        guess = int(np.argmax(merged[:DIGITS]))
        confidence = float(merged[guess])
        nothing = len(merged) > DIGITS and merged[NONE] >= self.threshold
        return Reading(
            digit=guess if confidence >= self.threshold else None,
            confidence=confidence,
            guess=None if nothing else guess,
            probabilities=merged,
            candidate=candidates[best],
            candidates=candidates,
            trace=stages,
        )


def choose(
    candidates: list[Digit], probabilities: NDArray[np.float32]
) -> tuple[int, NDArray[np.float32]]:
    """Choose among candidates: (index of the best one, its probabilities).

    Candidates in the same place are several looks at one writing; their squared
    probabilities are averaged, which lets a sure look outvote two vague ones. Between
    places, the better looking and more digit-like wins; a piece of what is itself a digit
    is only a piece, however much the stem of a 4 looks like a 1. What is surely no digit
    competes too: beside a whole hand the crease that looks like a 1 is not what was shown.
    """
    merged = np.stack(
        [_merge(candidate, candidates, probabilities) for candidate in candidates]
    )
    guesses = merged[:, :DIGITS].argmax(axis=1)
    likeness = merged[:, :DIGITS].max(axis=1)
    worth = np.empty_like(likeness)
    for index, candidate in enumerate(candidates):
        # A whole that reads the same is no objection: it is this digit and something else.
        objection = max(
            (
                whole.quality * float(likeness[other])
                for other, whole in enumerate(candidates)
                if guesses[other] != guesses[index] and _is_piece(candidate.box, whole.box)
            ),
            default=0.0,
        )
        worth[index] = candidate.quality * likeness[index] * (1.0 - objection)
    if merged.shape[1] > DIGITS:
        quality = np.array([candidate.quality for candidate in candidates])
        worth = np.maximum(worth, PROMINENT * quality * merged[:, NONE])
    best = int(np.argmax(worth))
    return best, merged[best]


def _merge(
    candidate: Digit, candidates: list[Digit], probabilities: NDArray[np.float32]
) -> NDArray[np.float32]:
    peers = [
        number
        for number, other in enumerate(candidates)
        if overlap(candidate.box, other.box) >= SAME_PLACE
    ]
    weights = np.array([candidates[peer].quality for peer in peers], dtype=np.float32)
    merged = np.sqrt((probabilities[peers] ** 2 * weights[:, None]).sum(axis=0) / weights.sum())
    return np.asarray(merged / merged.sum(), dtype=np.float32)


def _is_piece(part: Box, whole: Box) -> bool:
    width = min(part.right, whole.right) - max(part.left, whole.left)
    height = min(part.bottom, whole.bottom) - max(part.top, whole.top)
    inside = max(0, width) * max(0, height)
    area = (part.right - part.left) * (part.bottom - part.top)
    return inside >= PIECE * area and overlap(part, whole) < SAME_PLACE


__all__ = ["DIGITS", "NONE", "Box", "Reader", "Reading", "choose"]
