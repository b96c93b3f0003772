"""Canny's edges of squares and steps."""

from __future__ import annotations

import numpy as np

from core.vision.components import find_components
from tools.evaluate.mnist_c.corruptions import canny_edges


def square(count=40, first=10, last=17):
    images = np.zeros((count, 28, 28), np.float32)
    images[:, first : last + 1, first : last + 1] = 1
    return images


def test_canny_finds_the_outline_of_a_square(rng):
    out = canny_edges(square(1, 8, 19), rng)[0]
    assert set(np.unique(out)) == {0.0, 1.0}
    assert out[10:18, 10:18].max() == 0
    assert out[:6].max() == out[22:].max() == out[:, :6].max() == out[:, 22:].max() == 0
    rows = out[13]
    # An edge of a pixel or two on either side, where the step is.
    assert 1 <= rows[6:10].sum() <= 2
    assert 1 <= rows[18:22].sum() <= 2
    assert rows.sum() == rows[6:10].sum() + rows[18:22].sum()
    assert len(find_components(out > 0)) == 1


def test_canny_follows_faint_edges_from_sure_ones_only(rng):
    step = np.zeros((2, 28, 28), np.float32)
    # Sobel gives eight times a slope, and the blurred step is at most 0.4 of it a pixel.
    step[0, :, 14:] = 0.05
    step[1, :, 14:] = np.linspace(0.2, 0.05, 28)[:, None]
    out = canny_edges(step, rng)
    assert out[0].max() == 0
    assert out[1, 20, 12:16].max() == 1
