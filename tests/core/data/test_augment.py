"""Augmentation: what it must leave alone, what it must move, and by how much."""

from __future__ import annotations

import numpy as np
import pytest

from core.data.augment import Augmenter

CHANGES = (
    "rotation", "scale", "stretch", "shear", "shift", "elastic", "width", "breaks", "lines",
    "specks", "neighbours", "blur", "noise", "contrast",
)  # fmt: skip
STRENGTH = {"rotation": 12.0, "scale": 0.2, "stretch": 0.2, "shear": 0.2, "shift": 2.0}


@pytest.fixture
def batch() -> np.ndarray:
    """Eight different shapes: a ring, a bar and a hook on each, at places of their own."""
    images = np.zeros((8, 28, 28), np.uint8)
    for index in range(8):
        images[index, 6:22, 12 + index % 3 : 15 + index % 3] = 255
        images[index, 6 + index : 9 + index, 8:20] = 200
    return images


def test_an_augmentation_that_changes_nothing_is_refused() -> None:
    for nothing in ({}, {"rotation": 0.0}):
        with pytest.raises(ValueError, match=r"changes nothing.*Augmenter\.mild\(\)"):
            Augmenter(**nothing)


def test_a_warp_of_no_size_returns_the_input(batch: np.ndarray) -> None:
    # It still goes through the gathering of pixels.
    out = Augmenter(shift=1e-9)(batch, np.random.default_rng(0))
    assert out.dtype == np.float32
    np.testing.assert_allclose(out, batch / 255.0, atol=1e-5)


def test_where_nothing_moves_the_input_is_copied(batch: np.ndarray) -> None:
    out = Augmenter(noise=1e-9)(batch, np.random.default_rng(0))
    assert out.dtype == np.float32
    np.testing.assert_allclose(out, batch / 255.0, atol=1e-6)


class _Highest(np.random.Generator):
    """A generator whose uniform draws are all at the upper end."""

    def uniform(self, low=0.0, high=1.0, size=None):  # type: ignore[no-untyped-def]
        return np.broadcast_to(np.asarray(high, np.float64), size or ()).copy()


def test_a_known_shift_moves_a_pixel() -> None:
    image = np.zeros((1, 28, 28), np.float32)
    image[0, 10, 20] = 1.0
    out = Augmenter(shift=3.0)(image, _Highest(np.random.PCG64(0)))
    # Each output pixel is fetched from 3 to the upper left: the dot goes down and right.
    assert out[0, 13, 23] == pytest.approx(1.0)
    assert out.sum() == pytest.approx(1.0)
    half = Augmenter(shift=0.5)(image, _Highest(np.random.PCG64(0)))
    np.testing.assert_allclose(half[0, 10:12, 20:22], 0.25, atol=1e-6)


def test_a_known_scale_enlarges_about_the_middle() -> None:
    image = np.zeros((1, 28, 28), np.float32)
    image[0, 10:18, 10:18] = 1.0
    out = Augmenter(scale=1.0)(image, _Highest(np.random.PCG64(0)))
    # Fetched from twice as far from the middle: half as wide, an area of a quarter.
    assert out.sum() == pytest.approx(64 / 4, rel=0.02)
    np.testing.assert_allclose(out[0], out[0, ::-1, ::-1], atol=1e-5)


@pytest.mark.parametrize("change", CHANGES)
def test_each_change_shows_alone_and_stays_in_range(change: str, batch: np.ndarray) -> None:
    augmenter = Augmenter(**{change: STRENGTH.get(change, 1.0)})
    out = augmenter(batch, np.random.default_rng(1))
    assert out.shape == batch.shape
    assert out.dtype == np.float32
    assert out.min() >= 0.0
    assert out.max() <= 1.0
    changed = np.abs(out - batch / np.float32(255)).max(axis=(1, 2))
    assert (changed > 0.02).sum() >= 5


def test_chance_zero_leaves_and_one_takes_all(batch: np.ndarray) -> None:
    out = Augmenter(blur=1.0)(batch, np.random.default_rng(1))
    assert (np.abs(out - batch / 255).max(axis=(1, 2)) > 0).all()
    some = Augmenter(lines=0.5)(np.repeat(batch, 20, axis=0), np.random.default_rng(1))
    touched = np.abs(some - np.repeat(batch, 20, axis=0) / 255).max(axis=(1, 2)) > 1e-6
    assert 50 < touched.sum() < 110


def test_all_randomness_is_the_generators(batch: np.ndarray) -> None:
    strong = Augmenter.strong()
    before = batch.copy()
    first, again, other = (strong(batch, np.random.default_rng(s)) for s in (4, 4, 5))
    np.testing.assert_array_equal(first, again)
    assert np.abs(first - other).max() > 0.1
    np.testing.assert_array_equal(batch, before)


def test_the_presets_keep_digits_and_differ_in_strength(batch: np.ndarray) -> None:
    many = np.repeat(batch, 8, axis=0)
    mild = Augmenter.mild()(many, np.random.default_rng(0))
    strong = Augmenter.strong()(many, np.random.default_rng(0))
    ink = many.sum() / 255
    assert 0.6 * ink < mild.sum() < 1.5 * ink
    reference = many / np.float32(255)
    assert np.abs(strong - reference).mean() > np.abs(mild - reference).mean()


def test_float_input_is_taken_as_it_is(batch: np.ndarray) -> None:
    grey = batch.astype(np.float32) / np.float32(255)
    mild = Augmenter.mild()
    np.testing.assert_allclose(
        mild(grey, np.random.default_rng(0)), mild(batch, np.random.default_rng(0)), atol=1e-6
    )


def test_an_empty_batch_stays_empty() -> None:
    out = Augmenter.strong()(np.zeros((0, 28, 28), np.uint8), np.random.default_rng(0))
    assert out.shape == (0, 28, 28)
