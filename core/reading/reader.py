"""Reads the one digit that a frame shows: candidates, network, judge, thresholds.

``predict``, the demo, the appliance and every evaluation call :meth:`Reader.read`, with the
thresholds of the model file. Rows of digits are read by ``core.reading.rows``.
"""

from __future__ import annotations

import math
import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from itertools import groupby, islice
from operator import attrgetter
from typing import Any, Protocol, TypeAlias

import numpy as np
from numpy.typing import ArrayLike, NDArray

from core import modelfile
from core.classes import CLASSES, DIGITS, NO_DIGIT
from core.errors import ModelFormatError
from core.exemplars.memory import ExemplarMemory, Recollection
from core.files import container
from core.integer.quantise import quantise
from core.reading.judge import NOTHING, RIGHT, WRONG, Judge
from core.reading.overlap import Overlaps
from core.vision import Frame
from core.vision.crop import SIDE
from core.vision.digitise import Box, Digit, seek_looks
from core.vision.upright import lean, set_upright

THRESHOLD = 0.5
"""A digit is reported only if its confidence is at least this; model files may differ."""

DOUBT = 0.1
"""A digit is reported only if the judge's probability of "no digit" is at most this; model
files may differ."""

UNLIKELY = 0.5
"""The reading is "empty" rather than "unsure" if the judge's probability of any digit is below
this; model files may differ."""

PLACE_THRESHOLD, ROOM_DOUBT = 0.6, 0.4
"""The threshold at a place of a cluttered frame, and the doubt at one of what is surely a room,
if the model's are lower: rooms are full of what looks like a digit, and the judge of places has
learnt them. It has not learnt the cluttered frames that are none, of cloth and of hands."""

CANDIDATES = 8
"""A frame has at most this many candidates."""

SURE = 0.99
"""The other candidates are not computed if the judge's confidence in the first is at least
this."""

PLACE_SURE = 0.8
"""The same at a place, where the first candidate is the place itself."""

SURELY_THERE = 0.95
"""Neither other places nor the whole frame are looked at after a digit of this confidence."""

NOTHING_THERE = 0.93
"""The other candidates of a place, or of the whole of a cluttered frame, are not computed if
the judge's probability of "no digit" in the first is at least this."""

LIKELIER = 8.0
"""A digit is not reported if another is so many times likelier, in the crop and in the crop set
upright taken together."""

UPSIDE_DOWN, AS_IT_IS = 0.97, 0.7
"""A digit is not reported if its crop is at least by the first another one upside down, and at
most by the second that digit as it is."""

SLANT, TURNED, ANOTHER = 0.2, 25.0, 0.93
"""A digit is not reported if its ink leans at least by the first to a side, in pixels a row,
and the network is at least by the third sure of another one in its crop set upright by the
second, in degrees. A sheet may be turned by so much; writing seldom leans so."""

LEAST_LOOK = 0.01
"""Where the two are taken together, probabilities below this count as this much."""

HARDLY, SURELY = 0.5, 0.95
"""A crop is on its side or upside down if the network is at most the first sure of a digit as
it is, and at least the second after quarter turns. Few digits in doubt look so upright."""

LARGEST_SUM = 1e30
"""No sum of a network may come out larger, whatever the frame: float32 ends at 3e38."""

JUDGE_INPUT = 1e4
"""No input of a judge is larger."""

LEAST_SUM = 1e-6
"""Probabilities are scaled by dividing by their sum, or by this if their sum is less."""

Probabilities = NDArray[np.float32]
"""float32 (n, classes) or (classes,)."""

_Asked: TypeAlias = tuple[Digit, Probabilities]
"""A candidate, and what the network says of it alone."""


class Classifier(Protocol):
    """A network that reads crops: an `IntegerNetwork` or a `Network`."""

    @property
    def output_shape(self) -> tuple[int, ...]:
        """Without the batch."""

    def predict_proba(self, x: ArrayLike, /) -> Probabilities:
        """Class probabilities, float32 (n, classes), of crops (n, 28, 28), uint8 or float32
        from 0 to 1."""


