"""Handwriting: every character of every kind, any pen, the same from the same seed."""

from __future__ import annotations

import numpy as np
import pytest

from core.synthesis import glyphs, strokes
from core.synthesis.pen import Pen, draw_strokes

EVERYTHING = tuple(glyphs.GLYPHS)


@pytest.mark.parametrize("character", EVERYTHING)
def test_draws_ink_on_paper(character: str) -> None:
    ink = strokes.draw_glyph(np.random.default_rng(3), character, 64)
    assert ink.shape == (64, 64)
    assert ink.dtype == np.float32
    assert ink.min() >= 0.0
    assert ink.max() <= 1.0
    assert ink.max() > 0.5
    # Nothing runs over the edge.
    border = np.concatenate([ink[0], ink[-1], ink[:, 0], ink[:, -1]])
    assert border.max() < 0.3


def test_same_seed_same_digit_other_seed_another() -> None:
    first, again, other = (
        strokes.draw_glyph(np.random.default_rng(seed), "4", 48) for seed in (7, 7, 8)
    )
    np.testing.assert_array_equal(first, again)
    assert np.abs(first - other).max() > 0.5


def test_variants_are_drawn_by_weight() -> None:
    rng = np.random.default_rng(0)
    share = [
        strokes.character_strokes(rng, "7", wildness=0.0).start.shape[0] for _ in range(60)
    ]
    assert len(set(share)) > 3


def test_a_known_skeleton_without_wildness() -> None:
    one = strokes.character_strokes(np.random.default_rng(0), "l", wildness=0.0, variant=0)
    left, top, right, bottom = one.box()
    # From (4, 0) to (4, 100): upright, centred, of height 1.
    assert (left, right) == pytest.approx((0.0, 0.0), abs=1e-6)
    assert (top, bottom) == pytest.approx((-0.5, 0.5), abs=1e-6)


def test_an_unknown_character_is_refused() -> None:
    with pytest.raises(KeyError):
        strokes.character_strokes(np.random.default_rng(0), "Ж")


def test_a_bitmap_gives_the_strokes_of_its_line(seven: np.ndarray) -> None:
    found = strokes.bitmap_strokes(np.random.default_rng(2), seven)
    assert found is not None
    left, top, right, bottom = found.box()
    assert (bottom - top, left + right, top + bottom) == pytest.approx((1, 0, 0), abs=1e-5)
    inked = draw_strokes(
        np.random.default_rng(2), found.moved(60, np.array([42, 42])), Pen(), 4, (84, 84)
    )
    # The bar above, the leg on the right, nothing below on the left.
    assert inked[9:17, 30:50].max() > 0.5
    assert inked[40:60, 50:72].max() > 0.5
    assert not inked[30:, :40].any()
    blank = np.zeros((28, 28), np.uint8)
    assert strokes.bitmap_strokes(np.random.default_rng(2), blank) is None


def test_enlarging_keeps_the_shape_and_moves_the_edge(seven: np.ndarray) -> None:
    usual = strokes.enlarge_bitmap(seven, 112)
    assert usual.shape == (112, 112)
    assert usual[22, 40] > 0.9
    assert usual[60, 30] < 0.1
    as_float = strokes.enlarge_bitmap(seven.astype(np.float32) / 255, 112)
    np.testing.assert_allclose(usual, as_float, atol=0.02)
    assert strokes.enlarge_bitmap(seven, 112, bolder=0.2).sum() > usual.sum()
