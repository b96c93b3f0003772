"""Sheets with rows of digits: the digits named are there, all of them inside the frame."""

from __future__ import annotations

import numpy as np
import pytest

from core.reading.row_layout import RowDigit, in_rows
from core.synthesis.row_scene import LONGEST, SIZES, sample_rows
from core.synthesis.style import Style
from core.vision.components import find_components
from core.vision.digitise import Box, find_digits


def test_what_is_drawn_at_random(rng):
    scenes = [sample_rows(rng) for _ in range(40)]
    assert {scene.frame.dtype for scene in scenes} == {np.dtype(np.uint8)}
    assert {scene.frame.shape for scene in scenes} <= set(SIZES)
    assert {len(scene.rows) for scene in scenes} == {1, 2, 3}
    lengths = {len(row) for scene in scenes for row in scene.rows}
    assert lengths == set(range(1, LONGEST + 1))
    assert set("".join(row for scene in scenes for row in scene.rows)) == set("0123456789")


def test_the_same_seed_is_the_same_sheet():
    one, other = (sample_rows(np.random.default_rng(4)) for _ in range(2))
    assert np.array_equal(one.frame, other.frame)
    assert one.rows == other.rows


@pytest.mark.parametrize("seed", range(8))
def test_every_digit_is_in_sight_and_in_its_row(seed):
    """On plain paper with a dark pen there are as many pieces of ink, in as many rows."""
    rng = np.random.default_rng(seed)
    style = Style(height=0.3, rotation=float(rng.uniform(-10, 10)))
    rows = ("88", "3086", "68")
    scene = sample_rows(rng, rows, size=(480, 640), style=style)
    assert scene.rows == rows
    ink = find_components(scene.frame < 110)
    sides = zip(ink.left, ink.top, ink.right, ink.bottom, ink.area, strict=True)
    digits = [RowDigit(8, 0.9, 8, Box(*box)) for *box, area in sides if area >= 30]
    for box in (digit.box for digit in digits):
        assert min(box) > 0
        assert box.right < 640
        assert box.bottom < 480
    assert [len(row) for row in in_rows(digits)] == [2, 4, 2]


def test_a_pen_does_not_grow_thinner_with_the_digits(rng):
    style = Style(height=0.9)
    dark = []
    for rows in (("8",), ("888888",)):
        scene = sample_rows(np.random.default_rng(1), rows, size=(240, 320), style=style)
        boxes = [found.box for found in find_digits(scene.frame)]
        # A digit is higher than it is wide, the row as a whole is not.
        tall = max(
            box.bottom - box.top for box in boxes if box.right - box.left < box.bottom - box.top
        )
        dark.append(((scene.frame < 100).sum() / len(rows[0]), tall))
    # Six eights are much lower, but written with the same pen: more ink for their height.
    assert dark[1][1] < 0.5 * dark[0][1]
    assert dark[1][0] / dark[1][1] ** 2 > 1.3 * dark[0][0] / dark[0][1] ** 2
