"""Bands of light over drawn pages."""

from __future__ import annotations

import numpy as np
import pytest

from core.reading.reader import Reading
from tools.evaluate.measures.bands import bands, frames


def test_each_depth_is_a_measure_of_its_own(evaluate, reader):
    reader.read = lambda frame: Reading(7, 0.9, 7)
    code, out, err = evaluate("bands", "--count", 10, "--depth", 0.2, 0.4)
    assert (code, err) == (0, "")
    figures = "0.1000 at 0.2 (wrong=0.9000), 0.1000 at 0.4 (wrong=0.9000)"
    assert out[-1] == f"bands {figures} (n=10)"


def test_no_wrong_digit_is_a_plain_nought(evaluate, reader):
    reader.read = lambda frame: Reading()
    _, out, _ = evaluate("bands", "--count", 3, "--depth", 0.2)
    assert out[-1] == "bands 0.0000 at 0.2 (wrong=0.0000) (n=3)"


@pytest.mark.parametrize("square", [False, True])
def test_bands_run_as_asked_and_are_as_deep(square):
    rng = np.random.default_rng(0)
    level = bands(rng, (240, 320), 0.3, "level", square=square)
    upright = bands(rng, (240, 320), 0.3, "upright", square=square)
    assert np.ptp(level, axis=1).max() == 0 < np.ptp(level[:, 0])
    assert np.ptp(upright, axis=0).max() == 0 < np.ptp(upright[0])
    assert level.min() == pytest.approx(0.7, abs=0.01)
    assert level.max() == pytest.approx(1.0, abs=0.01)


def test_without_depth_a_frame_is_the_page():
    scene, frame, _ = next(frames(1, 0.0))
    np.testing.assert_array_equal(frame, scene.frame)