@dataclass(frozen=True)
class RecalledDigit(Digit):
    """A candidate that resembles a labelled example: ``recollection`` says which."""

    recollection: Recollection | None = None


@dataclass(frozen=True)
class Reading:
    """The reading of one frame.

    ``digit`` : None where there is no digit or the best guess is not trusted. ``guess`` : the
    best guess, trusted or not; None where there is no digit. ``confidence`` : of the guess.
    ``probabilities`` : float32 (classes,), of the chosen ``candidate``; None without any.
    ``candidates`` : those computed; only the first one where the judge is sure of it.
    ``trace`` : the stages by name, if they were requested.
    """

    digit: int | None = None
    confidence: float = 0.0
    guess: int | None = None
    probabilities: NDArray[np.float32] | None = None
    candidate: Digit | None = None
    candidates: list[Digit] = field(default_factory=list)
    trace: dict[str, Any] | None = None

    def __repr__(self) -> str:
        guess = f", guess {self.guess}" if self.digit is None and self.guess is not None else ""
        said = self.state if self.digit is None else self.digit
        return f"<Reading: {said}{guess}, confidence {self.confidence:.2f}>"

    @property
    def recollection(self) -> Recollection | None:
        """The labelled example by which it is read so; None if the network reads it so."""
        candidate = self.candidate
        found = candidate.recollection if isinstance(candidate, RecalledDigit) else None
        read = NO_DIGIT if self.guess is None else self.guess
        return found if found is not None and found.label == read else None

    @property
    def state(self) -> str:
        """``"digit"``, ``"unsure"`` (a guess that is not trusted), or ``"empty"``."""
        if self.digit is not None:
            return "digit"
        return "empty" if self.guess is None else "unsure"


