"""Windows of maxima and minima, against loops over every pixel."""

from __future__ import annotations

import numpy as np
import pytest

from core.vision.morphology import outline, running_maximum, spread, thicken


@pytest.mark.parametrize("window", [1, 2, 3, 4, 5, 7, 8, 9, 12])
def test_running_maximum_is_the_maximum_of_every_window(rng, window):
    image = rng.integers(0, 256, (12, 5)).astype(np.uint8)
    expected = [image[top : top + window].max(axis=0) for top in range(12 - window + 1)]
    result = running_maximum(image, window)
    assert result.dtype == np.uint8
    np.testing.assert_array_equal(result, expected)


@pytest.mark.parametrize("grow", [1, 2, 3, 6])
def test_thicken_is_the_maximum_of_a_square(rng, grow):
    image = (rng.integers(0, 256, (9, 11)) * (rng.random((9, 11)) < 0.2)).astype(np.uint8)
    result = thicken(image, grow)
    assert result.shape == (9 + 2 * grow, 11 + 2 * grow)
    far = np.pad(image, 2 * grow)
    for y in range(result.shape[0]):
        for x in range(result.shape[1]):
            around = far[y : y + 2 * grow + 1, x : x + 2 * grow + 1]
            assert result[y, x] == around.max()


def test_a_dot_becomes_a_square():
    dot = np.array([[200]], np.uint8)
    np.testing.assert_array_equal(thicken(dot, 1), np.full((3, 3), 200))


@pytest.mark.parametrize("grow", [1, 2, 3, 5])
def test_a_mask_is_spread_as_it_is_thickened_but_within_its_frame(rng, grow):
    mask = np.where(rng.random((23, 14)) < 0.05, np.uint8(255), np.uint8(0))
    expected = thicken(mask, grow)[grow:-grow, grow:-grow]
    np.testing.assert_array_equal(spread(mask, grow), expected)


def test_the_outline_is_counted_in_edges(rng):
    bar = np.zeros((12, 9), np.bool_)
    bar[2:9, 3:5] = True
    assert outline(bar) == 2 * (7 + 2)
    # The frame's own edges are none of the bar's.
    assert outline(bar[2:9]) == 2 * 7
    assert outline(np.ones((4, 5), np.bool_)) == 0
    noise = rng.random((31, 17)) < 0.5
    across = np.count_nonzero(np.diff(noise, axis=1))
    assert outline(noise) == across + np.count_nonzero(np.diff(noise, axis=0))
