"""Fit what a place that looks like writing is known by, on drawn rooms.

    python -m tools.train_base.places                     prints WEIGHTS of core.vision.places

A place is right where its box is about that of the writing on a drawn sheet; a logistic
regression tells the right ones from all others by the numbers of ``Places.measured``. The same
counts give the same weights.
"""

from __future__ import annotations

import sys

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from core.synthesis.held import sample_held
from core.synthesis.rooms import sample_room
from core.vision import Frame
from core.vision.places import WEIGHTS, Places
from core.vision.proposals import Box, overlap
from pi.cli.flags import number
from tools import command

SHEETS, ROOMS = 1500, 400
SEEDS = 41, 42
"""First part of the seeds of sheets and of rooms."""

RIGHT = 0.5
"""A place is right from this intersection over union with the writing's box on."""

STEPS = 25
RIDGE = 0.5
"""Weight of the squared weights, of standardised numbers; without it those could grow."""

OUTLIER = 4.0
"""Numbers count as at most this many standard deviations from their mean."""

Floats = NDArray[np.float64]


def examples(frame: Frame, box: tuple[int, ...] | None) -> tuple[Floats, Floats]:
    """The numbers of each place of a frame, (n, len(WEIGHTS)), and which are right, (n,)."""
    image = Image.fromarray(frame)
    boxes, numbers, _ = Places(image).measured()
    scale = max(1, round(max(image.size) / 160))
    right = [
        box is not None and overlap(Box(*(int(scale * s) for s in each)), Box(*box)) > RIGHT
        for each in boxes
    ]
    return numbers, np.array(right, np.float64)


def fit(numbers: Floats, right: Floats) -> Floats:
    """The weights, of which the last is that of the constant 1, by Newton's method."""
    mean, spread = numbers.mean(axis=0), numbers.std(axis=0) + 1e-6
    mean[-1], spread[-1] = 0, 1
    seen = np.clip((numbers - mean) / spread, -OUTLIER, OUTLIER)
    weights = np.zeros(seen.shape[1])
    for _ in range(STEPS):
        likely = 1 / (1 + np.exp(-seen @ weights))
        slope = seen.T @ (right - likely) - RIDGE * weights
        curve = (seen * (likely * (1 - likely))[:, None]).T @ seen
        weights += np.linalg.solve(curve + RIDGE * np.eye(len(weights)), slope)
    plain = weights / spread
    plain[-1] -= float((plain[:-1] * mean[:-1]).sum())
    return plain


def main(argv: list[str] | None = None) -> int:
    """Draw, fit and print; 0."""
    parser = command.parser("tools.train_base.places", __doc__)
    parser.add_argument("--sheets", type=number(int, 1), default=SHEETS)
    parser.add_argument("--rooms", type=number(int, 1), default=ROOMS)
    arguments = parser.parse_args(argv)
    return command.run("places", lambda: _print(arguments.sheets, arguments.rooms))


def _print(sheets: int, rooms: int) -> None:
    scenes = (sample_held(np.random.default_rng([SEEDS[0], n])) for n in range(sheets))
    drawn = [examples(scene.frame, scene.box) for scene in scenes]
    bare = (sample_room(np.random.default_rng([SEEDS[1], n])) for n in range(rooms))
    drawn += [examples(frame, None) for frame in bare]
    numbers, right = (np.concatenate(part) for part in zip(*drawn, strict=True))
    print(f"{len(right)} places, {int(right.sum())} of them the writing")
    for name, weight in zip(WEIGHTS, fit(numbers, right), strict=True):
        print(f"{name}: {weight:.2f}")


if __name__ == "__main__":
    sys.exit(main())
