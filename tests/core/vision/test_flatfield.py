"""Ink is what a pen takes of the light, whatever the light."""

from __future__ import annotations

import numpy as np
import pytest
from PIL import Image

from core.vision.flatfield import (
    BEYOND,
    DARKEST_PAPER,
    _eight_times,
    find_ink,
    polarities,
    to_work_size,
)

HEIGHT, WIDTH = 240, 320
ROWS, COLUMNS = np.mgrid[:HEIGHT, :WIDTH].astype(float)


def photograph(light, ink, rng=None, noise=0.0):
    """uint8 frame of paper under `light`, of which `ink` (0..1) is taken."""
    grey = light * (1 - ink)
    if rng is not None:
        grey = grey + rng.normal(0, noise, grey.shape)
    return Image.fromarray(np.clip(np.rint(grey), 0, 255).astype(np.uint8))


def two_bars(share=0.6):
    """Upright strokes of 8 pixels, left and right; each absorbs `share` of the light."""
    ink = np.zeros((HEIGHT, WIDTH))
    ink[60:180, 60:68] = ink[60:180, 250:258] = share
    return ink


def test_the_same_ink_under_the_lamp_and_in_the_shade():
    lamp = 60 + 180 * COLUMNS / WIDTH  # 90 at the left bar, 200 at the right one
    amount = find_ink(photograph(lamp, two_bars()), 1.0, light=False).amount
    assert amount.dtype == np.uint8
    assert amount.shape == (HEIGHT, WIDTH)
    left, right = amount[100:140, 62:66].mean(), amount[100:140, 252:256].mean()
    assert left == pytest.approx(0.6 * 255, abs=5)
    assert right == pytest.approx(left, abs=4)
    assert amount[two_bars() == 0].max() < 16


def test_even_paper_has_no_ink_and_the_least_noise():
    ink = find_ink(photograph(np.full((HEIGHT, WIDTH), 190.0), 0), 0.5, light=False)
    assert not ink.amount.any()
    assert ink.noise == 0.5
    assert ink.scale == 0.5
    assert (ink.paper == 190).all()


@pytest.mark.parametrize("fall", [0.15, 0.3])
def test_a_vignette_is_no_ink_at_the_border(fall):
    # Light falls with the square of the distance, to 1 - fall in the corners.
    middle = ((COLUMNS - 159.5) / 160) ** 2 + ((ROWS - 119.5) / 120) ** 2
    amount = find_ink(photograph(220 * (1 - fall * middle / 2), 0), 1.0, light=False).amount
    assert amount.max() <= 10
    edges = [amount[0, 40:-40], amount[-1, 40:-40], amount[40:-40, 0], amount[40:-40, -1]]
    assert max(edge.max() for edge in edges) <= 8


@pytest.mark.parametrize("fall", [0.3, 0.5, 0.7])
def test_light_that_falls_towards_the_border_leaves_no_ink_there(fall):
    lamp = 220 * (1 - fall * COLUMNS / WIDTH)
    for light in (lamp, lamp[:, ::-1], 220 * (1 - fall * ROWS / HEIGHT)):
        amount = find_ink(photograph(light, 0), 1.0, light=False).amount
        edges = [amount[:, :4], amount[:, -4:], amount[:4].T, amount[-4:].T]
        assert max(edge.mean() for edge in edges) < 3


def test_a_shadow_without_an_edge_is_no_ink():
    shadow = 200 - 120 / (1 + np.exp(-(COLUMNS - 200) / 25))
    assert find_ink(photograph(shadow, 0), 1.0, light=False).amount.max() < 20


def test_strokes_up_to_a_fifth_of_the_frame_do_not_pass_for_paper():
    ink = np.zeros((HEIGHT, WIDTH))
    ink[60:180, 130:180] = 0.7
    amount = find_ink(photograph(np.full_like(ink, 200), ink), 1.0, light=False).amount
    assert amount[90:150, 140:170].mean() == pytest.approx(0.7 * 255, abs=4)


def test_light_on_dark_is_turned():
    chalk = 40 + 160 * (two_bars() > 0)
    image = photograph(chalk, 0)
    assert polarities(image)[0]
    ink = find_ink(image, 1.0, light=True)
    assert ink.light
    # Inverted: 215 of paper, 55 where the chalk is.
    assert ink.amount[100:140, 62:66].mean() == pytest.approx(255 * (1 - 55 / 215), abs=4)
    assert ink.amount[two_bars() == 0].max() < 10


@pytest.mark.parametrize("tilt", [0, 90, -90])
@pytest.mark.parametrize("share", [0.25, 0.9])
def test_which_side_the_strokes_are_on(rng, share, tilt):
    lamp = 130 + tilt * (COLUMNS / WIDTH - 0.5)
    assert not polarities(photograph(lamp, two_bars(share), rng, 3.0))[0]
    board = lamp * 0.4 + 100 * (two_bars() > 0) * share
    assert polarities(photograph(board, 0, rng, 3.0))[0]


