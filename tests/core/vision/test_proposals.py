"""What may be a digit, of components drawn in the test."""

from __future__ import annotations

import numpy as np
import pytest

from core.vision.components import find_components
from core.vision.flatfield import Ink
from core.vision.proposals import Box, Proposal, cut_out, distinct, overlap, propose

HEIGHT, WIDTH = 100, 200


def ink_of(*boxes, darkness=200):
    """Ink of rectangles (left, top, right, bottom), on a page of 200x100."""
    amount = np.zeros((HEIGHT, WIDTH), np.uint8)
    for left, top, right, bottom in boxes:
        amount[top:bottom, left:right] = darkness
    return Ink(amount, 1.0, 1.0, False, np.full((HEIGHT, WIDTH), 200, np.uint8))


def proposed(*boxes, level=60, limit=8, smallest=0.09):
    ink = ink_of(*boxes)
    return propose(ink, find_components(ink.amount >= level), level, 0, smallest, limit)


def boxes(proposals):
    return [tuple(proposal.box) for proposal in proposals]


MIDDLE = (98, 30, 102, 70)
"""A 1 in the middle: 40 of 100 pixels high."""


def test_one_stroke_is_one_proposal():
    ink = ink_of(MIDDLE)
    components = find_components(ink.amount >= 60)
    (found,) = propose(ink, components, 60, 1, 0.09, 8)
    assert found.box == Box(*MIDDLE)
    assert found.ink is ink
    assert found.components is components
    assert found.members.tolist() == [0]
    assert (found.area, found.level, found.ruled) == (160, 60, 1)


def test_an_empty_page_proposes_nothing():
    assert proposed() == []


@pytest.mark.parametrize(
    ("smallest", "height", "found"),
    [
        (0.09, 11, 0),  # less than SMALLEST_PIXELS
        (0.09, 12, 1),
        (0.3, 29, 0),  # 0.3 of the shorter side
        (0.3, 30, 1),
    ],
)
def test_the_least_size(smallest, height, found):
    assert len(proposed((98, 30, 102, 30 + height), smallest=smallest)) == found


@pytest.mark.parametrize(
    ("rule", "box"),
    [
        (True, (0, 50, 200, 53)),  # across
        (True, (50, 0, 53, 100)),  # down
        (False, (1, 50, 200, 53)),  # not quite across
        (False, (0, 40, 200, 61)),  # 21 of 100 thick: no line
        (True, (0, 0, 200, 100)),  # everything
    ],
)
def test_lines_from_side_to_side_are_paper(rule, box):
    assert bool(proposed(box)) != rule


# A 5 without its hat, and the hat, three pixels above: together 36 by 52.
BODY, HAT = (80, 40, 110, 80), (90, 32, 116, 37)


def test_a_hat_belongs_to_its_body():
    whole, hat = (80, 32, 116, 80), HAT
    found = proposed(BODY, HAT)
    # The body with its hat; the body alone, as the hat adds more than a tenth; the hat, to
    # which a body that much larger does not belong.
    assert sorted(boxes(found)) == sorted([whole, BODY, hat])
    together = next(p for p in found if tuple(p.box) == whole)
    assert together.members.tolist() == [0, 1]
    assert together.area == 30 * 40 + 26 * 5


def test_a_crumb_is_taken_along_without_a_proposal_of_its_own():
    # 22 of 1200 pixels are more than 0.015 of them and less than a tenth.
    assert boxes(proposed(BODY, (90, 35, 101, 37))) == [(80, 35, 110, 80)]


@pytest.mark.parametrize(
    ("piece", "taken"),
    [
        ((90, 30, 100, 34), True),  # 6 above, of 6.4
        ((90, 29, 100, 33), False),  # 7 above
        ((113, 50, 117, 60), True),  # 3 beside, of 3.2
        ((114, 50, 118, 60), False),  # 4 beside
        ((90, 35, 99, 37), True),  # 18 of 1200 pixels: 0.015
        ((90, 35, 94, 37), False),  # 8
    ],
)
def test_which_pieces_belong_to_a_digit(piece, taken):
    left, top, right, bottom = (
        f(a, b) for f, a, b in zip((min, min, max, max), BODY, piece, strict=True)
    )
    with_piece = (left, top, right, bottom) in boxes(proposed(BODY, piece))
    assert with_piece == taken


def test_pieces_bring_pieces():
    # Three dots in a row, each within reach of the one before.
    dots = [(112 + 6 * n, 56, 116 + 6 * n, 64) for n in range(3)]
    assert (80, 40, 128, 80) in boxes(proposed(BODY, *dots))


