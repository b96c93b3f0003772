"""Features of a candidate: each group of them worked out by hand."""

from __future__ import annotations

from math import log, pi

import numpy as np
import pytest

from core.vision.components import find_components
from core.vision.digitise import find_digits
from core.vision.features import FURTHEST, NAMES, extract
from core.vision.flatfield import Ink
from core.vision.proposals import Box, Proposal

HEIGHT, WIDTH = 100, 200


def page(*bars):
    """Ink of bars (left, top, right, bottom, darkness), later ones over earlier ones."""
    amount = np.zeros((HEIGHT, WIDTH), np.uint8)
    for left, top, right, bottom, darkness in bars:
        amount[top:bottom, left:right] = darkness
    return amount


def proposal(amount, level=90, *, members=(0,), paper=None, noise=1.0, light=False, ruled=0):
    """The components of a page at a level that are `members`, in order of their first rows."""
    if paper is None:
        paper = np.full(amount.shape, 192, np.uint8)
    components = find_components(amount >= level)
    members = np.array(members)
    box = Box(
        int(components.left[members].min()),
        int(components.top[members].min()),
        int(components.right[members].max()),
        int(components.bottom[members].max()),
    )
    area = int(components.area[members].sum())
    ink = Ink(amount, noise, 1.0, light, paper)
    return Proposal(ink, components, members, box, area, 1.0, level, ruled)


def named(amount, level=90, **options):
    """The features by name, of a page in a frame of its own size."""
    vector = extract(proposal(amount, level, **options), amount)
    return dict(zip(NAMES, vector.tolist(), strict=True))


def agrees(found, **expected):
    wrong = {
        name: (found[name], value)
        for name, value in expected.items()
        if found[name] != pytest.approx(value, abs=1e-5)
    }
    assert wrong == {}


BAR = (80, 45, 120, 55, 200)
"""40 by 10 pixels, in the middle of the page."""


def test_the_vector():
    vector = extract(proposal(page(BAR)), page(BAR))
    assert vector.shape == (len(NAMES),) == (32,)
    assert vector.dtype == np.float32
    assert len(set(NAMES)) == len(NAMES)


# Where it lies, and whether the frame cuts it


def test_a_bar_in_the_middle_is_cut_by_nothing():
    agrees(
        named(page(BAR)),
        size=log(40 / 100),
        aspect=log(40 / 10),
        fill=1,
        away_x=0,
        away_y=0,
        sides=0,
        cut=0,
        pixels=log(100 / 240),
    )


def test_a_bar_cut_by_the_edge_of_the_frame():
    # Ten of its pixels are on the edge, a quarter of its length.
    for edge in ((0, 50, 40, 60, 200), (160, 40, 200, 50, 200)):
        agrees(named(page(edge)), away_x=0.8, away_y=0.1, sides=1, cut=4 * 10 / 40)
    for edge in ((95, 0, 105, 40, 200), (95, 60, 105, 100, 200)):
        agrees(
            named(page(edge)), away_x=0, away_y=0.6, sides=1, cut=4 * 10 / 40, aspect=-log(4)
        )


def test_a_bar_cut_in_the_corner():
    # Fifty of its pixels, the corner twice: more than its length, and as bad as can be.
    agrees(named(page((0, 0, 40, 10, 200))), sides=2, cut=FURTHEST)


def test_touching_the_edge_with_the_tip_is_hardly_cut():
    touching = page((20, 10, 60, 20, 200), (20, 0, 22, 10, 200))
    agrees(named(touching), sides=1, cut=4 * 2 / 40, fill=420 / (40 * 20))


def test_one_pixel_from_the_edge_is_not_cut():
    agrees(named(page((1, 50, 41, 60, 200))), sides=0, cut=0)


def test_pixels_are_those_of_the_frame():
    large = extract(proposal(page(BAR)), np.zeros((480, 640), np.uint8))
    assert large[NAMES.index("pixels")] == pytest.approx(log(2))


# How it is inked


def test_a_sharp_stroke():
    agrees(
        named(page(BAR), level=90, noise=2.0),
        level=log(90 / 3) - 2,
        depth=log(90 / 32),
        core=200 / 128 - 1,
        darkest=0,
        uneven=0,
        dent=1,
        # No pixel along an outline of 100 is in between: less than exp(-4) of it.
        soft=-FURTHEST,
        halo=0,
        beside=log(0.003) / 2 + 1,
    )


def test_a_small_sharp_stroke():
    agrees(named(page((98, 45, 102, 55, 200))), soft=log(1 / 28))


def test_a_soft_shadow():
    # 20 by 60, and three columns half as dark to either side.
    shadow = page((87, 20, 113, 80, 100), (90, 20, 110, 80, 200))
    around = (20 + 6) * (60 + 6) - 20 * 60
    agrees(
        named(shadow, level=150),
        soft=log((2 * 3 * 60 + 1) / 160),
        halo=2 * 3 * 60 * 100 / around / 200,
        dent=1,
    )


