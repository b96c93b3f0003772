"""Blurs and warps that can be worked out by hand."""

from __future__ import annotations

import numpy as np

from tools.evaluate.mnist_c.filters import gaussian, warp


def test_gaussian_of_a_point_is_the_bell():
    image = np.zeros((1, 15, 15), np.float32)
    image[0, 7, 7] = 1
    bell = np.exp(-(np.arange(-4, 5) ** 2) / 2)
    bell /= bell.sum()
    assert np.allclose(gaussian(image, 1.0)[0, 3:12, 3:12], np.outer(bell, bell), atol=1e-6)
    assert np.allclose(gaussian(np.ones((1, 9, 9), np.float32), 2.0), 1, atol=1e-6)


def test_warp_is_linear_and_empty_outside():
    image = np.arange(9, dtype=np.float32).reshape(1, 3, 3)
    assert np.array_equal(warp(image, np.eye(2)[None]), image)
    half = warp(image, np.eye(2)[None] / 2)
    assert half[0, 1].tolist() == [3.5, 4.0, 4.5]
    double = warp(image, np.eye(2)[None] * 2)
    assert double[0].tolist() == [[0, 0, 0], [0, 4, 0], [0, 0, 0]]
