"""Hard negatives: digits that are digits no longer."""

from __future__ import annotations

import numpy as np

from core.synthesis.hard_negatives import make_hard_negatives


def _digits() -> tuple[np.ndarray, np.ndarray]:
    """A ring (0), a bar (1) and a Z (2), many times over."""
    ring = np.zeros((28, 28), np.uint8)
    ring[4:24, 6:22] = 255
    ring[7:21, 9:19] = 0
    bar = np.zeros((28, 28), np.uint8)
    bar[4:24, 13:16] = 255
    zed = np.zeros((28, 28), np.uint8)
    zed[4:7, 6:22] = 255
    zed[21:24, 6:22] = 255
    for row in range(6, 22):
        zed[row, 26 - row - 2 : 26 - row + 2] = 255
    return np.stack([ring, bar, zed] * 20), np.array([0, 1, 2] * 20, np.uint8)


def test_spoilt_digits_are_digits_no_longer() -> None:
    images, labels = _digits()
    before = images.copy()
    out = make_hard_negatives(images, labels, np.random.default_rng(0))
    np.testing.assert_array_equal(images, before)
    assert out.shape == (60, 28, 28)
    assert out.dtype == np.float32
    assert out.min() >= 0
    assert out.max() <= 1
    assert (out.max(axis=(1, 2)) > 0.4).all()
    # A 1 is never cut: half a 1 is a 1. It is given a neighbour instead, so it gets wider.
    for image in out[labels == 1]:
        assert np.ptp(np.nonzero((image > 0.3).any(axis=0))[0]) > 8
    again = make_hard_negatives(images, labels, np.random.default_rng(0))
    np.testing.assert_array_equal(out, again)


def test_spoiling_a_blank_gives_a_blank() -> None:
    out = make_hard_negatives(
        np.zeros((3, 28, 28), np.uint8), np.array([0, 5, 8]), np.random.default_rng(0)
    )
    assert not out.any()
