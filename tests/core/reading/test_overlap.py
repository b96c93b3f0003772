"""How candidates lie to each other, on boxes worked out by hand."""

from __future__ import annotations

import numpy as np
import pytest

from core.reading.overlap import PIECE_OVERLAP, SAME_WRITING, Overlaps
from core.vision.proposals import Box


def overlaps(*boxes, **options):
    return Overlaps([Box(*box) for box in boxes], **options)


def shares(*rows, classes=11):
    """One row of shares for each dict {class: share}."""
    table = np.zeros((len(rows), classes), np.float32)
    for row, given in zip(table, rows, strict=True):
        for number, share in given.items():
            row[number] = share
    return table


def column(*values):
    return np.array(values, np.float32)


SQUARE = (0, 0, 100, 100)


@pytest.mark.parametrize(
    ("other", "alike"),
    [
        ((0, 0, 100, 80), True),  # 8000 of 10000
        ((0, 0, 100, 79), False),  # 7900 of 10000
        ((10, 0, 110, 100), True),  # 9000 of 11000
        ((12, 0, 112, 100), False),  # 8800 of 11200
        ((100, 0, 200, 100), False),  # they touch
        ((300, 300, 310, 310), False),
        ((-200, -200, -100, -100), False),  # apart both ways: the product must not count
    ],
)
def test_candidates_of_the_same_writing(other, alike):
    assert SAME_WRITING == 0.8
    both = overlaps(SQUARE, other)
    assert both.alike.tolist() == [[True, alike], [alike, True]]
    assert not overlaps(SQUARE, other, same_writing=2).alike.any()


@pytest.mark.parametrize(
    ("other", "piece"),
    [
        ((60, 0, 80, 100), True),  # the stem of a 4
        ((85, 0, 105, 100), False),  # 15 of its 20 columns
        ((83, 0, 103, 100), True),  # 17 of 20: 0.85
        ((0, 0, 100, 80), False),  # the same place
        ((200, 0, 220, 100), False),
        ((150, 150, 160, 160), False),
    ],
)
def test_pieces_of_a_larger_one(other, piece):
    assert PIECE_OVERLAP == 0.85
    both = overlaps(SQUARE, other)
    # The first is a piece of the second: never the whole of its piece, nothing of itself.
    assert both.piece.tolist() == [[False, False], [piece, False]]


def test_one_candidate_is_alike_to_itself_alone():
    alone = overlaps(SQUARE)
    assert alone.alike.tolist() == [[True]]
    assert alone.piece.tolist() == [[False]]
    np.testing.assert_allclose(
        alone.merged(shares({4: 0.9, 9: 0.1}), column(0.3)), shares({4: 0.9, 9: 0.1}), rtol=1e-6
    )
    assert alone.objections(shares({4: 1}), column(0.3)).tolist() == [0]


def test_merging_by_hand():
    pair = overlaps(SQUARE, (0, 0, 100, 90), (200, 0, 300, 100))
    merged = pair.merged(
        shares({3: 0.9, 8: 0.1}, {3: 0.2, 8: 0.8}, {1: 0.5, 10: 0.5}), column(1.0, 0.5, 0.2)
    )
    assert merged.dtype == np.float32
    # Mean squares, weighed 2 to 1: (2 * 0.81 + 0.04) / 3 and (2 * 0.01 + 0.64) / 3.
    three, eight = (1.66 / 3) ** 0.5, (0.66 / 3) ** 0.5
    expected = shares({3: three, 8: eight}, {3: three, 8: eight}, {1: 0.5, 10: 0.5})
    expected /= expected.sum(axis=1, keepdims=True)
    np.testing.assert_allclose(merged, expected, rtol=1e-5)


def test_places_of_ten_classes():
    merged = overlaps(SQUARE, SQUARE).merged(
        shares({7: 1}, {7: 0.5, 1: 0.5}, classes=10), column(1, 1)
    )
    assert merged.shape == (2, 10)
    np.testing.assert_allclose(merged.sum(axis=1), 1, rtol=1e-6)
    assert merged[0].argmax() == 7


def test_objections_by_hand():
    # A 4, its stem, its stem seen as a 4 as well, and a 1 elsewhere.
    boxes = overlaps(SQUARE, (60, 0, 80, 100), (0, 20, 60, 70), (200, 0, 220, 100))
    merged = shares({4: 0.7, 10: 0.3}, {1: 0.9, 10: 0.1}, {4: 0.6, 10: 0.4}, {1: 1.0})
    objections = boxes.objections(merged, column(0.5, 0.9, 0.4, 0.9))
    assert objections.dtype == np.float32
    # Quality times share of the 4; a whole that reads the same objects to nothing.
    np.testing.assert_allclose(objections, [0, 0.5 * 0.7, 0, 0], rtol=1e-6)


def test_the_best_whole_objects():
    boxes = overlaps(SQUARE, (-50, -50, 150, 150), (40, 40, 60, 60))
    merged = shares({4: 0.5, 10: 0.5}, {8: 0.9, 10: 0.1}, {1: 1.0})
    objections = boxes.objections(merged, column(0.9, 0.6, 1.0))
    # The square is a piece of the large box, and the small one of both: 0.54 beats 0.45.
    np.testing.assert_allclose(objections, [0.54, 0, 0.54], rtol=1e-6)


def test_what_is_no_digit_objects_by_its_digit_alone():
    """A drawn frame round a digit is nothing: what little it pair like a 0 is its say."""
    boxes = overlaps(SQUARE, (30, 30, 60, 60))
    objections = boxes.objections(shares({0: 0.05, 10: 0.95}, {6: 1.0}), column(1.0, 0.5))
    np.testing.assert_allclose(objections, [0, 0.05], rtol=1e-6)
