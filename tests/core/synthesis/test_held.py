"""Held sheets: where the writing is, how large the sheet, and what may be on it."""

from __future__ import annotations

import numpy as np
import pytest

from core.synthesis.held import sample_held
from core.synthesis.strokes import character_strokes


def test_a_held_sheet_is_a_function_of_its_seed() -> None:
    first, again, other = (sample_held(np.random.default_rng(seed)) for seed in (1, 1, 2))
    assert first.frame.shape == (240, 320)
    assert first.frame.dtype == np.uint8
    np.testing.assert_array_equal(first.frame, again.frame)
    assert (first.label, first.box) == (again.label, again.box)
    assert (first.frame != other.frame).any()


@pytest.mark.parametrize("seed", range(8))
def test_the_box_is_within_the_frame_and_smaller_than_the_sheet(seed: int) -> None:
    scene = sample_held(np.random.default_rng(seed), digit=8, sheet=(0.5, 0.5))
    assert scene.label == 8
    assert scene.box is not None
    left, top, right, bottom = scene.box
    assert 0 <= left < right <= 320
    assert 0 <= top < bottom <= 240
    # A sheet turned by up to 16 degrees.
    assert 0.1 * 240 < bottom - top < 0.75 * 240


def test_a_bitmap_or_other_strokes_can_be_on_the_sheet_or_nothing() -> None:
    bitmap = np.zeros((28, 28), np.uint8)
    bitmap[4:24, 12:16] = 255
    assert sample_held(np.random.default_rng(0), digit=1, ink=bitmap).box is not None
    letter = character_strokes(np.random.default_rng(0), "k")
    scene = sample_held(np.random.default_rng(0), digit=None, strokes=letter)
    assert scene.label is None
    assert scene.box is not None
    assert sample_held(np.random.default_rng(0), digit=None).box is None
