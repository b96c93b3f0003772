"""Places that look like writing on paper, among furniture drawn in the test."""

from __future__ import annotations

import numpy as np
import pytest
from PIL import Image, ImageDraw

from core.vision.places import LARGE_SIDE, LEVELS, WEIGHTS, Places
from core.vision.proposals import Box, overlap

TRUTH = Box(190, 90, 226, 146)


def room(*, sheet=True, ink=60):
    """Shelves over a whole frame; a sheet before them, with a 7 within TRUTH."""
    picture = Image.new("L", (320, 240), 70)
    pen = ImageDraw.Draw(picture)
    for shelf in range(0, 240, 30):
        pen.line([(0, shelf), (320, shelf)], fill=20, width=4)
        for book in range(0, 320, 14):
            pen.rectangle((book, shelf + 6, book + 8, shelf + 29), fill=40 + book * 7 % 120)
    if sheet:
        pen.rectangle((160, 70, 255, 170), fill=150)
        pen.line([(192, 93), (222, 93), (204, 144)], fill=ink, width=5)
    return picture


def test_the_writing_on_the_sheet_is_the_best_place():
    places = Places(room())
    best = places.best(3)
    assert overlap(best[0].box, TRUTH) > 0.6
    assert best[0].level in LEVELS
    scores = [place.score for place in best]
    assert scores == sorted(scores, reverse=True)


def test_a_place_knows_how_many_others_are_as_large():
    assert Places(room()).best(1)[0].alike == 0
    row = Image.new("L", (320, 240), 190)
    for x in range(40, 280, 50):
        ImageDraw.Draw(row).line([(x, 90), (x + 20, 150)], fill=60, width=4)
    assert [place.alike for place in Places(row).best(5)] == 5 * [4]


def test_faint_writing_is_found_at_a_lower_threshold():
    assert overlap(Places(room(ink=120)).best(1)[0].box, TRUTH) > 0.6


def test_no_two_places_are_about_the_same():
    best = Places(room()).best(20)
    pairs = [(a.box, b.box) for n, a in enumerate(best) for b in best[:n]]
    assert all(overlap(*pair) < 0.5 for pair in pairs)
    assert len(Places(room()).best(1)) == 1


def test_an_even_frame_has_no_places():
    places = Places(Image.new("L", (320, 240), 200))
    boxes, numbers, levels = places.measured()
    assert boxes.shape == (0, 4)
    assert numbers.shape == (0, len(WEIGHTS))
    assert len(levels) == 0
    assert places.best(3) == []


@pytest.mark.parametrize("size", [(320, 240), (240, 320), (163, 121), (317, 200)])
def test_any_size_of_an_image_is_searched(size):
    places = Places(room().resize(size))
    boxes, _, _ = places.measured()
    assert (boxes >= 0).all()
    for place in places.best(2):
        view = places.view(place.box)
        assert 160 <= max(view.ink.amount.shape) <= LARGE_SIDE
        assert view.ink.amount.shape == view.ink.paper.shape


def test_a_large_view_is_reduced():
    view = Places(room()).view(Box(0, 0, 320, 240))
    assert view.ink.amount.shape == (156, LARGE_SIDE)
    assert view.part.shape == (240, 320)
    assert view.outside(Box(0, 0, LARGE_SIDE, 156)) == (0, 0, 320, 240)


def test_a_room_is_told_from_a_page():
    page = Image.new("L", (320, 240), 200)
    pen = ImageDraw.Draw(page)
    for row in range(0, 240, 12):
        pen.line([(0, row), (320, row)], fill=90, width=2)
    pen.line([(192, 93), (222, 93), (204, 144)], fill=20, width=5)
    assert not Places(page).is_room()
    pen.rectangle((0, 0, 320, 240), fill=200)
    for book in range(10, 320, 25):
        pen.rectangle((book, 96, book + 8, 113), fill=50)
    # It may be white writing that leaves so much dark between its strokes.
    assert not Places(page).is_room()
    for label in range(10, 320, 50):
        pen.rectangle((label, 160, label + 30, 175), fill=60)
        pen.rectangle((label + 8, 164, label + 22, 171), fill=250)
    assert Places(page).is_room()


def test_a_view_is_enlarged_and_its_boxes_are_told_in_the_image():
    places = Places(room())
    view = places.view(TRUTH)
    left, top, right, bottom = view.window
    assert left < TRUTH.left < TRUTH.right < right
    assert view.zoom == pytest.approx(160 / max(right - left, bottom - top))
    assert view.part.shape == (bottom - top, right - left)
    inked = view.ink.amount > 60
    middle = np.flatnonzero(inked.any(axis=0))
    found = view.outside(Box(int(middle[0]), 0, int(middle[-1]) + 1, 1))
    # The sheet's edges are further away than the room around the place.
    assert abs(found.left - TRUTH.left) <= 3
    assert abs(found.right - TRUTH.right) <= 3
