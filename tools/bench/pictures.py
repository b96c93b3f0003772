"""Time to digitise a frame, against the same steps with scipy.ndimage."""

from __future__ import annotations

from statistics import median

import numpy as np
from numpy.typing import NDArray

from core.vision.digitise import find_digits
from tools.bench.measures import Result
from tools.bench.rivals import Rivals
from tools.bench.timing import Race, processor_s, race
from tools.digests import photograph

FRAMES = 12
Frames = NDArray[np.uint8]


def frames(count: int = FRAMES) -> Frames:
    """Photographs of 320x240, always the same: ruled, dark, empty, of one digit or two."""
    return np.stack([photograph(number) for number in range(count)])


def digitise(rivals: Rivals, rounds: int) -> tuple[Result, Race | None]:
    """core.vision.digitise against the same steps with scipy.ndimage."""
    if missing := rivals.missing("scipy"):
        return Result("digitise_scipy", skipped=missing), None
    pictures = frames()

    def ours() -> float:
        return processor_s(lambda: [find_digits(frame) for frame in pictures])

    theirs = rivals.contestant("scipy_digitise", {"frames": rivals.keep("frames", pictures)})
    found = race({"zerodigit": ours, "scipy.ndimage": theirs}, len(pictures), rounds)
    each = [f"{name} {1000 / median(found.rates(name)):.1f}" for name in found.seconds]
    note = f"{len(pictures)} frames of 320x240: {', '.join(each)} ms a frame"
    ratios = tuple(found.ratios("zerodigit", "scipy.ndimage"))
    return Result("digitise_scipy", ratios, note), found
