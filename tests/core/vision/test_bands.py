"""Bands of light go, and nothing else is taken for them."""

from __future__ import annotations

import numpy as np
import pytest
from PIL import Image, ImageDraw

from core.reading.reader import Reader
from core.reading.rows import read_rows
from core.synthesis.held import sample_held
from core.synthesis.rooms import sample_room
from core.synthesis.row_scene import sample_rows
from core.synthesis.scene import Style, sample_scene
from core.vision.bands import even_light
from core.vision.digitise import find_digits

HEIGHT, WIDTH = 240, 320
Y, X = np.mgrid[:HEIGHT, :WIDTH].astype(float)

# What is the same on a line of light, in periods of 60 pixels.
ALONG = {
    "level": Y / 60,
    "upright": X / 60,
    "slanted": (X + Y) / 85,
    "falling": (Y - 0.35 * X) / 64,
}


def page(grain=2.0):
    """A page under a lamp at its left, with a nought and a stroke, float (240, 320)."""
    picture = Image.new("L", (WIDTH, HEIGHT))
    pen = ImageDraw.Draw(picture)
    pen.ellipse((60, 60, 130, 180), outline=180, width=10)
    pen.line((220, 50, 226, 195), fill=180, width=10)
    noise = np.random.default_rng(0).normal(0, grain, (HEIGHT, WIDTH))
    return (210 - 40 * X / WIDTH) * (1 - np.asarray(picture) / 255) + noise


def image(grey):
    return Image.fromarray(np.clip(np.rint(grey), 0, 255).astype(np.uint8))


def wave(along, square, depth=0.4):
    """Light from 1 - depth to 1."""
    s = 0.5 + 0.5 * np.cos(2 * np.pi * along)
    return 1 - depth * ((s > 0.5) if square else s)


@pytest.mark.parametrize("square", [False, True])
@pytest.mark.parametrize("along", ALONG)
def test_bands_go_and_the_page_stays(along, square):
    plain, light = page(), wave(ALONG[along], square)
    even = even_light(image(plain * light))
    assert even is not None
    assert even.mode == "L"
    assert even.size == (WIDTH, HEIGHT)
    # Of the page as it was, each place may have lost or won a little light, but slowly, except
    # at the rims of sharp bands.
    share = np.asarray(even)[4:-4, 4:-4] / plain[4:-4, 4:-4]
    step = np.abs(share[8:] / share[:-8] - 1), np.abs(share[:, 8:] / share[:, :-8] - 1)
    assert max(np.quantile(each, 0.85) for each in step) < 0.08
    strokes = (plain < 100)[4:-4, 4:-4]
    assert np.median(share[strokes]) == pytest.approx(np.median(share[~strokes]), rel=0.06)


