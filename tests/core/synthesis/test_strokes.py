"""Handwriting: every character of every kind, any pen, the same from the same seed."""

from __future__ import annotations

import numpy as np
import pytest

from core.synthesis import glyphs, strokes
from core.synthesis.pen import PEN_KINDS, Pen, Strokes, draw_strokes
from core.synthesis.skeleton import skeleton_graph, thin

EVERYTHING = tuple(glyphs.GLYPHS)


def test_character_sets_are_apart() -> None:
    groups = (glyphs.DIGITS, glyphs.LETTERS, glyphs.LOOKALIKES, glyphs.SYMBOLS)
    assert len(glyphs.GLYPHS) == sum(len(group) for group in groups)
    assert tuple("0123456789") == strokes.DIGIT_CHARACTERS
    assert not set("OolIZzSsBbgqG") & set(strokes.LETTER_CHARACTERS)
    assert set("OolIZzSsBbgqG") <= set(strokes.LOOKALIKE_CHARACTERS)


@pytest.mark.parametrize("digit", "0123456789")
def test_several_ways_to_write_each_digit(digit: str) -> None:
    assert len(glyphs.DIGITS[digit]) >= 7


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


@pytest.mark.parametrize("kind", PEN_KINDS)
def test_pens_are_sampled_within_bounds(kind: str) -> None:
    rng = np.random.default_rng(0)
    for _ in range(50):
        pen = Pen.sample(rng, kind)
        assert pen.kind == kind
        assert 0.013 <= pen.width <= 0.22
        assert pen.passes >= 1
    assert strokes.draw_glyph(rng, "8", 80, pen=pen).max() > 0.3


def test_a_wider_pen_leaves_more_ink() -> None:
    amounts = [
        strokes.draw_glyph(np.random.default_rng(1), "3", 96, pen=Pen(width=width)).sum()
        for width in (0.02, 0.06, 0.12, 0.2)
    ]
    assert amounts == sorted(amounts)
    assert amounts[-1] > 4 * amounts[0]


def test_the_line_is_as_wide_as_asked() -> None:
    line = Strokes(
        np.array([[10, 32]], np.float32),
        np.array([[54, 32]], np.float32),
        np.zeros(1, np.float32),
    )
    rng = np.random.default_rng(0)
    for width in (2.0, 6.0, 12.0):
        ink = draw_strokes(rng, line, Pen("felt", pressure=0.0), width, (64, 64))
        assert ink[:, 32].sum() / ink.max() == pytest.approx(width, abs=0.9)
        rows = np.arange(64) @ ink[:, 32] / ink[:, 32].sum()
        assert rows == pytest.approx(31.75, abs=0.5)


def test_grain_lightens_and_skips_break() -> None:
    def mean(pen: Pen) -> float:
        return float(strokes.draw_glyph(np.random.default_rng(5), "0", 96, pen=pen).mean())

    plain = mean(Pen("pencil", 0.08))
    assert mean(Pen("pencil", 0.08, grain=0.9)) < 0.9 * plain
    assert mean(Pen("pencil", 0.08, skip=0.9)) < 0.9 * plain


def test_an_unknown_character_is_refused() -> None:
    with pytest.raises(KeyError):
        strokes.character_strokes(np.random.default_rng(0), "Ж")


def _bitmap() -> np.ndarray:
    """A 7 as MNIST would hold it: a bar 3 pixels high and a leg 3 pixels wide."""
    image = np.zeros((28, 28), np.uint8)
    image[4:7, 6:21] = 255
    image[4:24, 18:21] = 255
    return image


def test_thinning_leaves_a_line_one_pixel_wide() -> None:
    lines = thin(_bitmap() > 0)
    assert lines.sum() < 40
    assert lines[5, 8:17].all()
    assert lines[9:20].sum(axis=1).tolist() == [1] * 11


def test_a_skeleton_follows_the_bitmap() -> None:
    nodes, edges = skeleton_graph(_bitmap())
    assert nodes.dtype == np.float32
    assert edges.max() < len(nodes)
    leg = nodes[nodes[:, 1] > 10]
    np.testing.assert_allclose(leg[:, 0], 19.0, atol=0.8)


def test_a_bitmap_is_written_anew_with_any_pen() -> None:
    rng = np.random.default_rng(2)
    thin_line = strokes.redraw_bitmap(rng, _bitmap(), 84, pen=Pen(width=0.03))
    thick_line = strokes.redraw_bitmap(rng, _bitmap(), 84, pen=Pen(width=0.18))
    assert thin_line.shape == (84, 84)
    assert thin_line.dtype == np.float32
    assert thick_line.sum() > 3 * thin_line.sum() > 0
    blank = strokes.redraw_bitmap(rng, np.zeros((28, 28), np.uint8), 40)
    assert not blank.any()


def test_enlarging_keeps_the_shape_and_moves_the_edge() -> None:
    rng = np.random.default_rng(2)
    usual = strokes.enlarge_bitmap(rng, _bitmap(), 112)
    assert usual.shape == (112, 112)
    assert usual[22, 40] > 0.9
    assert usual[60, 30] < 0.1
    as_float = strokes.enlarge_bitmap(rng, _bitmap().astype(np.float32) / 255, 112)
    np.testing.assert_allclose(usual, as_float, atol=0.02)
    assert strokes.enlarge_bitmap(rng, _bitmap(), 112, bolder=0.2).sum() > usual.sum()
