"""Clouds."""

from __future__ import annotations

import numpy as np

from tools.evaluate.mnist_c.plasma import plasma


def test_plasma_spans_nought_to_one_and_is_smooth(rng):
    clouds = plasma(rng, 5, 64)
    assert np.allclose(clouds.min(axis=(1, 2)), 0)
    assert np.allclose(clouds.max(axis=(1, 2)), 1)
    step = np.abs(np.diff(clouds, axis=2)).mean()
    far = np.abs(clouds[:, :, 32:] - clouds[:, :, :32]).mean()
    assert step < far / 4
    assert not np.allclose(clouds[0], clouds[1])
