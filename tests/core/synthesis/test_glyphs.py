"""The written-down skeletons: complete, apart from each other, and well formed."""

from __future__ import annotations

import pytest

from core.synthesis import glyphs, strokes


def test_character_sets_are_apart() -> None:
    groups = (glyphs.DIGIT_GLYPHS, glyphs.LETTERS, glyphs.LOOKALIKES, glyphs.SYMBOLS)
    assert len(glyphs.GLYPHS) == sum(len(group) for group in groups)
    assert tuple(glyphs.DIGIT_GLYPHS) == tuple("0123456789")
    assert not set("OolIZzSsBbgqG") & set(strokes.LETTER_CHARACTERS)
    assert set("OolIZzSsBbgqG") <= set(strokes.LOOKALIKE_CHARACTERS)


@pytest.mark.parametrize("digit", "0123456789")
def test_several_ways_to_write_each_digit(digit: str) -> None:
    assert len(glyphs.DIGIT_GLYPHS[digit]) >= 7


@pytest.mark.parametrize("character", glyphs.GLYPHS)
def test_every_line_is_a_weight_and_strokes_of_points(character: str) -> None:
    for line in glyphs.GLYPHS[character]:
        weight, skeleton = line.split(":")
        assert float(weight) > 0
        for stroke in skeleton.split("/"):
            points = [tuple(map(float, p.rstrip("!").split(","))) for p in stroke.split()]
            assert len(points) >= 2
            assert all(-50 <= value <= 200 for point in points for value in point)
