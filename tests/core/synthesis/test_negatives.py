"""What is not a digit: every kind, and the halves that must not be readable."""

from __future__ import annotations

import numpy as np
import pytest

from core.synthesis.hard_negatives import spoil
from core.synthesis.negatives import KINDS, LOOKALIKE, sample_negative


@pytest.mark.parametrize("kind", [*KINDS, LOOKALIKE])
def test_every_kind_gives_frames_of_its_own(kind: str) -> None:
    first, again, other = (
        sample_negative(np.random.default_rng(seed), kind) for seed in (1, 1, 2)
    )
    assert first.kind == kind
    assert first.frame.shape == (240, 320)
    assert first.frame.dtype == np.uint8
    np.testing.assert_array_equal(first.frame, again.frame)
    assert (first.frame != other.frame).any()


@pytest.mark.parametrize("kind", KINDS)
def test_sizes_are_as_asked_or_drawn(kind: str) -> None:
    rng = np.random.default_rng(0)
    assert sample_negative(rng, kind, size=(60, 80)).frame.shape == (60, 80)
    assert min(sample_negative(rng, kind, size=None).frame.shape) >= 40


def test_kinds_are_drawn_at_random_but_never_a_lookalike() -> None:
    rng = np.random.default_rng(0)
    drawn = {sample_negative(rng, size=(48, 64)).kind for _ in range(150)}
    assert drawn == set(KINDS)
    assert LOOKALIKE not in KINDS


def test_an_unknown_kind_is_refused_with_the_known_ones() -> None:
    with pytest.raises(ValueError, match="empty, ruled"):
        sample_negative(np.random.default_rng(0), "unicorn")


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
    out = spoil(images, labels, np.random.default_rng(0))
    np.testing.assert_array_equal(images, before)
    assert out.shape == (60, 28, 28)
    assert out.dtype == np.float32
    assert out.min() >= 0
    assert out.max() <= 1
    assert (out.max(axis=(1, 2)) > 0.4).all()
    # A 1 is never cut: half a 1 is a 1. It is given a neighbour instead, so it gets wider.
    for image in out[labels == 1]:
        assert np.ptp(np.nonzero((image > 0.3).any(axis=0))[0]) > 8
    again = spoil(images, labels, np.random.default_rng(0))
    np.testing.assert_array_equal(out, again)


def test_spoiling_a_blank_gives_a_blank() -> None:
    out = spoil(np.zeros((3, 28, 28), np.uint8), np.array([0, 5, 8]), np.random.default_rng(0))
    assert not out.any()
