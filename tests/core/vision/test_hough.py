"""Candidate lines counted all at once, against each line walked along pixel by pixel."""

from __future__ import annotations

import numpy as np
import pytest

from core.vision.hough import NEVER, STEP, candidate_lines, lines_down


def summed(mask):
    sums = np.zeros((mask.shape[0] + 1, mask.shape[1]), np.int16)
    np.cumsum(mask, axis=0, out=sums[1:])
    return sums


@pytest.mark.parametrize("shape", [(120, 160), (160, 120), (37, 12), (4, 50)])
def test_counts_are_the_inked_pixels_of_each_line(rng, shape):
    mask = rng.random(shape) < 0.3
    lines = candidate_lines(*shape)
    counts = lines.count(summed(mask))
    assert counts.shape == lines.required.shape
    for parallel, counted, required in zip(
        lines.parallels, counts, lines.required, strict=True
    ):
        for number in range(0, len(counted), 7):
            first = number + parallel.first - parallel.lead
            columns = [first + row * parallel.drift // shape[0] for row in range(shape[0])]
            inside = [(r, c) for r, c in enumerate(columns) if 0 <= c < shape[1]]
            assert parallel.inside[number] == len(inside)
            assert counted[number] == sum(mask[place] for place in inside)
            assert required[number] == NEVER or required[number] <= len(inside)


@pytest.mark.parametrize(("enter", "leave"), [(40, 40), (60, 75), (100, 84)])
def test_a_line_from_top_to_bottom_is_one_line(enter, leave):
    mask = np.zeros((120, 160), np.bool_)
    rows = np.arange(120)
    mask[rows, np.rint(enter + (leave - enter) * rows / 120).astype(int)] = True
    ((top, bottom),) = lines_down(mask)
    assert abs(top - enter) <= STEP
    assert abs(bottom - leave) <= STEP


def test_a_line_is_found_whatever_the_mask_is_laid_out_as():
    mask = np.zeros((120, 160), np.bool_)
    mask[50] = True
    assert len(lines_down(mask)) == 0
    ((left, right),) = lines_down(mask.T)
    assert max(abs(left - 50), abs(right - 50)) <= 1


def test_what_stops_short_is_no_line():
    mask = np.zeros((120, 160), np.bool_)
    mask[12:108, 70] = True
    assert lines_down(mask).shape == (0, 2)
    assert lines_down(np.zeros((120, 160), np.bool_)).shape == (0, 2)
