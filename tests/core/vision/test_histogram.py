"""Counts of grey values against numpy's own figures of the pixels themselves."""

from __future__ import annotations

import numpy as np
import pytest

from core.vision.histogram import counted, deviation, low_and_high, mean, paired, quantile


@pytest.fixture
def picture(rng):
    return np.clip(rng.normal(120, 60, (50, 70)), 0, 255).astype(np.uint8)


def test_every_pixel_is_counted(picture):
    np.testing.assert_array_equal(counted(picture), np.bincount(picture.ravel(), minlength=256))
    # Of a part of a larger array too.
    part = picture[3:30:2, 5:60:3]
    np.testing.assert_array_equal(counted(part), np.bincount(part.ravel(), minlength=256))


def test_a_mask_says_which_pixels_count(picture):
    mask = np.zeros_like(picture)
    mask[10:20, 30:50] = 255
    mask[40, 60] = 1
    expected = np.bincount(picture[mask > 0], minlength=256)
    np.testing.assert_array_equal(counted(picture, mask), expected)


def test_mean_and_deviation(picture):
    counts = counted(picture)
    assert mean(counts) == pytest.approx(picture.mean())
    assert deviation(counts) == pytest.approx(picture.std())


@pytest.mark.parametrize("share", [0.0, 0.1, 0.5, 0.75, 1.0])
def test_quantiles(picture, share):
    found = quantile(counted(picture), share)
    assert np.mean(picture <= found) >= share
    assert found == 0 or np.mean(picture < found) < share or share == 0.0


def test_of_no_pixels_all_is_nothing():
    none = np.zeros(256, np.int32)
    assert (quantile(none, 0.5), mean(none), deviation(none)) == (0, 0.0, 0.0)


def test_pairs(picture):
    both = paired(picture, picture[::-1])
    np.testing.assert_array_equal(both, 256 * picture.astype(int) + picture[::-1])
    low, high = low_and_high(both)
    low[...] = 7
    np.testing.assert_array_equal(both, 256 * picture.astype(int) + 7)
    np.testing.assert_array_equal(high, picture)
