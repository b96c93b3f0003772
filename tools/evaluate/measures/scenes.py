"""Simulated photographs of one digit each, drawn with seeds that no training pool uses."""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from typing import Literal

import numpy as np

from core.reading.reader import Reader
from core.synthesis.scene import Scene, sample_scene
from core.synthesis.style import Style
from tools.evaluate.measures.nodigit import HELD_OUT
from tools.evaluate.progress import show_progress
from tools.evaluate.tally import Tally

COUNT = 1000

STYLES = ("usual", "any")
"""Styles: a sheet held so that it can be read, or anything that the training pool has."""


def measure(reader: Reader, arguments: argparse.Namespace) -> None:
    """Print what is read of the frames, by paper and pen, and which digits are confused."""
    tally = Tally()
    for number, scene in enumerate(frames(arguments.count, arguments.style)):
        reading = reader.read(scene.frame)
        assert scene.label is not None
        # Paper and pen come first in a note.
        source = ", ".join(scene.note.split(", ")[:2])
        name = f"{number} is {scene.label}, {reading.guess} {reading.confidence:.2f}"
        tally.add(name, source, scene.label, scene.frame, reading, scene.box)
    tally.show(arguments.sheet, arguments.confusion)
    print(tally.calibration)
    print(f"scenes {tally.accuracy:.4f} (n={tally.count}, unread={tally.unread})")


def frames(count: int, style: Literal["usual", "any"]) -> Iterator[Scene]:
    """``count`` scenes, digit after digit; of "any" style also of any size and tight crops."""
    for number in range(count):
        rng = np.random.default_rng([HELD_OUT, number])
        if style == "usual":
            yield sample_scene(rng, digit=number % 10, style=Style.usual(rng))
        else:
            yield sample_scene(rng, digit=number % 10, size=None)
        show_progress(number + 1, count)
