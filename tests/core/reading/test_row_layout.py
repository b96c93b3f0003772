"""Digits put in rows, from boxes laid out by hand."""

from __future__ import annotations

import numpy as np
import pytest

from core.reading.row_layout import RowDigit, common_slope, in_rows
from core.vision.digitise import Box


def at(digit, x, y, height=40, width=25):
    left, top = round(x - width / 2), round(y - height / 2)
    return RowDigit(digit, 0.9, digit, Box(left, top, left + width, top + height))


def text(rows):
    return ["".join(map(str, row)) for row in rows]


def test_nothing_is_no_row():
    assert in_rows([]) == []


def test_a_doubt_is_a_question_mark():
    assert str(RowDigit(None, 0.3, 4, Box(0, 0, 5, 5))) == "?"
    assert str(RowDigit(0, 0.9, 0, Box(0, 0, 5, 5))) == "0"


def test_a_level_and_a_middle():
    digit = at(1, 100, 50)
    assert digit.height == 40
    assert digit.middle == pytest.approx((100, 50), abs=0.5)
    assert digit.level(0.5) == pytest.approx(0, abs=1)


def test_rows_top_to_bottom_left_to_right(rng):
    digits = [
        at(d, 40 * x + 30, 70 * y + 30) for y in range(3) for x, d in enumerate((7, 8, 9))
    ]
    for _ in range(5):
        shuffled = [digits[i] for i in rng.permutation(len(digits))]
        assert text(in_rows(shuffled)) == ["789", "789", "789"]


def test_heights_and_feet_differ():
    row = [at(1, 30, 50), at(2, 75, 60, 55), at(3, 120, 44, 28), at(4, 170, 58, 45)]
    below = [at(5, 30, 110, 30), at(6, 80, 120, 50)]
    assert text(in_rows(row + below)) == ["1234", "56"]


@pytest.mark.parametrize("degrees", [-16, -8, 8, 16])
def test_the_sheet_may_be_held_askew(degrees):
    angle = np.radians(degrees)
    digits = []
    for y in range(3):
        for x in range(6):
            u, v = 45 * x, 62 * y
            digits.append(
                at(x, 60 + u * np.cos(angle) - v * np.sin(angle),
                   160 + u * np.sin(angle) + v * np.cos(angle))
            )  # fmt: skip
    # Held like that, the first of a lower row is above the last of the one before it.
    assert text(in_rows(digits)) == ["012345"] * 3
    assert common_slope(digits) == pytest.approx(np.tan(angle), abs=0.03)


def test_a_column_is_as_many_rows():
    assert text(in_rows([at(3, 50, 200), at(1, 52, 50), at(2, 47, 120)])) == ["1", "2", "3"]
