"""Connected components, against a plain flood fill and pictures drawn in the test."""

from __future__ import annotations

import numpy as np
import pytest

from core.vision.components import find_components


def mask_of(*rows):
    """A mask from text: # is ink."""
    return np.array([[mark == "#" for mark in row] for row in rows])


def flood_fill(mask):
    """Labels 1 upwards in order of the first pixel, row by row; 0 is paper."""
    labels = np.zeros(mask.shape, int)
    count = 0
    for y, x in np.argwhere(mask):
        if labels[y, x]:
            continue
        count += 1
        labels[y, x] = count
        waiting = [(y, x)]
        while waiting:
            row, column = waiting.pop()
            for near_row in range(max(0, row - 1), min(mask.shape[0], row + 2)):
                for near in range(max(0, column - 1), min(mask.shape[1], column + 2)):
                    if mask[near_row, near] and not labels[near_row, near]:
                        labels[near_row, near] = count
                        waiting.append((near_row, near))
    return labels, count


def drawn(found):
    """The components as a picture of labels, 1 upwards."""
    labels = np.zeros(found.shape, int)
    for row, start, stop, label in zip(
        found.row, found.start, found.stop, found.label, strict=True
    ):
        assert start < stop
        labels[row, start:stop] = label + 1
    return labels


def test_agrees_with_a_flood_fill_on_random_masks(rng):
    for trial in range(200):
        height, width = rng.integers(1, 24, 2)
        mask = rng.random((height, width)) < (0.15, 0.4, 0.6, 0.9)[trial % 4]
        expected, count = flood_fill(mask)
        found = find_components(mask)
        assert len(found) == count
        np.testing.assert_array_equal(drawn(found), expected)
        for label in range(count):
            rows, columns = np.nonzero(expected == label + 1)
            assert found.area[label] == len(rows)
            assert (found.top[label], found.bottom[label]) == (rows.min(), rows.max() + 1)
            assert (found.left[label], found.right[label]) == (columns.min(), columns.max() + 1)


def test_long_winding_lines_are_one_component():
    # A spiral and a comb: many runs that are joined only in the end.
    comb = np.zeros((40, 41), bool)
    comb[:, ::2] = True
    assert len(find_components(comb)) == 21
    comb[-1] = True
    found = find_components(comb)
    assert len(found) == 1
    assert found.area[0] == comb.sum()

    zigzag = np.zeros((41, 20), bool)
    zigzag[::2] = True
    zigzag[1::4, -1] = True
    zigzag[3::4, 0] = True
    assert len(find_components(zigzag)) == 1


def test_shapes_whose_parts_meet_late_are_one_component():
    """Combs and staircases of teeth: runs are joined one by one, and in long chains."""
    comb = np.zeros((60, 81), bool)
    comb[:, ::2] = True
    stairs = comb.copy()
    comb[-1] = True
    for tooth in range(40):
        stairs[59 - tooth, 2 * tooth : 2 * tooth + 3] = True
    for mask in (comb, comb[::-1], stairs, stairs[::-1], stairs[:, ::-1], stairs[::-1, ::-1]):
        found = find_components(np.ascontiguousarray(mask))
        assert found.area.tolist() == [int(mask.sum())]


def test_statistics_by_hand():
    found = find_components(mask_of("##..#", "#...#", ".....", "##.##"))
    assert found.shape == (4, 5)
    assert found.row.tolist() == [0, 0, 1, 1, 3, 3]
    assert found.start.tolist() == [0, 4, 0, 4, 0, 3]
    assert found.stop.tolist() == [2, 5, 1, 5, 2, 5]
    assert found.label.tolist() == [0, 1, 0, 1, 2, 3]
    assert found.left.tolist() == [0, 4, 0, 3]
    assert found.top.tolist() == [0, 0, 3, 3]
    assert found.right.tolist() == [2, 5, 2, 5]
    assert found.bottom.tolist() == [2, 2, 4, 4]
    assert found.area.tolist() == [3, 2, 2, 2]


@pytest.mark.parametrize("mirrored", [False, True])
def test_corners_touch(mirrored):
    mask = mask_of("#..", ".#.", "..#")
    assert len(find_components(mask[:, ::-1] if mirrored else mask)) == 1


def test_one_column_between_is_enough_to_part():
    assert len(find_components(mask_of("#.#"))) == 2
    assert len(find_components(mask_of("#..", "..#"))) == 2
    assert len(find_components(mask_of("#", ".", "#"))) == 2


def test_the_end_of_a_row_does_not_touch_the_start_of_the_next():
    assert len(find_components(mask_of("...#", "#...", "...."))) == 2
    assert len(find_components(mask_of("..##", "....", "##.."))) == 2
    # In a mask of one column every pixel is both.
    assert len(find_components(mask_of("#", "#", ".", "#"))) == 2


def test_empty_full_and_single():
    empty = find_components(np.zeros((3, 4), bool))
    assert len(empty) == 0
    assert empty.left.tolist() == []
    assert not empty.mask(np.array([], int), (0, 0, 4, 3)).any()

    full = find_components(np.ones((3, 4), bool))
    assert len(full) == 1
    assert (full.area[0], full.right[0], full.bottom[0]) == (12, 4, 3)
    assert full.label.tolist() == [0, 0, 0]

    for y, x in ((0, 0), (2, 3), (1, 2)):
        single = np.zeros((3, 4), bool)
        single[y, x] = True
        found = find_components(single)
        assert [found.left, found.top, found.right, found.bottom] == [
            [x],
            [y],
            [x + 1],
            [y + 1],
        ]


def test_drawing_members_gives_their_pixels_only(rng):
    for _ in range(50):
        mask = rng.random((15, 18)) < 0.35
        labels, count = flood_fill(mask)
        found = find_components(mask)
        members = np.flatnonzero(rng.random(count) < 0.5)
        left, right = np.sort(rng.choice(19, 2, replace=False))
        top, bottom = np.sort(rng.choice(16, 2, replace=False))
        picture = found.mask(members, (int(left), int(top), int(right), int(bottom)))
        expected = np.isin(labels, members + 1)[top:bottom, left:right] * 255
        assert picture.dtype == np.uint8
        np.testing.assert_array_equal(picture, expected)


def test_large_components_are_counted_by_their_longer_side():
    found = find_components(mask_of("###.#", "....#", "##..#", "....#"))
    assert [found.larger_than(side) for side in (1, 3, 4, 5)] == [3, 2, 1, 0]
