"""Choice of a model file's ``doubt``, cross-validated over the sources of the photographs.

A digit is called where it is likelier than all else (``core.reading.reader.THRESHOLD``) and the
probability of no digit is at most the doubt. A doubt chosen on the photographs on which it is
then scored scores too well. So each source's photographs are scored with the doubt that is best
for all other sources and for drawn frames without a digit.
"""

from __future__ import annotations

import argparse

import numpy as np
from numpy.typing import NDArray

from core.classes import NO_DIGIT
from core.reading.reader import Reader, Reading
from tools.evaluate.measures import photos
from tools.evaluate.measures.nodigit import LOOKALIKE, generated

Doubts = NDArray[np.float64]

STEPS = np.arange(0.025, 0.501, 0.025)
"""The doubts that are compared."""

NEVER = 2.0
"""Doubt of a reading that is called a digit with none of STEPS: it is above them."""

NOTHING = 480
"""Drawn frames without a digit, unless --generated is given."""


def measure(reader: Reader, arguments: argparse.Namespace) -> None:
    """Print what each threshold does, and the accuracy on sources that were left out."""
    right: dict[str, list[float]] = {}
    for photograph, frame in photos.frames(arguments.folder, "photo_single"):
        reading = reader.read(frame)
        own = right.setdefault(photograph.source, [])
        own.append(doubt(reading, reader) if reading.guess == photograph.digit else NEVER)
    called = np.array(
        [
            doubt(reader.read(frame), reader)
            for kind, _, frame in generated(arguments.generated or NOTHING)
            if kind != LOOKALIKE
        ]
    )
    everything = np.concatenate([np.array(doubts) for doubts in right.values()])
    print("doubt  photographs right  nothing called a digit")
    for step in STEPS:
        print(
            f"{step:5.3f}  {np.mean(everything <= step):17.4f}  {np.mean(called <= step):22.4f}"
        )
    left_out = 0
    for source, own in sorted(right.items()):
        others = np.concatenate(
            [np.array(doubts) for name, doubts in right.items() if name != source]
        )
        step = best(others, called)
        count = int(np.count_nonzero(np.array(own) <= step))
        left_out += count
        print(f"{step:5.3f}  {count:5d} of {len(own):5d}  {source}")
    share = left_out / len(everything)
    print(
        f"threshold {best(everything, called):.3f} (n={len(everything)}, left out={share:.4f})"
    )


def doubt(reading: Reading, reader: Reader) -> float:
    """Probability of no digit; NEVER if the reading is called a digit with no doubt at all."""
    if reading.guess is None or reading.confidence < reader.threshold:
        return NEVER
    shares = reading.probabilities
    assert shares is not None
    return float(shares[NO_DIGIT]) if len(shares) > NO_DIGIT else 0.0


def best(right: Doubts, called: Doubts) -> float:
    """The doubt with the fewest mistakes, digits and nothing counting alike.

    ``right`` : doubts of readings of a digit, NEVER where they are wrong; ``called`` : of
    frames without one. The middle one of several that are equally good.
    """
    mistakes = np.array([np.mean(right > step) + np.mean(called <= step) for step in STEPS])
    good = np.flatnonzero(mistakes <= mistakes.min() + 1e-9)
    return float(STEPS[good[len(good) // 2]])
