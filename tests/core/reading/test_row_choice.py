"""Choosing the digits of rows by the judge's confidence and by their neighbours."""

from __future__ import annotations

import numpy as np
import pytest

from core.reading.row_choice import RowSelector, shared, weighted_median
from core.vision import features
from core.vision.digitise import Box, Digit

STROKE = features.NAMES.index("stroke_in_frame")
FILL, CORE = features.NAMES.index("fill"), features.NAMES.index("core")


def candidate(box, stroke=0.0, fill=0.3):
    """A candidate for rows, which use its features and no crop."""
    vector = np.zeros(len(features.NAMES), np.float32)
    vector[[STROKE, FILL, CORE]] = stroke, fill, 0.5
    return Digit(np.zeros((28, 28), np.float32), Box(*box), 0.8, vector)


def read(*found, threshold=0.6):
    """Rows of (box, digit or shares, the judge's confidence[, darkness, stroke, fill])."""
    shares = np.full((len(found), 11), 0.01, np.float32)
    for row, (_, seen, *_) in zip(shares, found, strict=True):
        if isinstance(seen, int):
            row[seen] = 0.9
        else:
            row[:] = seen
    choice = RowSelector(
        [candidate(one[0], *one[4:]) for one in found],
        shares,
        np.array([one[2] for one in found], np.float32),
        np.array([one[3] if len(one) > 3 else 200.0 for one in found]),
    )
    return ["".join(map(str, row)) for row in choice.rows(threshold)]


def at(x, y=80, width=30, height=50):
    return (x, y, x + width, y + height)


TWO, THREE = (at(100), 2, 0.95), (at(150), 3, 0.9)


def test_rows_of_what_the_judge_is_sure_of():
    assert read(THREE, TWO) == ["23"]
    assert read(TWO, (at(100, 140), 7, 0.9)) == ["2", "7"]


def test_nothing_where_the_judge_is_sure_of_nothing():
    assert read((at(100), 1, 0.3), (at(150), 1, 0.5)) == []


@pytest.mark.parametrize(
    ("where", "rows"),
    [(at(200, 80, 8), ["231"]), (at(200, 10, 8), ["23"]), (at(330, 80, 8), ["23"])],
)
def test_a_poor_1_is_one_only_in_line_with_digits(where, rows):
    assert read(TWO, THREE, (where, 1, 0.002)) == rows


def test_a_piece_of_printed_line_is_no_1_even_in_line():
    assert read(TWO, THREE, (at(200, 80, 8), 1, 0.0002)) == ["23"]
    assert read(TWO, THREE, (at(200, 80, 8), 1, 0.002, 140.0)) == ["23"]


def test_another_pen_is_no_help():
    doubtful = (at(200), 7, 0.3)
    assert read(TWO, THREE, doubtful) == ["237"]
    faint, huge = (*doubtful, 60.0), (at(200, 20, 90, 170), 7, 0.3)
    for other in (faint, huge):
        assert read(TWO, THREE, other) == ["23"]
    poor = (at(200), 7, 0.02)
    assert read(TWO, THREE, poor) == ["237"]
    assert read(TWO, THREE, (*poor, 200.0, 1.5)) == ["23"]


def test_two_digits_outweigh_the_smear_that_joins_them():
    assert read((at(100, 80, 80), 8, 0.4), TWO, THREE) == ["23"]


def test_a_box_swollen_by_printed_line_gives_way_to_the_digit_and_its_neighbour():
    swollen = (at(100, 60, 75, 100), 2, 0.95, 200.0, 0.0, 0.24)
    assert read(swollen, TWO, THREE, (at(210), 6, 0.9)) == ["236"]


def test_a_stem_is_not_a_1_beside_its_4():
    assert read((at(125, 80, 5), 1, 0.5), (at(100), 4, 0.9), THREE) == ["43"]


def test_the_judge_decides_between_two_looks_at_a_writing():
    good, bad = (at(100), 2, 0.9), (at(101), 7, 0.001)
    assert read(good, bad, bad, bad, THREE) == ["23"]


def test_a_doubt_is_a_question_mark():
    doubt = np.full(11, 0.01, np.float32)
    doubt[[4, 9]] = 0.46, 0.44
    assert read(TWO, THREE, (at(200), doubt, 0.9)) == ["23?"]


def test_the_shared_part_is_of_the_smaller_box():
    assert shared(Box(0, 0, 10, 10), Box(5, 0, 25, 10)) == pytest.approx(0.5)
    assert shared(Box(0, 0, 10, 10), Box(20, 0, 30, 10)) == 0


def test_the_weighted_median_heeds_weights():
    assert weighted_median(np.array([3.0, 1.0, 2.0]), np.array([1.0, 1.0, 1.0])) == 2
    assert weighted_median(np.array([3.0, 1.0, 2.0]), np.array([9.0, 1.0, 1.0])) == 3
