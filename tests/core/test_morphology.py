"""Windows of maxima and minima, against loops over every pixel."""

from __future__ import annotations

import numpy as np
import pytest

from core.morphology import open_along_columns, running_maximum, thicken


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


def brute_opening(column, window):
    """Greatest level at which a run of `window` rows, beyond the ends too, covers the row."""
    outside = [255] * window
    line = [*outside, *column, *outside]
    runs = [min(line[top : top + window]) for top in range(len(line) - window + 1)]
    return [
        max(runs[top] for top in range(place + 1, place + window + 1))
        for place in range(len(column))
    ]


@pytest.mark.parametrize("window", [1, 2, 3, 5, 10])
def test_opening_is_a_minimum_and_then_a_maximum(rng, window):
    image = rng.integers(0, 256, (10, 6)).astype(np.uint8)
    expected = np.array([brute_opening(column, window) for column in image.T.tolist()]).T
    np.testing.assert_array_equal(open_along_columns(image, window), expected)


def test_opening_by_hand():
    image = np.array([[9, 0, 0], [0, 5, 7], [0, 6, 0], [0, 8, 0], [0, 0, 9]], np.uint8)
    # Runs of three rows: the middle column's 5, 6, 8 go on at 5; what stands at the edge goes
    # on beyond it.
    expected = [[9, 0, 0], [0, 5, 0], [0, 5, 0], [0, 5, 0], [0, 0, 9]]
    np.testing.assert_array_equal(open_along_columns(image, 3), expected)