class Reader:
    """Reads frames with a network, and with a judge if there is one.

    Parameters
    ----------
    network : ten outputs (the digits) or eleven (and NO_DIGIT), softmax.
    threshold : 0..1, as THRESHOLD.
    judge : chooses between candidates, for a network of eleven outputs. Without a judge,
        quality and probability decide.
    doubt : 0..1, as DOUBT. A 4 that may be a 9 is worth a guess; an edge that may be a 1 is
        not.
    unlikely : 0..1, as UNLIKELY.
    place_judge : the judge at the places of a cluttered frame (see `seek_digits`), which has
        learnt rooms; without it those are not looked at.

    Attributes
    ----------
    memory : labelled examples of the owner's, of this network; None for none. May be replaced
        between two frames.

    Raises ModelFormatError if the network has another number of outputs.
    """

    def __init__(
        self,
        network: Classifier,
        threshold: float = THRESHOLD,
        judge: Judge | None = None,
        doubt: float = DOUBT,
        unlikely: float = UNLIKELY,
        place_judge: Judge | None = None,
    ) -> None:
        if network.output_shape not in ((DIGITS,), (DIGITS + 1,)):
            raise ModelFormatError(
                f"a network that reads digits has 10 or 11 outputs, not {network.output_shape}"
            )
        if judge is not None and network.output_shape != (CLASSES,):
            raise ModelFormatError("a judge is for a network of 11 outputs, and this has 10")
        self.network = network
        self.threshold = threshold
        self.judge = judge
        self.doubt = doubt
        self.unlikely = unlikely
        self.place_judge = place_judge
        self.memory: ExemplarMemory | None = None

    @classmethod
    def default(cls) -> Reader:
        """A reader with the weights we ship. Raises ModelFormatError if they are damaged."""
        from core import pretrained

        return cls.of(pretrained.load())

    @classmethod
    def from_file(cls, path: str | os.PathLike[str]) -> Reader:
        """A reader with the weights of a model file. Raises ModelFormatError, with the path."""
        model = modelfile.load(path)
        with container.named(path):
            return cls.of(model)

    @classmethod
    def of(cls, model: modelfile.Model) -> Reader:
        """A reader with the weights and the thresholds of a loaded model.

        A model with ranges is read in integers, alike on every machine; others in float32.
        Raises ModelFormatError, without a path, if it does not read digits, or if there may be
        a frame for which a sum overflows.
        """
        if math.prod(model.network.input_shape) != SIDE * SIDE:
            shape = model.network.input_shape
            raise ModelFormatError(f"a network that reads digits has 28x28 inputs, not {shape}")
        judge, place_judge = (
            None if each is None else Judge(each) for each in (model.judge, model.place_judge)
        )
        if judge is None and place_judge is not None:
            raise ModelFormatError("has a judge of places, and none of the whole frame")
        for each, inputs in (
            (model.network, 1.0), (model.judge, JUDGE_INPUT), (model.place_judge, JUDGE_INPUT)
        ):  # fmt: skip
            if each is not None and not each.largest(inputs) < LARGEST_SUM:
                raise ModelFormatError("holds weights so large that its sums overflow")
        threshold = _probability(model.info, "threshold", THRESHOLD)
        doubt = _probability(model.info, "doubt", DOUBT)
        unlikely = _probability(model.info, "unlikely", UNLIKELY)
        network = model.network
        integer = None if model.ranges is None else quantise(network, model.ranges)
        if integer is not None:
            # Now, so that memory does not grow when the first frame in doubt comes.
            integer.reserve(CANDIDATES)
        classifier = integer or network.folded()
        return cls(classifier, threshold, judge, doubt, unlikely, place_judge)

    def read(self, frame: Frame, *, trace: bool = False) -> Reading:
        """Read a frame, uint8 (h, w), 0 = black; with ``trace``, keep all stages."""
        stages: dict[str, Any] | None = {} if trace else None
        judged, places = self.judge is not None, self.place_judge is not None
        return self._read(
            seek_looks(frame, features=judged, places=places, trace=stages), stages
        )

    def read_candidates(self, found: Iterable[Digit]) -> Reading:
        """Read the candidates of a frame, in the order of :func:`seek_digits`.

        For a judge they must have features. Those of each place are read together, and those
        of the whole frame; the surest digit is the reading. If the judge is not sure of it,
        its candidate is read once more, set upright.
        """
        return self._read(look for _, look in groupby(found, attrgetter("place")))

    def _read(
        self, looks: Iterable[Iterator[Digit]], trace: dict[str, Any] | None = None
    ) -> Reading:
        """Read the looks at a frame, no further than a sure digit."""
        readings: list[tuple[Reading, list[_Asked]]] = []
        for look in looks:
            asked = self._ask(islice(look, 1))
            if not asked:
                continue
            reading = self._decided(asked)
            if self.judge is None or not _settled(reading):
                others = self._ask(look)
                if others:
                    asked += others
                    reading = self._decided(asked)
            readings.append((reading, asked))
            if reading.digit is not None and reading.confidence >= SURELY_THERE:
                break
        if not readings:
            return Reading(trace=trace)
        best, asked = max(
            readings, key=lambda each: (each[0].digit is not None, each[0].confidence)
        )
        candidates = [candidate for _, those in readings for candidate, _ in those]
        return replace(self._upright_too(best, asked), candidates=candidates, trace=trace)

    def quarter_turns(self, image: NDArray[np.float32]) -> int:
        """How many quarter turns to the left make a digit of a crop, float32 (28, 28), that is
        hardly one as it is: 1 to 3; 0 where none do."""
        turns = np.stack([np.rot90(image, turn) for turn in range(4)])
        digits = self.network.predict_proba(turns)[:, :DIGITS].max(axis=1)
        best = int(np.argmax(digits))
        return best if digits[0] <= HARDLY and digits[best] >= SURELY else 0

    def _upright_too(self, reading: Reading, asked: list[_Asked]) -> Reading:
        """The reading after more looks at its candidate, set upright and upside down, if they
        are worth it.

        A digit stays one unless its crop as it is and set upright, taken together, speak
        against it (see LIKELIER), it is another one upside down (see UPSIDE_DOWN), or it leans
        and is another one upright (see SLANT). What is surely a digit, but which one is in
        doubt, becomes one if the two, merged as candidates of the same writing are, are judged
        so, and no other digit is likelier to both.
        """
        candidate = reading.candidate
        if self.judge is None or candidate is None or reading.probabilities is None:
            return reading
        # Another look tells which digit it is, not whether it is one.
        doubt = self._limits(candidate)[1]
        if reading.probabilities[NO_DIGIT] > doubt or reading.confidence >= SURE:
            return reading
        turned = set_upright(candidate.image), np.rot90(candidate.image, 2)
        upright, inverted = self._ask(replace(candidate, image=image) for image in turned)
        first = next(each for seen, each in asked if seen is candidate)
        both = np.maximum(first, LEAST_LOOK) * np.maximum(upright[1], LEAST_LOOK)
        likeliest = float(both[:DIGITS].max())
        if reading.digit is not None:
            kept = likeliest <= LIKELIER * float(both[reading.digit])
        else:
            merged = self._decided([*asked, upright])
            if merged.digit is None or float(both[merged.digit]) < likeliest:
                return reading
            at_upright = merged.candidate is upright[0]
            reading, kept = replace(merged, candidate=candidate) if at_upright else merged, True
        if kept and not (
            _is_another(reading.digit, first, inverted[1])
            or self._is_another_upright(reading.digit, candidate.image)
        ):
            return reading
        return replace(reading, digit=None)

    def _is_another_upright(self, digit: int | None, image: NDArray[np.float32]) -> bool:
        """Whether a crop leans, and is surely another digit once its sheet is turned back."""
        if abs(lean(image)) < SLANT:
            return False
        upright = self.network.predict_proba(set_upright(image, TURNED)[np.newaxis])[0, :DIGITS]
        other = int(np.argmax(upright))
        return bool(other != digit and upright[other] >= ANOTHER)

    def _decided(self, asked: list[_Asked]) -> Reading:
        """The reading of the candidates of a frame, or of a place, that were asked about."""
        judge = self.place_judge if asked[0][0].place else self.judge
        threshold, doubt = self._limits(asked[0][0])
        best, chosen = _chosen(judge, asked)
        no_digit = float(chosen[NO_DIGIT]) if len(chosen) > DIGITS else 0.0
        if judge is None:
            empty, doubtful = no_digit >= threshold, False
        else:
            empty, doubtful = 1 - no_digit < self.unlikely, no_digit > doubt
        guess = int(np.argmax(chosen[:DIGITS]))
        confidence = float(chosen[guess])
        return Reading(
            digit=guess if confidence >= threshold and not doubtful else None,
            confidence=confidence,
            guess=None if empty else guess,
            probabilities=chosen,
            candidate=asked[best][0],
            candidates=[candidate for candidate, _ in asked],
        )

    def _limits(self, candidate: Digit) -> tuple[float, float]:
        """The threshold and the doubt where a candidate was found."""
        if not candidate.place:
            return self.threshold, self.doubt
        doubt = max(self.doubt, ROOM_DOUBT) if candidate.room else self.doubt
        return max(self.threshold, PLACE_THRESHOLD), doubt

    def _ask(self, found: Iterable[Digit]) -> list[_Asked]:
        candidates = list(found)
        if not candidates:
            return []
        images = np.stack([candidate.image for candidate in candidates])
        if self.memory is None:
            return list(zip(candidates, self.network.predict_proba(images), strict=True))
        probabilities, recalled = self.memory.predict_proba(images)
        return [
            (each if found is None else _recalled(each, found), shares)
            for each, found, shares in zip(candidates, recalled, probabilities, strict=True)
        ]