def test_the_profile_of_level_bands_is_divided_out_by_hand():
    # Rows of 200 and of 100, from the 0th, 40th, ... on: all are 200 then.
    rows = np.where(np.arange(HEIGHT) // 40 % 2, 100, 200)[:, None]
    even = even_light(image(rows + np.zeros((1, WIDTH))))
    assert even is not None
    assert np.asarray(even).tolist() == [[200] * WIDTH] * HEIGHT


def test_a_stroke_along_the_bands_is_not_taken_for_light():
    plain = page()
    plain[20:220, 160:174] *= 0.3
    even = even_light(image(plain * wave(ALONG["upright"], square=False)))
    assert even is not None
    grey = np.asarray(even, float)
    assert grey[30:210, 162:172].mean() < 0.5 * grey[30:210, 185:200].mean()


def printed(spacing, thickness, grey=110):
    def draw(pen):
        for start in range(10, HEIGHT, spacing):
            pen.line([(0, start), (WIDTH, start + 4)], fill=grey, width=thickness)

    picture = Image.new("L", (WIDTH, HEIGHT), 210)
    draw(ImageDraw.Draw(picture))
    return np.asarray(picture, float)


@pytest.mark.parametrize(
    "grey",
    [
        page(),
        page() * (1 - 0.5 * Y / HEIGHT),
        np.where(Y > 150, 80, page()),
        np.where((X > 90) & (X < 230), page(), 60),
        printed(24, 2),
        printed(40, 4),
        255 - printed(30, 3),
        np.zeros((HEIGHT, WIDTH)),
        np.full((HEIGHT, WIDTH), 255.0),
        # A 1 that fills its frame.
        np.where(np.abs(X - 160) < 20, 60, 210) + page() - page().mean(),
    ],
    ids=[
        "page", "shade", "table", "sheet", "ruled", "bold", "slate", "black", "white", "one",
    ],
)  # fmt: skip
def test_no_bands(grey):
    assert even_light(image(grey)) is None


@pytest.mark.parametrize(
    "size", [(8, 8), (9, 33), (8, 400), (640, 9), (32, 32), (33, 47), (1, 1), (3, 400)]
)
def test_any_size_in_bands_of_a_pixel_and_more(size):
    for period in (1, 2, 5):
        rows = np.where(np.arange(size[0]) // period % 2, 100, 200)[:, None]
        even = even_light(image(rows + np.zeros((1, size[1]))))
        assert even is None or even.size == size[::-1]


def test_drawn_pages_sheets_and_rooms_are_not_in_bands():
    frames = [sample_scene(np.random.default_rng([71, n])).frame for n in range(25)]
    frames += [sample_held(np.random.default_rng([72, n])).frame for n in range(6)]
    frames += [sample_room(np.random.default_rng([73, n])) for n in range(6)]
    assert [n for n, frame in enumerate(frames) if even_light(Image.fromarray(frame))] == []


def banded(frame, rng, depth):
    """A frame under bands of any kind, with grain that the light does not touch."""
    along = list(ALONG.values())[int(rng.integers(len(ALONG)))]
    light = wave(along * rng.uniform(0.4, 1.4) + rng.random(), rng.random() < 0.5, depth)
    return np.asarray(image(frame * light + rng.normal(0, 1.5, frame.shape)))


def test_pages_in_bands_are_read():
    reader = Reader.default()
    read = []
    for number in range(20):
        rng = np.random.default_rng([74, number])
        style = Style(height=rng.uniform(0.45, 0.75), ink=rng.uniform(0.75, 1.0))
        scene = sample_scene(rng, digit=number % 10, style=style)
        read.append(reader.read(banded(scene.frame, rng, 0.5)).digit == scene.label)
    assert sum(read) >= 19


@pytest.mark.parametrize("number", [8, 32, 42, 48])
def test_writing_does_not_draw_the_slope_aside(number):
    # Level sharp bands and large writing: the small image has a better slope.
    rng = np.random.default_rng([80, number])
    style = Style(height=rng.uniform(0.6, 0.85), ink=rng.uniform(0.7, 1.0))
    scene = sample_scene(rng, digit=number % 10, style=style)
    light = wave(ALONG["level"] * rng.uniform(0.35, 0.9) + rng.random(), True, 0.45)
    grain = rng.normal(0, 1.5, scene.frame.shape)
    assert even_light(image(scene.frame * light + grain)) is not None


def test_candidates_have_boxes_in_the_frame_as_it_came():
    frame = np.asarray(image(page() * wave(ALONG["level"], square=True)))
    left, right = sorted(digit.box.left for digit in find_digits(frame)[:2])
    assert abs(left - 60) < 8
    assert abs(right - 215) < 8


def test_rows_of_digits_in_bands_are_read():
    reader = Reader.default()
    for number in range(40):
        rng = np.random.default_rng([75, number])
        scene = sample_rows(rng)
        plain = read_rows(reader, scene.frame)
        if plain and max(map(len, plain)) > 2:
            break
    light = wave(np.arange(len(scene.frame))[:, None] / len(scene.frame) * 3.5, square=False)
    dim = np.asarray(image(scene.frame * light))
    assert [[d.digit for d in row] for row in read_rows(reader, dim)] == [
        [d.digit for d in row] for row in plain
    ]
