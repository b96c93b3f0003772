"""The shipped weights read the sheets that the demo shows."""

from __future__ import annotations

from itertools import islice

import numpy as np
import pytest

from core.reading.reader import Reader
from core.synthesis.scene import Style, presentation

SHEETS = 300
# A sheet as the scene camera shows it: of five frames, the third holds it still.
FRAMES, HELD = 5, 2


def sheet(number):
    """One frame of a sheet held before the camera, and what is written there."""
    rng = np.random.default_rng([300, number])
    digit = int(rng.integers(10))
    scene = next(islice(presentation(rng, digit, FRAMES, style=Style.usual(rng)), HELD, None))
    assert scene.label == digit
    return scene.frame, digit


@pytest.mark.slow
def test_of_300_sheets_97_in_100_are_read():
    reader = Reader.default()
    wrong = []
    for number in range(SHEETS):
        frame, digit = sheet(number)
        reading = reader.read(frame)
        if reading.digit != digit:
            wrong.append(f"{number}: {digit} as {reading.guess} ({reading.confidence:.2f})")
    assert len(wrong) <= 0.03 * SHEETS, "; ".join(wrong)
