"""Simulated presentations of a sheet: frames until the right digit is lit, and wrong digits."""

from __future__ import annotations

import argparse
from collections import Counter
from dataclasses import dataclass

import numpy as np

from core.reading.reader import Reader, Reading
from core.synthesis.scene import presentation
from pi.service.voting import FrameVote
from tools.evaluate.contact_sheet import Failure, draw
from tools.evaluate.measures.nodigit import HELD_OUT
from tools.evaluate.progress import show_progress

COUNT = 300

FRAMES = 32
"""A presentation: four frames of the empty table, four coming, sixteen held, as many back."""

FRAME_S = 0.1
"""Seconds between frames: a Zero with a camera reaches about ten a second."""


@dataclass(frozen=True)
class Outcome:
    """frames_to_lit: 1 = lit with the first frame that shows the whole digit, None = never.

    wrong: the first wrong digit that was lit, and the reading at that frame.
    """

    frames_to_lit: int | None
    wrong: tuple[int, Failure] | None


def measure(reader: Reader, arguments: argparse.Namespace) -> None:
    """Print how soon digits are lit, and how often a wrong one is."""
    vote = FrameVote()
    waits, wrong, failures = [], Counter[str](), []
    for number in range(arguments.count):
        rng = np.random.default_rng([HELD_OUT, number])
        digit = int(rng.integers(10))
        outcome = watch(reader, vote, rng, digit, number * FRAMES * FRAME_S)
        waits.append(np.inf if outcome.frames_to_lit is None else outcome.frames_to_lit)
        if outcome.wrong is not None:
            wrong[f"{digit} lit as {outcome.wrong[0]}"] += 1
            failures.append(outcome.wrong[1])
        show_progress(number + 1, arguments.count)
    for wait, count in sorted(Counter(waits).items()):
        name = "never lit" if np.isinf(wait) else f"lit with frame {wait:.0f}"
        print(f"{count:5d} of {len(waits):5d}  {name}")
    for name, count in wrong.most_common():
        print(f"{count:5d} of {len(waits):5d}  {name}")
    if arguments.sheet:
        draw(failures, arguments.sheet)
    share = wrong.total() / len(waits)
    print(f"video {np.median(waits):g} (n={len(waits)}, wrong={share:.4f})")


def watch(
    reader: Reader, vote: FrameVote, rng: np.random.Generator, digit: int, start: float
) -> Outcome:
    """One presentation of a digit, its first frame `start` s after the film's beginning.

    The vote keeps the frames of the presentation before, as on a device: a digit that stays lit
    into the next presentation is a wrong one there.
    """
    visible, lit, wrong = 0, None, None
    for number, scene in enumerate(presentation(rng, digit, FRAMES)):
        reading = reader.read(scene.frame)
        shown = vote.see(reading, start + number * FRAME_S)
        visible += scene.label is not None
        if lit is None and visible and shown.digit == digit:
            lit = visible
        if wrong is None and shown.digit not in (None, digit):
            wrong = (shown.digit, _failure(digit, number, scene.frame, reading))
    return Outcome(lit, wrong)


def _failure(digit: int, number: int, frame: np.ndarray, reading: Reading) -> Failure:
    name = f"{digit}-at-{number} {reading.guess} {reading.confidence:.2f}"
    return Failure.of(name, frame, reading)
