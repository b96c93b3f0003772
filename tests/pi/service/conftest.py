"""What the tests of the service share: results of frames, and settings."""

from __future__ import annotations

import numpy as np
import pytest

from core.reading.reader import Box, Reading
from core.vision.digitise import Digit
from pi import config
from pi.service.pipeline import FrameResult
from pi.service.voting import Decision


@pytest.fixture(scope="session")
def result():
    """A function that makes the result of a frame after which ``state`` is shown."""

    def make(state, confidence=0.9, guess=None):
        digit = state if isinstance(state, int) else None
        guess = digit if guess is None else guess
        if guess is None:
            return FrameResult(Decision(state), None, None, 0)
        shares = np.full(11, 0.01, np.float32)
        shares[guess] = confidence
        shares[(guess + 3) % 10] = 0.05
        found = Digit(np.full((28, 28), confidence, np.float32), Box(100, 60, 180, 200), 0.9)
        reading = Reading(digit, confidence, guess, shares, found, [found])
        return FrameResult(Decision(state), reading, 40.0, 3)

    return make


@pytest.fixture
def settings(tmp_path):
    """Settings whose samples and run folder are in ``tmp_path``."""
    given = {"samples.folder": str(tmp_path / "state"), "service.run_folder": str(tmp_path)}
    return config.load(overrides=given)