def test_a_shadow_without_any_edge_is_softer_than_any_stroke():
    x = np.arange(WIDTH)
    ramp = np.clip(200 - 4 * np.abs(x - 100), 0, 255)
    shade = np.where(np.arange(HEIGHT)[:, None] // 60 == 0, ramp, 0).astype(np.uint8)
    soft, sharp = named(shade, level=120), named(page(BAR), level=120)
    assert soft["soft"] > sharp["soft"] + 3
    assert soft["halo"] > 0.3
    assert soft["dent"] < 0.8
    assert soft["uneven"] > 0.1


def test_uneven_ink():
    # Half of it 200, half 100: 150 on average, 50 away from it.
    agrees(named(page(BAR, (80, 45, 100, 55, 100))), uneven=1 / 3, dent=0.5, core=200 / 128 - 1)


def test_something_darker_elsewhere():
    agrees(named(page((80, 45, 120, 55, 100), (10, 60, 30, 80, 240))), darkest=log(100 / 240))


def test_ink_that_goes_on_beside_it():
    # In the room of six pixels around 20 by 60, the outer three are beyond; of these a
    # second bar has two columns.
    beyond = (20 + 12) * (60 + 12) - (20 + 6) * (60 + 6)
    found = named(page((90, 20, 110, 80, 200), (114, 20, 120, 80, 200)))
    agrees(found, beside=log(2 * 60 / beyond + 0.003) / 2 + 1, halo=0)


# Its strokes


def test_a_level_bar():
    width = 2 * 4 / pi * 400 / 100
    agrees(
        named(page(BAR)),
        stroke=log(10 * width / 40),
        stroke_in_frame=log(40 * width / 100),
        bulk=8 * 38 / 400,
        # Variances of 40 and of 10 pixels in a row.
        thin=log((2 * 99 / 12 + 0.1) / (2 * 1599 / 12 + 0.1)) / 2 + 1,
        lean=-125 / 125.1,
    )


def test_upright_is_the_other_way_round():
    level, upright = named(page(BAR)), named(page((95, 30, 105, 70, 200)))
    agrees(upright, lean=-level["lean"])
    agrees(upright, **{name: level[name] for name in ("stroke", "bulk", "thin", "size")})


def test_a_diagonal_and_a_square_lean_to_neither_side():
    square = page((80, 30, 120, 70, 200))
    agrees(named(square), lean=0, thin=1, bulk=38 * 38 / 1600)
    slope = np.zeros((HEIGHT, WIDTH), np.uint8)
    for step in range(60):
        slope[20 + step, 60 + step : 64 + step] = 200
    found = named(slope)
    assert abs(found["lean"]) < 0.02
    assert found["thin"] < -1.5


# The paper under it


def test_the_paper():
    paper = np.full((HEIGHT, WIDTH), 40, np.uint8)
    paper[:, 100:] = 200
    found = named(page(BAR), paper=paper, noise=4.0, light=True)
    # Half of the bar lies on the dark side.
    agrees(found, paper=120 / 128 - 1, paper_change=log(208 / 48), light=1, grain=log(4))
    even = named(page((10, 45, 50, 55, 200)), paper=paper)
    agrees(even, paper=40 / 128 - 1, paper_change=0, light=0, grain=0)


# What else there is


def test_a_lone_stroke():
    agrees(
        named(page(BAR)),
        share=1,
        covered=log(400 / 20000 + 0.001) / 3 + 1,
        others=0,
        rival=-FURTHEST,
        ruled=0,
        pieces=0,
    )


def test_one_stroke_of_many():
    bars = [(20, 5 + 20 * n, 60, 15 + 20 * n, 200) for n in range(5)]
    agrees(
        named(page(*bars), members=(2,), ruled=1),
        share=0.2,
        covered=log(2000 / 20000 + 0.001) / 3 + 1,
        others=log(1 + 4),
        rival=log(1 + 0.01),
        ruled=1,
        pieces=0,
    )


def test_crumbs_are_no_things_and_pieces_are_counted():
    # 13 of 40 pixels are long enough to count, 12 are not.
    found = named(page(BAR, (10, 70, 23, 72, 200), (50, 80, 62, 84, 200)))
    agrees(found, others=log(2), rival=log(48 / 400 + 0.01))
    hat = named(page((80, 35, 120, 40, 200), BAR), members=(0, 1))
    agrees(hat, pieces=log(2), share=1, others=0, size=log(40 / 100), fill=600 / 800)


# Whatever it is


def test_a_frame_that_is_all_ink():
    everything = page((0, 0, WIDTH, HEIGHT, 200))
    found = named(everything)
    agrees(found, sides=4, fill=1, halo=0, beside=-2, share=1, dent=1)
    assert all(abs(value) <= FURTHEST for value in found.values())


def test_one_pixel():
    found = named(page((100, 50, 101, 51, 200)))
    agrees(found, fill=1, bulk=0, thin=1, lean=0, size=-FURTHEST)


@pytest.mark.parametrize("shape", [(8, 8), (9, 400), (28, 28), (240, 320)])
def test_features_are_finite_and_bounded(rng, shape):
    frames = [rng.integers(0, 256, shape).astype(np.uint8) for _ in range(3)]
    for top in (64, 200):
        coarse = rng.integers(0, top, (4, 4)).astype(np.uint8)
        frames.append(np.kron(coarse, np.ones((2, 2), np.uint8)).repeat(40, 0).repeat(50, 1))
    found = [digit for frame in frames for digit in find_digits(frame, features=True)]
    assert found
    vectors = np.array([digit.features for digit in found])
    assert vectors.shape == (len(found), len(NAMES))
    assert np.isfinite(vectors).all()
    assert np.abs(vectors).max() <= FURTHEST


def test_moving_it_changes_where_it_is_and_nothing_else():
    one, other = (named(page((60, 45, 100, 55, 200))), named(page((90, 30, 130, 40, 200))))
    where = {"away_x", "away_y"}
    agrees(other, **{name: value for name, value in one.items() if name not in where})
    agrees(other, away_x=0.1, away_y=0.3)


def test_what_is_looked_at_stays_as_it_was():
    amount = page(BAR)
    before = amount.copy()
    amount.flags.writeable = False
    extract(proposal(amount), amount)
    np.testing.assert_array_equal(amount, before)
