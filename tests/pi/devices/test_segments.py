from __future__ import annotations

import doctest

import pytest

from pi.devices import segments


def test_docstrings_hold():
    assert doctest.testmod(segments).failed == 0


def test_every_digit_has_its_own_segments():
    digits = [frozenset(segments.GLYPHS[str(digit)]) for digit in range(10)]
    assert len(set(digits)) == 10
    # How many segments each digit lights on any seven-segment display.
    assert [len(lit) for lit in digits] == [6, 2, 5, 5, 4, 5, 6, 3, 7, 6]


@pytest.mark.parametrize("glyph", segments.GLYPHS)
def test_glyphs_name_each_segment_once_and_in_order(glyph):
    lit = segments.GLYPHS[glyph]
    assert lit == "".join(sorted(set(lit)))
    assert set(lit) <= set(segments.NAMES)


@pytest.mark.parametrize("glyph", segments.GLYPHS)
def test_a_drawing_has_the_size_it_promises(glyph):
    lines = segments.draw(glyph, "#", ".")
    assert len(lines) == segments.HEIGHT
    assert {len(line) for line in lines} == {segments.WIDTH}


def test_lit_and_unlit_segments_are_where_they_belong():
    lines = segments.draw("4", "#", ".")
    assert lines[0] == " ........ "  # a
    assert lines[1] == "##      ##"  # f, b
    assert lines[5] == " ######## "  # g
    assert lines[6] == "..      ##"  # e, c
    assert lines[10] == " ........ "  # d


def test_paint_gets_each_run_and_whether_it_is_lit():
    lines = segments.draw("1", "#", ".", lambda cells, lit: f"<{cells}>" if lit else cells)
    assert lines[0] == " ........ "
    assert lines[1] == "..      <##>"
