"""Drawn sheets held up before drawn rooms, with seeds that no training set uses."""

from __future__ import annotations

import argparse
from collections.abc import Iterator

import numpy as np

from core.reading.reader import Reader
from core.synthesis.held import SHEET, sample_held
from core.synthesis.rooms import sample_room
from core.synthesis.scene import Scene
from core.vision import Frame
from tools.evaluate.contact_sheet import Failure, draw
from tools.evaluate.measures.nodigit import HELD_OUT
from tools.evaluate.progress import show_progress
from tools.evaluate.tally import Tally

COUNT = 1000

STEPS = (0.5, 0.7, np.inf)
"""Heights up to which sheets are counted together, as shares of the frame's."""


def measure(reader: Reader, arguments: argparse.Namespace) -> None:
    """Print what is read by height of the sheet, and how many bare rooms are called a digit."""
    tally = Tally()
    for number, (scene, height) in enumerate(frames(arguments.count)):
        reading = reader.read(scene.frame)
        assert scene.label is not None
        step = next(step for step in STEPS if height <= step)
        source = "larger sheets" if np.isinf(step) else f"sheets up to {step:.1f} of the frame"
        name = f"{number} is {scene.label}, {reading.guess} {reading.confidence:.2f}"
        tally.add(name, source, scene.label, scene.frame, reading, scene.box)
    called = []
    for number, room in enumerate(rooms(arguments.count)):
        reading = reader.read(room)
        if reading.digit is not None:
            text = f"room-{number} {reading.digit} {reading.confidence:.2f}"
            called.append(Failure.of(text, room, reading))
    tally.show(None)
    if arguments.sheet:
        draw([*tally.failures, *called], arguments.sheet)
    print(tally.calibration)
    wrong = round((1 - tally.accuracy) * tally.count) - tally.unread
    print(
        f"held {tally.accuracy:.4f} (n={tally.count}, wrong={wrong / tally.count:.4f}, "
        f"rooms called a digit={len(called) / arguments.count:.4f})"
    )


def frames(count: int) -> Iterator[tuple[Scene, float]]:
    """``count`` held sheets, digit after digit, and the height of each sheet in frames."""
    for number in range(count):
        rng = np.random.default_rng([HELD_OUT, number])
        height = float(rng.uniform(*SHEET))
        yield sample_held(rng, digit=number % 10, sheet=(height, height)), height
        show_progress(number + 1, count)


def rooms(count: int) -> Iterator[Frame]:
    """``count`` rooms with nothing held up."""
    for number in range(count):
        yield sample_room(np.random.default_rng([HELD_OUT + 1, number]))
        show_progress(number + 1, count)
