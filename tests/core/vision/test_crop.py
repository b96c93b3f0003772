"""The 28x28 of a digit's ink."""

from __future__ import annotations

import numpy as np
import pytest
from PIL import Image, ImageDraw

from core.vision.crop import crop_digit, stroke_width


def page(draw, size=(200, 200)):
    """Ink and mask of what `draw` puts on an empty page."""
    picture = Image.new("L", size)
    draw(ImageDraw.Draw(picture))
    amount = np.array(picture)
    return amount, (amount > 0) * np.uint8(255)


def extent(image, level=0.02):
    """(left, top, right, bottom) of the ink."""
    rows, columns = np.nonzero(image > level)
    return columns.min(), rows.min(), columns.max() + 1, rows.max() + 1


def centre(image):
    rows, columns = np.mgrid[:28, :28]
    return (image * columns).sum() / image.sum(), (image * rows).sum() / image.sum()


def test_a_square_fills_the_twenty_in_the_middle():
    amount, mask = page(lambda pen: pen.rectangle((50, 60, 109, 119), fill=200))
    image = crop_digit(amount, mask)
    assert image.dtype == np.float32
    assert image.shape == (28, 28)
    expected = np.zeros((28, 28))
    expected[4:24, 4:24] = 1
    np.testing.assert_allclose(image, expected, atol=1e-6)


def test_aspect_is_kept():
    amount, mask = page(lambda pen: pen.rectangle((50, 60, 79, 119), fill=200))
    # 30x60 becomes 10x20; the middle of 28 lies between pixels 13 and 14.
    assert extent(crop_digit(amount, mask)) == (9, 4, 19, 24)
    assert extent(crop_digit(amount.T, mask.T)) == (4, 9, 24, 19)


def test_the_centre_of_mass_goes_to_the_middle():
    # An L of 40x60 with arms of 12: by hand its mass lies left of and below the box's middle.
    def draw(pen):
        pen.rectangle((50, 60, 61, 119), fill=200)
        pen.rectangle((62, 108, 89, 119), fill=200)

    amount, mask = page(draw)
    image = crop_digit(amount, mask)
    # (60*12*5.5 + 28*12*25.5) / (60*12 + 28*12) = 11.9 of 40, and so 4.0 of 13 pixels:
    # the box starts at 13.5 - 3.8 = 9.7, rounded.
    left, top, right, bottom = extent(image)
    assert (left, right) == (10, 23)
    # Down: (720*29.5 + 336*53.5) / 1056 = 37.1 of 60, 12.2 of 20: 13.5 - 12.2 = 1.3.
    assert (top, bottom) == (1, 21)
    assert centre(image) == pytest.approx((13.5, 13.5), abs=0.5)


def test_what_is_heavy_on_one_side_still_lies_inside_whole():
    # All mass at the foot: centring alone would push the thin stem out at the top.
    def draw(pen):
        pen.line((100, 20, 100, 150), fill=200, width=9)
        pen.rectangle((60, 150, 140, 179), fill=200)

    image = crop_digit(*page(draw))
    _, top, _, bottom = extent(image)
    assert (top, bottom) == (0, 20)


@pytest.mark.parametrize("width", [1, 2, 3, 5])
def test_a_hairline_is_thickened_to_about_two_pixels(width):
    amount, mask = page(lambda pen: pen.line((100, 10, 100, 189), fill=200, width=width))
    image = crop_digit(amount, mask)
    across = image[14].sum()
    assert 1.7 <= across <= 2.5
    assert extent(image)[3] - extent(image)[1] == 20


def test_a_thick_stroke_is_not_thickened():
    # 40 of 160 pixels: 5 of 20.
    amount, mask = page(lambda pen: pen.rectangle((80, 20, 119, 179), fill=200))
    assert crop_digit(amount, mask)[14].sum() == pytest.approx(5, abs=0.1)


def test_darkness_does_not_matter():
    def draw(pen, fill):
        pen.line((60, 40, 140, 60, 90, 160), fill=fill, width=12)

    dark = crop_digit(*page(lambda pen: draw(pen, 240)))
    faint = crop_digit(*page(lambda pen: draw(pen, 24)))
    np.testing.assert_allclose(faint, dark, atol=0.06)
    assert dark.max() == 1.0


def test_what_is_beside_the_mask_is_left_out():
    amount, mask = page(lambda pen: pen.rectangle((50, 60, 69, 119), fill=200))
    alone = crop_digit(amount, mask)
    amount[60:120, 90:110] = 200
    np.testing.assert_array_equal(crop_digit(amount, mask), alone)


def test_the_soft_edge_is_kept_and_the_halo_is_not():
    amount, mask = page(lambda pen: pen.rectangle((50, 60, 109, 119), fill=200))
    edge = amount.copy()
    edge[59, 50:110] = 125  # beside the mask: half of what is above a quarter of 200
    crisp, soft = crop_digit(amount, mask), crop_digit(edge, mask)
    assert soft.sum() != pytest.approx(crisp.sum(), abs=0.1)


def test_the_halo_in_a_corner_is_paper():
    def draw(pen):
        pen.rectangle((50, 60, 69, 119), fill=200)
        pen.rectangle((70, 100, 109, 119), fill=200)

    amount, mask = page(draw)
    halo = np.maximum(amount, 49)  # just below a quarter of 200: bleed-through, blur
    np.testing.assert_allclose(crop_digit(halo, mask), crop_digit(amount, mask), atol=1e-6)
    shade = np.maximum(amount, 80)  # and what is above it is ink
    assert crop_digit(shade, mask).sum() > crop_digit(amount, mask).sum() + 0.5


def test_nothing_gives_nothing():
    empty = np.zeros((30, 30), np.uint8)
    assert crop_digit(empty, empty) is None
    assert crop_digit(np.full_like(empty, 200), empty) is None
    # A mask where there is no ink.
    assert crop_digit(empty, np.full_like(empty, 255)) is None


def test_a_single_pixel_is_a_dot():
    amount = np.zeros((9, 9), np.uint8)
    amount[4, 4] = 100
    image = crop_digit(amount, (amount > 0) * np.uint8(255))
    assert image.shape == (28, 28)
    assert np.isfinite(image).all()
    assert image[4:24, 4:24].min() == 1.0


@pytest.mark.parametrize("width", [1, 2, 4, 9])
def test_stroke_width_of_an_upright_bar(width):
    bar = np.zeros((120, 60), np.uint8)
    bar[10:110, 20 : 20 + width] = 255
    # Outline in pixel edges: 2 * 100 + 2 * width; 4/pi of it would be a slanted stroke's.
    assert stroke_width(bar) == pytest.approx(8 / np.pi * 100 * width / (200 + 2 * width))


@pytest.mark.parametrize("width", [4, 8, 16])
def test_stroke_width_of_a_ring(width):
    # All directions alike, which is what 4/pi stands for.
    ring, _ = page(lambda pen: pen.ellipse((20, 20, 180, 180), outline=255, width=width))
    assert stroke_width(ring) == pytest.approx(width, rel=0.05)


def test_stroke_width_without_an_outline():
    assert stroke_width(np.full((7, 9), 255, np.uint8)) == 7
    assert stroke_width(np.zeros((7, 9), np.uint8)) == 7
