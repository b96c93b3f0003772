"""From which confidence should a digit be called? Asked with each source left out in turn.

A threshold chosen on the photographs that it is then judged by flatters itself. Here each
source's photographs are judged by the threshold that serves the others best, beside drawn
frames without a digit, so the printed accuracy is of photographs that had no say.
"""

from __future__ import annotations

import argparse

import numpy as np
from numpy.typing import NDArray

from core.reader import Reader
from tools.evaluation import photos
from tools.evaluation.nodigit import LOOKALIKE, generated

Confidences = NDArray[np.float64]

STEPS = np.arange(0.3, 0.951, 0.05)
"""Thresholds that are tried."""

NOTHING = 480
"""Drawn frames without a digit, unless told."""


def measure(reader: Reader, arguments: argparse.Namespace) -> None:
    """Print what each threshold does, and the accuracy where each source had no say."""
    right: dict[str, list[float]] = {}
    for photograph, frame in photos.frames(arguments.folder, "photo_single"):
        reading = reader.read(frame)
        sure = reading.confidence if reading.guess == photograph.digit else -1.0
        right.setdefault(photograph.source, []).append(sure)
    called = np.array(
        [
            reading.confidence if reading.guess is not None else -1.0
            for kind, _, frame in generated(arguments.generated or NOTHING)
            if kind != LOOKALIKE
            for reading in [reader.read(frame)]
        ]
    )
    everything = np.concatenate([np.array(sure) for sure in right.values()])
    print("threshold  photographs right  nothing called a digit")
    for step in STEPS:
        print(
            f"{step:9.2f}  {np.mean(everything >= step):17.4f}  {np.mean(called >= step):22.4f}"
        )
    left_out = 0
    for source, own in sorted(right.items()):
        others = np.concatenate(
            [np.array(sure) for name, sure in right.items() if name != source]
        )
        step = best(others, called)
        count = int(np.count_nonzero(np.array(own) >= step))
        left_out += count
        print(f"{step:9.2f}  {count:5d} of {len(own):5d}  {source}")
    share = left_out / len(everything)
    print(
        f"threshold {best(everything, called):.2f} (n={len(everything)}, left out={share:.4f})"
    )


def best(right: Confidences, called: Confidences) -> float:
    """The threshold with the fewest mistakes, digits and nothing counting alike.

    ``right`` : confidences of readings of a digit, negative where they are wrong; ``called`` :
    of frames without one. The middle one of several that are equally good.
    """
    mistakes = np.array([np.mean(right < step) + np.mean(called >= step) for step in STEPS])
    good = np.flatnonzero(mistakes <= mistakes.min() + 1e-9)
    return float(STEPS[good[len(good) // 2]])