def _recalled(candidate: Digit, found: Recollection) -> RecalledDigit:
    values = {each.name: getattr(candidate, each.name) for each in fields(Digit)}
    return RecalledDigit(**values, recollection=found)


def _settled(reading: Reading) -> bool:
    """Whether the judge is so sure of the first candidate that no other is computed."""
    first, chosen = reading.candidate, reading.probabilities
    assert first is not None
    assert chosen is not None
    if (first.place or first.room) and chosen[NO_DIGIT] >= NOTHING_THERE:
        return True
    return reading.confidence >= (PLACE_SURE if first.place else SURE)


def _chosen(judge: Judge | None, asked: Sequence[_Asked]) -> tuple[int, Probabilities]:
    candidates = [candidate for candidate, _ in asked]
    probabilities = np.stack([each for _, each in asked])
    if judge is None:
        return choose(candidates, probabilities)
    return judged(judge, candidates, probabilities)


def _is_another(digit: int | None, first: Probabilities, inverted: Probabilities) -> bool:
    """Whether a crop is another digit upside down, and not very much the one that it is."""
    other = int(np.argmax(inverted[:DIGITS]))
    if digit is None or other in (digit, {6: 9, 9: 6}.get(digit)):
        return False
    return bool(inverted[other] >= UPSIDE_DOWN and first[digit] <= AS_IT_IS)