def test_of_a_page_of_print_the_largest():
    letters = [(4 + 12 * n, 10, 6 + 12 * n, 30 + n) for n in range(16)]
    found = proposed(*letters)
    assert len(found) == 12
    assert min(p.box.bottom - p.box.top for p in found) == 24
    assert len(proposed(*letters, limit=14)) == 14


def quality(box, level=60):
    (found,) = proposed(box, level=level)
    return found.quality


@pytest.mark.parametrize(
    ("box", "expected"),
    [
        (MIDDLE, 1.0),
        ((98, 36, 102, 64), 28 / 35),  # 0.28 of the frame's height
        # 140 + 144 - 200 of 200 from the middle across, 0 down.
        ((140, 30, 144, 70), 1 - 0.4 * 0.42),
        # 20 + 60 - 100 of 100 down.
        ((98, 20, 102, 60), 1 - 0.4 * 0.2),
        # Cut at one side: 0.6; it is as far off as can be, but for half its height.
        ((98, 0, 102, 40), 0.6 * (1 - 0.4 * 0.6)),
        # Cut at two: 0.3.
        ((0, 0, 4, 40), 0.3 * (1 - 0.4 * 0.98)),
        # A slab of 40 by 40 is no stroke; one of 13 by 40 is.
        ((80, 30, 120, 70), 0.3),
        ((94, 30, 107, 70), 1 - 0.4 * 1 / 200),
    ],
)
def test_quality_by_hand(box, expected):
    assert quality(box) == pytest.approx(expected)


def test_faint_ink_is_worth_less():
    assert quality(MIDDLE, level=12) == pytest.approx(0.4 + 12 / 60)
    assert quality(MIDDLE, level=36) == quality(MIDDLE, level=150) == pytest.approx(1.0)


def at(box, area, ink, quality=1.0):
    """A proposal with a box and that much ink, whatever it looks like."""
    amount = np.zeros((HEIGHT, WIDTH), bool)
    amount[0].ravel()[:area] = True
    components = find_components(amount)
    return Proposal(ink, components, np.array([0]), Box(*box), area, quality, 60, 0)


def test_the_same_writing_is_proposed_once():
    ink, other = ink_of(), ink_of()
    first = at((0, 0, 100, 100), 100, ink)
    assert distinct([]) == []
    assert distinct([first, at((0, 0, 100, 93), 100, ink)]) == [first]
    different = [
        at((0, 0, 100, 92), 100, ink),  # overlap of 0.92
        at((0, 0, 100, 100), 80, ink),  # four fifths of the ink
        at((0, 0, 100, 100), 125, ink),  # five quarters
        at((0, 0, 100, 100), 100, other),  # of the other polarity
    ]
    for proposal in different:
        assert distinct([first, proposal]) == [first, proposal]
    # Order is kept, and what is dropped drops nothing itself.
    chain = [at((0, 0, 100, 100 - 6 * n), 100, ink) for n in range(3)]
    assert distinct(chain) == [chain[0], chain[2]]
    # No more are compared than the limit.
    assert distinct(chain, 1) == chain[:1]
    assert distinct(chain, 0) == []


def test_cutting_out_leaves_room_inside_the_frame():
    found = proposed(MIDDLE, (106, 30, 108, 32))[0]
    amount, mask = cut_out(found)
    assert amount.shape == mask.shape == (42, 6)
    assert amount.dtype == mask.dtype == np.uint8
    np.testing.assert_array_equal(mask[1:-1, 1:-1], 255)
    assert np.count_nonzero(mask) == 160
    # With more room the other component is in the ink, and in no mask.
    amount, mask = cut_out(found, 6)
    assert amount.shape == mask.shape == (52, 16)
    assert np.count_nonzero(amount) == 160 + 4
    assert np.count_nonzero(mask) == 160
    corner = proposed((0, 60, 4, 100))[0]
    amount, mask = cut_out(corner, 6)
    assert amount.shape == mask.shape == (46, 10)
    np.testing.assert_array_equal(mask[6:, :4], 255)


def test_overlap_by_hand():
    square = Box(0, 0, 10, 10)
    assert overlap(square, square) == 1.0
    assert overlap(square, Box(5, 0, 15, 10)) == pytest.approx(50 / 150)
    assert overlap(square, Box(2, 2, 4, 7)) == pytest.approx(10 / 100)
    assert overlap(square, Box(10, 0, 20, 10)) == 0.0  # they touch
    assert overlap(square, Box(20, 20, 30, 30)) == 0.0
