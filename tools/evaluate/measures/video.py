"""Simulated presentations of a sheet: frames until the right digit is lit, and wrong digits.

The sheets come before a bare table first, then as many, each held by a hand, before rooms.
"""

from __future__ import annotations

import argparse
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np

from core.reading.reader import Reader, Reading
from core.synthesis.held import held_presentation
from core.synthesis.scene import Scene, presentation
from pi.service.voting import FrameVote
from tools.evaluate.contact_sheet import Failure, draw
from tools.evaluate.measures.nodigit import HELD_OUT
from tools.evaluate.progress import show_progress

COUNT = 300

FRAMES = 32
"""A presentation: four frames with no sheet, four of it coming, sixteen held, as many back."""

FRAME_S = 0.1
"""Seconds between frames: a Zero with a camera reaches about ten a second."""


@dataclass(frozen=True)
class Outcome:
    """frames_to_lit: 1 = lit with the first frame that shows the whole digit, before a room all
    of the sheet that will be shown; None = never.

    wrong: the first wrong digit that was lit, and the reading at that frame.
    """

    frames_to_lit: int | None
    wrong: tuple[int, Failure] | None


Film = Callable[[np.random.Generator, int, int], Iterator[Scene]]
"""Gives the frames of a presentation: of a digit, and how many."""


def measure(reader: Reader, arguments: argparse.Namespace) -> None:
    """Print how soon digits are lit, and how often a wrong one is."""
    failures: list[Failure] = []
    table = _measure(reader, arguments.count, presentation, HELD_OUT, failures)
    print(f"before a table: {table}\n\nbefore rooms")
    rooms = _measure(reader, arguments.count, held_presentation, HELD_OUT + 2, failures)
    if arguments.sheet:
        draw(failures, arguments.sheet)
    print(f"video {table}; before rooms {rooms}")


def _measure(reader: Reader, count: int, film: Film, seed: int, failures: list[Failure]) -> str:
    """Watch ``count`` presentations; the figures in words, after a table of them."""
    vote = FrameVote()
    waits, wrong = [], Counter[str]()
    for number in range(count):
        rng = np.random.default_rng([seed, number])
        digit = int(rng.integers(10))
        start = number * FRAMES * FRAME_S
        outcome = watch(reader, vote, film(rng, digit, FRAMES), digit, start)
        waits.append(np.inf if outcome.frames_to_lit is None else outcome.frames_to_lit)
        if outcome.wrong is not None:
            wrong[f"{digit} lit as {outcome.wrong[0]}"] += 1
            failures.append(outcome.wrong[1])
        show_progress(number + 1, count)
    for wait, times in sorted(Counter(waits).items()):
        name = "never lit" if np.isinf(wait) else f"lit with frame {wait:.0f}"
        print(f"{times:5d} of {count:5d}  {name}")
    for name, times in wrong.most_common():
        print(f"{times:5d} of {count:5d}  {name}")
    never = waits.count(np.inf) / count
    figures = f"n={count}, wrong={wrong.total() / count:.4f}, never={never:.4f}"
    return f"{np.median(waits):g} ({figures})"


def watch(
    reader: Reader, vote: FrameVote, scenes: Iterator[Scene], digit: int, start: float
) -> Outcome:
    """One presentation of a digit, its first frame `start` s after the film's beginning.

    The vote keeps the frames of the presentation before, as on a device: a digit that stays lit
    until the next sheet comes into view is a wrong one there.
    """
    visible, lit, wrong = 0, None, None
    for number, scene in enumerate(scenes):
        reading = reader.read(scene.frame)
        shown = vote.see(reading, start + number * FRAME_S)
        visible += scene.label is not None
        if lit is None and visible and shown.digit == digit:
            lit = visible
        coming = shown.changed or number >= FRAMES // 8
        if wrong is None and coming and shown.digit not in (None, digit):
            wrong = (shown.digit, _failure(digit, number, scene.frame, reading))
    return Outcome(lit, wrong)


def _failure(digit: int, number: int, frame: np.ndarray, reading: Reading) -> Failure:
    name = f"{digit}-at-{number} {reading.guess} {reading.confidence:.2f}"
    return Failure.of(name, frame, reading)
