"""Unit vectors in whole numbers."""

from __future__ import annotations

import numpy as np

from core.exemplars.units import ONE, UNIT, unit_vectors


def test_rows_have_the_length_of_a_unit_and_keep_their_direction():
    rng = np.random.default_rng(1)
    features = rng.integers(0, 256, (50, 64)).astype(np.uint8)
    units = unit_vectors(features)
    assert units.dtype == np.uint8
    assert np.abs(np.linalg.norm(units.astype(float), axis=1) - UNIT).max() < 2
    exact = features / np.linalg.norm(features.astype(float), axis=1, keepdims=True)
    assert np.abs(units / UNIT - exact).max() <= 0.5 / UNIT + 1e-6


def test_products_are_cosines():
    one, other = np.array([[3, 4, 0]], np.uint8), np.array([[4, 3, 0]], np.uint8)
    product = unit_vectors(one).astype(int) @ unit_vectors(other).astype(int).T
    assert abs(product[0, 0] / ONE - 0.96) < 0.01


def test_extremes_stay_inside_their_type():
    units = unit_vectors(np.array([[0] * 64, [255] * 64, [255] + [0] * 63, [1] * 64], np.uint8))
    assert units[0].tolist() == [0] * 64
    assert units[1].tolist() == units[3].tolist() == [32] * 64
    assert units[2, 0] == UNIT


def test_no_rows_are_no_rows():
    assert unit_vectors(np.zeros((0, 64), np.uint8)).shape == (0, 64)
