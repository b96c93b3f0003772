"""Printed lines are taken out of the ink, and writing is not."""

from __future__ import annotations

import numpy as np
import pytest
from PIL import Image, ImageDraw

from core.vision.ruled_lines import remove

LEVEL = 9
LINE, PEN = 40, 200
HEIGHT, WIDTH = 240, 320


def drawing(draw, size=(HEIGHT, WIDTH)):
    """The ink that `draw` puts on a page."""
    picture = Image.new("L", size[::-1])
    draw(ImageDraw.Draw(picture))
    return np.array(picture)


def seven(pen):
    pen.line([(120, 60), (200, 64), (150, 185)], fill=PEN, width=8, joint="curve")


def nought(pen):
    pen.ellipse((115, 50, 195, 190), outline=PEN, width=8)


def lines(across, down, slant=0.0, thickness=2):
    """Printed lines every 30 pixels, falling by `slant` pixels a pixel."""

    def draw(pen):
        for start in range(20, WIDTH, 30):
            if across and start < HEIGHT:
                end = start + slant * WIDTH
                pen.line([(0, start), (WIDTH, end)], fill=LINE, width=thickness)
            if down:
                pen.line(
                    [(start, 0), (start - slant * HEIGHT, HEIGHT)], fill=LINE, width=thickness
                )

    return drawing(draw)


@pytest.mark.parametrize("slant", [0.0, 0.02, 0.035, 0.08, 0.14])
@pytest.mark.parametrize(("across", "down"), [(True, False), (False, True), (True, True)])
@pytest.mark.parametrize("write", [seven, nought])
def test_lines_go_and_the_digit_stays(write, across, down, slant):
    printed, written = lines(across, down, slant), drawing(write)
    plain = remove(np.maximum(printed, written), LEVEL)
    assert plain is not None
    assert plain.dtype == np.uint8
    np.testing.assert_array_equal(plain[written > 0], written[written > 0])
    # Slanted lines end where they leave the page by another side.
    left_over = np.count_nonzero(plain[written == 0]) / np.count_nonzero(printed)
    assert left_over <= (0.17 if slant else 0.001)


def test_ink_that_is_no_darker_than_the_line_it_crosses_goes_with_it():
    printed = lines(True, False)
    pencil = (drawing(seven) > 0) * np.uint8(LINE)
    plain = remove(np.maximum(printed, pencil), LEVEL)
    assert not plain[printed > 0].any()
    # What lies within the drift of the line is taken with it.
    assert (plain[(pencil > 0) & (printed == 0)] == LINE).mean() > 0.8


def test_lines_are_gone_below_the_pen_too_faint_to_count():
    # Below the level is the paper's grain, not ink: nothing to take out.
    assert remove(lines(True, True) // 20, LEVEL) is None


def four(pen):
    """A 4 that fills the page, with a marker of 24 pixels, its stem from edge to edge."""
    pen.line([(200, 0), (200, HEIGHT)], fill=PEN, width=24)
    pen.line([(20, 150), (WIDTH - 20, 150)], fill=PEN, width=24)
    pen.line([(200, 4), (30, 150)], fill=PEN, width=24)


def one(pen):
    """A hairline 1 over four fifths of the page."""
    pen.line([(160, 24), (160, 216)], fill=PEN, width=2)


@pytest.mark.parametrize("write", [four, one, seven, nought])
def test_writing_alone_is_left_alone(write):
    assert remove(drawing(write), LEVEL) is None


@pytest.mark.parametrize("write", [four, one])
def test_large_writing_is_kept_on_ruled_paper(write):
    written = drawing(write)
    plain = remove(np.maximum(lines(True, False), written), LEVEL)
    assert (plain[written > 0] == PEN).mean() > 0.98


def test_an_empty_page_has_no_lines():
    assert remove(np.zeros((HEIGHT, WIDTH), np.uint8), LEVEL) is None


def test_a_portrait_page_is_a_landscape_page_on_its_side():
    page = np.maximum(lines(True, False), drawing(seven))
    upright = remove(np.ascontiguousarray(page.T), LEVEL)
    np.testing.assert_array_equal(upright.T, remove(page, LEVEL))
