"""Pens: as wide as they say, with their own grain; strokes moved and joined."""

from __future__ import annotations

import numpy as np
import pytest

from core.synthesis import strokes
from core.synthesis.pen import PEN_KINDS, Pen, Strokes, draw_strokes


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


def test_strokes_are_moved_and_joined() -> None:
    one = Strokes.along(np.array([[0, 0], [2, 0], [2, 1]]))
    two = one.moved(2, np.array([10, -1]))
    assert two.box() == (10, -1, 14, 1)
    both = Strokes.joined([one, two])
    assert both.box() == (0, -1, 14, 1)
    assert both.start.dtype == both.weight.dtype == np.float32
    assert both.start.shape == (4, 2)
    left, top, right, bottom = two.normalised().box()
    assert (bottom - top, left + right, top + bottom) == pytest.approx(
        (1 / 1.24, 0, 0), abs=1e-6
    )
