"""Frame in, reading out: the one path that everything which reads a digit goes through.

``predict``, the demo, the appliance and every evaluation call :meth:`Reader.read`, with
the thresholds that the model file brought along.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import islice
from typing import Any, Protocol

import numpy as np
from numpy.typing import ArrayLike, NDArray

from core import modelfile
from core.classes import DIGITS, NO_DIGIT
from core.errors import ModelFormatError
from core.integer.quantise import quantise
from core.reading.judge import NOTHING, RIGHT, WRONG, Judge
from core.reading.overlap import Overlaps
from core.vision.digitise import Box, Digit, seek_digits
from core.vision.flatfield import Frame

THRESHOLD = 0.5
"""Confidence from which a reading is a digit, where the model file does not say."""

DOUBT = 0.1
"""How likely a judge may find it, likewise, that nothing is there, and a digit is called."""

CANDIDATES = 8
"""Most that a frame has, beside the first."""

SURE = 0.99
"""Confidence of a judge in the best looking candidate from which it looks at no other."""

UNLIKELY = 0.5
"""How likely it must be to a judge, likewise, that any digit is there; or nothing is."""

LEAST = 1e-6
"""Least that shares are divided by."""

Shares = NDArray[np.float32]
"""float32 (n, classes) or (classes,): how likely each class is."""


class Classifier(Protocol):
    """What reads crops: an `IntegerNetwork`, or a `Network`."""

    @property
    def output_shape(self) -> tuple[int, ...]:
        """Without the batch."""

    def predict_proba(self, x: ArrayLike, /) -> Shares:
        """How likely each class is, float32 (n, classes), for crops (n, 28, 28): uint8, or
        float32 from 0 to 1."""


@dataclass(frozen=True)
class Reading:
    """What a frame was read as.

    ``digit`` is None where nothing is there or the best guess is not trusted; ``guess`` is
    that best guess all the same, None only if there was nothing to guess from.
    ``probabilities`` : float32 (classes,), of the candidate that was chosen. ``candidates`` :
    those that were looked at: where a judge is sure of the best looking one, no others.
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
    network : ten outputs (digits) or eleven (and "not a digit"), softmax; of a model file
    that was saved for use it is one of whole numbers, and reads alike on every machine.
    threshold : confidence below which a digit is not called, 0..1.
    judge : chooses between candidates, for a network of eleven outputs; without one, the
    looks of the candidates decide.
    doubt : how likely the judge may find it that nothing is there, and a digit is called. A
    4 that may be a 9 is worth a guess; an edge that may be a 1 is not.
    unlikely : how likely the judge must find it that a digit is there at all; below it,
    nothing is there, rather than something that cannot be read.
    """

    def __init__(
        self,
        network: Classifier,
        threshold: float = THRESHOLD,
        judge: Judge | None = None,
        doubt: float = DOUBT,
        unlikely: float = UNLIKELY,
    ) -> None:
        if network.output_shape not in ((DIGITS,), (DIGITS + 1,)):
            raise ModelFormatError(
                f"a network that reads digits has 10 or 11 outputs, not {network.output_shape}"
            )
        self.network = network
        self.threshold = threshold
        self.judge = judge
        self.doubt = doubt
        self.unlikely = unlikely

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
        """A reader with the weights and the thresholds of a loaded model."""
        judge = None if model.judge is None else Judge(model.judge)
        threshold = _share(model.info, "threshold", THRESHOLD)
        doubt = _share(model.info, "doubt", DOUBT)
        unlikely = _share(model.info, "unlikely", UNLIKELY)
        network = model.network
        whole = None if model.ranges is None else quantise(network, model.ranges)
        if whole is not None:
            # Or the first frame that is in doubt would be the one that needs more memory.
            whole.reserve(CANDIDATES)
        return cls(whole or network.folded(), threshold, judge, doubt, unlikely)

    def read(self, frame: Frame, *, trace: bool = False) -> Reading:
        """Read a frame, uint8 (h, w), 0 = black; with ``trace``, keep every stage."""
        stages: dict[str, Any] | None = {} if trace else None
        found = seek_digits(frame, features=self.judge is not None, trace=stages)
        return self.read_candidates(found, stages)

    def read_candidates(
        self, found: Iterable[Digit], trace: dict[str, Any] | None = None
    ) -> Reading:
        """Read what :func:`core.vision.digitise.seek_digits` finds in a frame, or found before;
        for a judge, with evidence."""
        found = iter(found)
        candidates = list(islice(found, 1))
        if not candidates:
            return Reading(trace=trace)
        shares = self._shares(candidates)
        best, chosen = self._chosen(candidates, shares)
        if self.judge is None or _digit(chosen) < SURE:
            others = list(found)
            if others:
                candidates += others
                shares = np.concatenate([shares, self._shares(others)])
                best, chosen = self._chosen(candidates, shares)
        nothing_there = float(chosen[NO_DIGIT]) if len(chosen) > DIGITS else 0.0
        if self.judge is None:
            nothing, doubtful = nothing_there >= self.threshold, False
        else:
            nothing, doubtful = 1 - nothing_there < self.unlikely, nothing_there > self.doubt
        guess = int(np.argmax(chosen[:DIGITS]))
        confidence = float(chosen[guess])
        return Reading(
            digit=guess if confidence >= self.threshold and not doubtful else None,
            confidence=confidence,
            guess=None if nothing else guess,
            probabilities=chosen,
            candidate=candidates[best],
            candidates=candidates,
            trace=trace,
        )

    def _shares(self, candidates: Sequence[Digit]) -> Shares:
        images = np.stack([candidate.image for candidate in candidates])
        shares: Shares = self.network.predict_proba(images)
        return shares

    def _chosen(self, candidates: Sequence[Digit], shares: Shares) -> tuple[int, Shares]:
        if self.judge is None:
            return choose(candidates, shares)
        return judged(self.judge, candidates, shares)


def _share(info: Mapping[str, Any], name: str, default: float) -> float:
    value = info.get(name, default)
    if not isinstance(value, int | float) or not 0 <= value <= 1:
        raise ModelFormatError(f"the {name} in a model file is from 0 to 1, not {value!r:.40}")
    return float(value)


def _digit(shares: Shares) -> float:
    """How likely the likeliest digit is."""
    return float(shares[:DIGITS].max())


def choose(candidates: Sequence[Digit], shares: Shares) -> tuple[int, Shares]:
    """Choose among candidates without a judge: (index of the best one, its shares).

    The better looking and more digit-like wins; a piece of what is itself a digit is only a
    piece. What is surely no digit competes too: beside a whole hand the crease that looks
    like a 1 is not what was shown.
    """
    quality = np.array([candidate.quality for candidate in candidates], dtype=np.float32)
    places = Overlaps([candidate.box for candidate in candidates])
    merged = places.merged(shares, quality)
    objections = places.objections(merged, quality)
    worth = quality * merged[:, :DIGITS].max(axis=1) * (1.0 - objections)
    if merged.shape[1] > DIGITS:
        worth = np.maximum(worth, quality * merged[:, NO_DIGIT])
    best = int(np.argmax(worth))
    return best, merged[best]


def judged(judge: Judge, candidates: Sequence[Digit], shares: Shares) -> tuple[int, Shares]:
    """The candidate whose reading is the likeliest to be right, and its shares.

    The share of its digit is the judge's confidence, and that of NO_DIGIT how likely nothing is
    there; what is left goes to the other digits, as the network thought of them.
    """
    merged = merge(candidates, shares)
    verdicts = judge.verdicts(candidates, shares)
    best = int(np.argmax(verdicts[:, RIGHT]))
    verdict, chosen = verdicts[best], merged[best].copy()
    guess = int(np.argmax(chosen[:DIGITS]))
    chosen[guess] = 0
    chosen[:DIGITS] *= verdict[WRONG] / max(float(chosen[:DIGITS].sum()), LEAST)
    chosen[guess], chosen[NO_DIGIT] = verdict[RIGHT], verdict[NOTHING]
    return best, chosen


def merge(candidates: Sequence[Digit], shares: Shares) -> Shares:
    """What each candidate is taken for when others in its place have their say."""
    quality = np.array([candidate.quality for candidate in candidates], dtype=np.float32)
    return Overlaps([candidate.box for candidate in candidates]).merged(shares, quality)


__all__ = ["Box", "Classifier", "Reader", "Reading", "choose", "judged"]