def test_noise_grows_with_the_grain(rng):
    paper = np.full((HEIGHT, WIDTH), 200.0)
    found = [
        find_ink(photograph(paper, 0, rng, sigma), 1.0, light=False).noise
        for sigma in (1, 3, 6, 10)
    ]
    assert found == sorted(found)
    assert found[3] > 3 * found[0]
    # Writing is not grain.
    written = find_ink(photograph(paper, two_bars(), rng, 3.0), 1.0, light=False).noise
    assert written == pytest.approx(found[1], rel=0.1)


def test_very_dark_paper_is_not_amplified(rng):
    # 6 of 255 with noise: divided by the paper alone, it would all be ink.
    amount = find_ink(
        photograph(np.full((HEIGHT, WIDTH), 6.0), 0, rng, 2.0), 1.0, light=False
    ).amount
    assert np.ptp(amount.astype(int)) < 150


@pytest.mark.parametrize(
    ("shape", "size", "scale"),
    [
        ((8, 8), (32, 32), 4.0),  # four times at most
        ((28, 28), (112, 112), 4.0),
        ((40, 100), (160, 64), 1.6),  # to 160
        ((160, 120), (120, 160), 1.0),
        ((240, 320), (320, 240), 1.0),
        ((479, 639), (320, 240), 0.5),  # by whole factors
        ((768, 1024), (342, 256), 1 / 3),
        ((3000, 4000), (334, 250), 1 / 12),
    ],
)
def test_working_size(shape, size, scale):
    image, found = to_work_size(np.full(shape, 77, np.uint8))
    assert image.size == size
    assert found == pytest.approx(scale)
    assert set(np.asarray(image).ravel()) == {77}


def test_a_page_and_a_board_leave_no_doubt():
    assert polarities(photograph(np.full((HEIGHT, WIDTH), 200.0), two_bars())) == (False,)
    assert polarities(photograph(40 + 160 * (two_bars() > 0), 0)) == (True,)


def test_what_stands_out_both_ways_is_looked_at_both_ways():
    mixed = np.full((HEIGHT, WIDTH), 120.0)
    mixed[60:180, 60:68] = 50
    mixed[60:180, 250:258] = 200
    answers = polarities(photograph(mixed, 0))
    assert sorted(answers) == [False, True]


@pytest.mark.parametrize(("dark", "answers"), [(0.2, 1), (0.4, 2), (0.6, 2), (0.8, 1)])
def test_a_frame_half_dark_is_in_doubt(dark, answers):
    """Between 0.3 and 0.7 of the frame in the dark, either side may be the ground."""
    page = np.full((HEIGHT, WIDTH), 210.0)
    page[:, : round(dark * WIDTH)] = 30
    page[60:180, 290:298] = 40
    assert len(polarities(photograph(page, 0))) == answers


def test_the_darkest_ink_but_for_a_speck():
    faint = find_ink(
        photograph(np.full((HEIGHT, WIDTH), 200.0), two_bars(0.4)), 1.0, light=False
    )
    assert faint.darkest == pytest.approx(0.4 * 255, abs=3)
    # A speck of 6x6 is 9 of the 19,200 pixels that are counted: 0.05 in a hundred.
    ink = two_bars(0.4)
    ink[20:26, 150:156] = 1.0
    specked = find_ink(photograph(np.full((HEIGHT, WIDTH), 200.0), ink), 1.0, light=False)
    assert specked.amount.max() == 255
    assert specked.darkest == pytest.approx(0.4 * 255, abs=3)
    ink[20:60, 150:190] = 1.0
    blot = find_ink(photograph(np.full((HEIGHT, WIDTH), 200.0), ink), 1.0, light=False)
    assert blot.darkest > 240


@pytest.mark.parametrize("size", [(320, 240), (320, 213), (302, 340)])
def test_the_paper_is_enlarged_as_pillow_does_it(rng, size):
    width, height = size
    small = rng.integers(0, 256, (height // 8 + 5, width // 8 + 5)).astype(np.uint8)
    box = (BEYOND, BEYOND, BEYOND + width / 8, BEYOND + height / 8)
    large = Image.fromarray(small).resize(size, Image.Resampling.BILINEAR, box=box)
    np.testing.assert_array_equal(_eight_times(small, width, height) >> 8, np.asarray(large))


def test_ink_is_what_the_division_says(rng):
    frame = rng.integers(0, 256, (240, 320)).astype(np.uint8)
    found = find_ink(Image.fromarray(frame), 1.0, light=False)
    ground = np.maximum(found.paper.astype(int), DARKEST_PAPER)
    np.testing.assert_array_equal(
        found.amount, np.clip(255 - frame.astype(int) * 255 // ground, 0, 255)
    )
