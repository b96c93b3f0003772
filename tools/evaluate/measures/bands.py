"""Pages in bands of light, as of a lamp on mains before a rolling shutter, or of a blind."""

from __future__ import annotations

import argparse
from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from core.reading.reader import Reader
from core.synthesis.scene import Scene, sample_scene
from core.synthesis.style import Style, between, chance
from core.vision import Frame
from tools.evaluate.measures.nodigit import HELD_OUT
from tools.evaluate.progress import show_progress
from tools.evaluate.tally import Tally

COUNT = 300
DEPTHS = (0.3, 0.5)
"""Light that the darkest part of a band lacks, as a share of the lightest part's."""

PERIODS = (1.0, 6.0)
"""Bands in a frame's height or width."""

DIRECTIONS = ("level", "upright", "slanted")


def measure(reader: Reader, arguments: argparse.Namespace) -> None:
    """Print for each depth what is read, by direction and shape of the bands."""
    figures = []
    for depth in arguments.depth:
        tally = Tally()
        for number, (scene, frame, kind) in enumerate(frames(arguments.count, depth)):
            assert scene.label is not None
            reading = reader.read(frame)
            name = f"{number} is {scene.label}, {reading.guess} {reading.confidence:.2f}"
            tally.add(name, kind, scene.label, frame, reading)
        print(f"bands of depth {depth:g}:")
        tally.show(arguments.sheet)
        wrong = round((1 - tally.accuracy) * tally.count) - tally.unread
        figures.append(f"{tally.accuracy:.4f} at {depth:g} (wrong={wrong / tally.count:.4f})")
    print(f"bands {', '.join(figures)} (n={arguments.count})")


def frames(count: int, depth: float) -> Iterator[tuple[Scene, Frame, str]]:
    """``count`` plain pages, digit after digit; their frames in bands; the kind of bands."""
    for number in range(count):
        rng = np.random.default_rng([HELD_OUT, number])
        style = Style(height=between(rng, 0.4, 0.8), ink=between(rng, 0.7, 1.0))
        scene = sample_scene(rng, digit=number % 10, style=style)
        direction = DIRECTIONS[int(rng.integers(len(DIRECTIONS)))]
        square = chance(rng, 0.5)
        light = bands(rng, scene.frame.shape, depth, direction, square=square)
        frame = np.rint(scene.frame * light).astype(np.uint8)
        yield scene, frame, f"{'square' if square else 'sine'}, {direction}"
        show_progress(number + 1, count)


def bands(
    rng: np.random.Generator,
    shape: tuple[int, ...],
    depth: float,
    direction: str,
    *,
    square: bool,
) -> NDArray[np.float64]:
    """The light of each pixel, float64 of ``shape``, from 1 - depth to 1."""
    height, width = shape
    y, x = np.mgrid[0:height, 0:width]
    across = {"level": y / height, "upright": x / width, "slanted": (x + y) / (height + width)}
    phase = 2 * np.pi * (between(rng, *PERIODS) * across[direction] + rng.random())
    wave = np.cos(phase)
    return 1 - depth * (wave > 0 if square else 0.5 + 0.5 * wave)