def _probability(info: Mapping[str, Any], name: str, default: float) -> float:
    value = info.get(name, default)
    if not isinstance(value, int | float) or not 0 <= value <= 1:
        raise ModelFormatError(f"the {name} in a model file is from 0 to 1, not {value!r:.40}")
    return float(value)


def choose(
    candidates: Sequence[Digit], probabilities: Probabilities
) -> tuple[int, Probabilities]:
    """Choose among candidates without a judge: (index of the best one, its probabilities).

    Quality times probability of the likeliest digit decides, less where the candidate is a
    piece of another digit. Candidates that are surely no digit compete too: beside a whole
    hand, the crease that looks like a 1 is not what was shown.
    """
    quality = np.array([candidate.quality for candidate in candidates], dtype=np.float32)
    overlaps = Overlaps([candidate.box for candidate in candidates])
    merged = overlaps.merged(probabilities, quality)
    objections = overlaps.objections(merged, quality)
    score = quality * merged[:, :DIGITS].max(axis=1) * (1.0 - objections)
    if merged.shape[1] > DIGITS:
        score = np.maximum(score, quality * merged[:, NO_DIGIT])
    best = int(np.argmax(score))
    return best, merged[best]


def judged(
    judge: Judge, candidates: Sequence[Digit], probabilities: Probabilities
) -> tuple[int, Probabilities]:
    """Choose among candidates by the judge: (index of the best one, its probabilities).

    The best one is the likeliest to be read rightly. The probability of its digit is the
    judge's for RIGHT, that of NO_DIGIT the judge's for NOTHING, and the rest is divided among
    the other digits in the network's proportions.
    """
    merged = merge(candidates, probabilities)
    verdicts = judge.verdicts(candidates, probabilities)
    best = int(np.argmax(verdicts[:, RIGHT]))
    verdict, chosen = verdicts[best], merged[best].copy()
    guess = int(np.argmax(chosen[:DIGITS]))
    chosen[guess] = 0
    chosen[:DIGITS] *= verdict[WRONG] / max(float(chosen[:DIGITS].sum()), LEAST_SUM)
    chosen[guess], chosen[NO_DIGIT] = verdict[RIGHT], verdict[NOTHING]
    return best, chosen


def merge(candidates: Sequence[Digit], probabilities: Probabilities) -> Probabilities:
    """Each candidate's probabilities, averaged over the candidates of the same writing."""
    quality = np.array([candidate.quality for candidate in candidates], dtype=np.float32)
    return Overlaps([candidate.box for candidate in candidates]).merged(probabilities, quality)


__all__ = [
    "Box", "Classifier", "Reader", "Reading", "RecalledDigit", "choose", "judged",
]  # fmt: skip
