"""Held sheets: where the writing is, how large the sheet, and what may be on it."""

from __future__ import annotations

import numpy as np
import pytest

from core.synthesis import held
from core.synthesis.held import held_presentation, sample_held
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


def test_a_sheet_comes_before_a_room_is_held_and_goes() -> None:
    shots = list(held_presentation(np.random.default_rng(3), 4, 16, size=(120, 160)))
    assert [shot.frame.shape for shot in shots] == [(120, 160)] * 16
    assert all(shot.label is None and shot.box is None for shot in (*shots[:2], *shots[-2:]))
    # Held for half of the frames, and perhaps whole before and after.
    assert all(shot.label == 4 and shot.box is not None for shot in shots[4:12])
    middles = np.array(
        [
            (left + right, top + bottom)
            for left, top, right, bottom in (s.box for s in shots[4:12])
        ]
    )
    # A tremor: it moves, and stays where it is held.
    assert 0 < np.abs(middles - middles.mean(axis=0)).max() < 20
    again = list(held_presentation(np.random.default_rng(3), 4, 16, size=(120, 160)))
    for one, other in zip(shots, again, strict=True):
        np.testing.assert_array_equal(one.frame, other.frame)


def test_the_room_of_a_presentation_stays_while_the_sheet_covers_a_part_of_it() -> None:
    shots = list(held_presentation(np.random.default_rng(5), 1, 16, sheet=(0.4, 0.4)))
    bare, held = (shot.frame.astype(float) for shot in (shots[0], shots[8]))
    changed = np.abs(bare - held) > 30
    assert 0.01 < changed.mean() < 0.5


@pytest.mark.parametrize("seed", range(20))
def test_the_writing_on_a_small_sheet_can_be_told_from_its_paper(seed: int) -> None:
    scene = sample_held(np.random.default_rng(seed), digit=2, sheet=(0.35, 0.35))
    assert scene.box is not None
    left, top, right, bottom = scene.box
    written = scene.frame[top:bottom, left:right]
    dark, light = np.percentile(written, (3, 80))
    assert light - dark > 8


@pytest.mark.parametrize("seed", range(10))
def test_fingers_reach_over_the_edge_but_not_over_the_writing(seed: int) -> None:
    corners = np.array([[60, 40], [260, 40], [260, 200], [60, 200]], float)
    grip = held._Grip(corners - [60, 40], corners)
    surface = np.ones((240, 320), np.float32)
    held._hold(np.random.default_rng(seed), surface, grip, 0.5, (12, 12, 188, 148))
    assert surface.min() < 0.9
    assert surface[60:180, 80:240].min() > 0.9
