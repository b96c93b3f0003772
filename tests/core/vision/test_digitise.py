"""From frames to candidates: where they are, what they look like, and none on empty pages."""

from __future__ import annotations

from itertools import groupby, product

import numpy as np
import pytest
from PIL import Image, ImageDraw

from core.errors import ImageError
from core.vision import digitise
from core.vision.digitise import Box, Digit, find_digits, overlap, seek_digits, seek_looks
from core.vision.features import NAMES
from core.vision.places import Places

PAPER, PEN = 200, 60


def page(*strokes, size=(320, 240), width=8, paper=PAPER, pen=PEN):
    """A frame with polylines; each stroke is a list of (x, y)."""
    picture = Image.new("L", size, paper)
    draw = ImageDraw.Draw(picture)
    for stroke in strokes:
        draw.line(stroke, fill=pen, width=width)
    return np.array(picture)


def seven(x=0, y=0, scale=1.0):
    """A 7 whose ink, eight pixels wide, lies within (126, 66, 194, 184) when not moved."""
    corners = [(130, 70), (190, 70), (150, 180)]
    return [(x + scale * across, y + scale * down) for across, down in corners]


def close(box, expected, slack):
    return all(abs(a - b) <= slack for a, b in zip(box, expected, strict=True))


def test_the_box_is_where_the_ink_is():
    frame = page(seven())
    rows, columns = np.nonzero(frame == PEN)
    truth = (columns.min(), rows.min(), columns.max() + 1, rows.max() + 1)
    found = find_digits(frame)
    assert found
    assert all(close(digit.box, truth, 2) for digit in found)
    best = found[0]
    assert isinstance(best.box, Box)
    assert best.image.dtype == np.float32
    assert best.image.shape == (28, 28)
    assert (best.image.min(), best.image.max()) == (0, 1)
    # A 7: its bar is its widest row, its foot lies in the left half.
    inked = best.image > 0.5
    across = np.flatnonzero(inked.any(axis=0))
    down = np.flatnonzero(inked.any(axis=1))
    assert inked.sum(axis=1).argmax() - down[0] < 3
    assert np.flatnonzero(inked[down[-1]]).max() < (across[0] + across[-1]) / 2


@pytest.mark.parametrize("level", [30, 128, 255])
def test_an_even_page_is_empty(level):
    assert find_digits(np.full((240, 320), level, np.uint8)) == []


@pytest.mark.parametrize("grain", [1, 4, 10])
def test_grain_is_not_writing(rng, grain):
    paper = 190 + rng.normal(0, grain, (240, 320))
    assert find_digits(np.clip(paper, 0, 255).astype(np.uint8)) == []


@pytest.mark.parametrize("darkest", [60, 120, 180])
def test_a_lamp_beside_the_page_is_not_writing(darkest):
    lamp = np.broadcast_to(np.linspace(darkest, 220, 320), (240, 320)).astype(np.uint8)
    assert find_digits(lamp) == []
    assert find_digits(lamp.T) == []


def test_specks_are_not_digits():
    # 0.09 of 240 is 21 pixels: 16 are a speck, 40 are not.
    assert find_digits(page([(100, 100), (100, 115)])) == []
    assert len(find_digits(page([(100, 100), (100, 139)]))) >= 1


def test_a_line_from_edge_to_edge_is_paper():
    assert find_digits(page([(0, 120), (319, 120)], width=4)) == []


def test_light_on_dark_gives_the_same_crops():
    dark = page(seven())
    light = 255 - dark
    for one, other in zip(find_digits(dark), find_digits(light), strict=True):
        np.testing.assert_array_equal(one.image, other.image)
        assert one.box == other.box
        assert one.quality == other.quality


@pytest.mark.parametrize("shift", [(40, 16), (-56, -24), (3, 5)])
def test_moving_the_digit_moves_the_box_alone(shift):
    here, there = find_digits(page(seven())), find_digits(page(seven(*shift)))
    for one, other in zip(here, there, strict=True):
        across, down = shift
        moved = np.add(one.box, (across, down, across, down))
        np.testing.assert_array_equal(moved, other.box)
        np.testing.assert_array_equal(one.image, other.image)


def test_faint_and_dark_pens_give_the_same_crop():
    dark, faint = (find_digits(page(seven(), pen=level))[0] for level in (20, 170))
    assert np.abs(dark.image - faint.image).max() < 0.15


@pytest.mark.parametrize("scale", [0.25, 0.5, 2.0, 4.0])
def test_boxes_are_in_pixels_of_the_frame(scale):
    size = (round(320 * scale), round(240 * scale))
    frame = page(seven(scale=scale), size=size, width=round(8 * scale))
    rows, columns = np.nonzero(frame == PEN)
    truth = (columns.min(), rows.min(), columns.max() + 1, rows.max() + 1)
    best = find_digits(frame)[0]
    assert close(best.box, truth, max(2, 3 * scale))
    # Whatever the camera, the network sees the same digit.
    assert np.abs(best.image - find_digits(page(seven()))[0].image).mean() < 0.06


def test_boxes_stay_inside_the_frame():
    frame = page([(-20, 60), (60, 60), (20, 260)], size=(101, 203), width=20)
    for digit in find_digits(frame):
        left, top, right, bottom = digit.box
        assert 0 <= left < right <= 101
        assert 0 <= top < bottom <= 203


@pytest.mark.parametrize(
    "frame",
    [
        np.zeros((240, 320, 3), np.uint8),
        np.zeros(320, np.uint8),
        np.zeros((240, 320), np.float32),
        np.zeros((240, 320), np.uint16),
        np.zeros((7, 320), np.uint8),
        np.zeros((240, 7), np.uint8),
        np.zeros((0, 0), np.uint8),
    ],
)
def test_what_is_no_frame_is_refused(frame):
    with pytest.raises(ImageError, match=r"^a frame must be uint8 of at least 8x8 pixels, not"):
        find_digits(frame)


@pytest.mark.parametrize("shape", [(8, 8), (8, 400), (400, 8), (9, 1000)])
def test_the_smallest_frames_are_taken(rng, shape):
    assert find_digits(np.full(shape, 200, np.uint8)) == []
    # Noise of any kind must not break it.
    for digit in find_digits(rng.integers(0, 256, shape).astype(np.uint8)):
        assert np.isfinite(digit.image).all()


def test_the_same_frame_gives_the_same_and_stays_as_it_was(rng):
    frame = page(seven())
    frame[...] = np.clip(frame + rng.normal(0, 3, frame.shape), 0, 255)
    before = frame.copy()
    frame.flags.writeable = False
    first, second = find_digits(frame), find_digits(frame)
    np.testing.assert_array_equal(frame, before)
    assert [(d.box, d.quality) for d in first] == [(d.box, d.quality) for d in second]
    for one, other in zip(first, second, strict=True):
        np.testing.assert_array_equal(one.image, other.image)


def test_views_of_other_arrays_are_read_alike():
    frame = page(seven())
    strided = np.repeat(frame, 2, axis=1)[:, ::2]
    assert not strided.flags.c_contiguous
    assert [d.box for d in find_digits(strided)] == [d.box for d in find_digits(frame)]


def test_trace_has_every_stage():
    frame = page(seven(), size=(640, 480))
    trace = {}
    with_trace = find_digits(frame, trace=trace)
    assert list(trace)[:3] == ["frame", "paper", "ink"]
    assert trace["frame"] is frame
    assert trace["paper"].shape == trace["ink"].shape == (240, 320)
    assert (trace["paper"][:20] == PAPER).all()
    masks = [name for name in trace if name.startswith("threshold ")]
    assert masks[0].startswith("threshold 1: ink from ")
    assert set(trace) == {"frame", "paper", "ink", *masks}
    # Each threshold is more sensitive than the one before.
    counts = [np.count_nonzero(trace[name]) for name in masks]
    assert counts == sorted(counts)
    assert [d.box for d in with_trace] == [d.box for d in find_digits(frame)]


def test_the_traced_paper_of_a_blackboard_is_dark():
    trace = {}
    find_digits(255 - page(seven()), trace=trace)
    assert (trace["paper"][:20] == 255 - PAPER).all()


FIVE = [(140, 90), (136, 130), (170, 135), (178, 160), (160, 185), (134, 180)]
HAT = [(148, 80), (185, 76)]


def ink_box(*strokes):
    rows, columns = np.nonzero(page(*strokes, width=6) == PEN)
    return Box(columns.min(), rows.min(), columns.max() + 1, rows.max() + 1)


def test_a_five_with_a_loose_hat_is_one_candidate():
    frame = page(FIVE, HAT, width=6)
    whole = ink_box(FIVE, HAT)
    assert overlap(ink_box(FIVE), ink_box(HAT)) == 0
    found = find_digits(frame)
    assert overlap(found[0].box, whole) > 0.93
    hat = [digit.quality for digit in found if overlap(digit.box, ink_box(HAT)) > 0.5]
    assert all(quality < 0.5 * found[0].quality for quality in hat)


def test_a_dot_that_far_away_is_none_of_the_digit():
    stray = [(230, 100), (236, 100)]
    found = find_digits(page(FIVE, stray, width=6))
    assert all(digit.box.right < 200 for digit in found)


def test_two_digits_are_two_candidates():
    frame = page(seven(-70, 0), seven(70, 0))
    boxes = [digit.box for digit in find_digits(frame)]
    assert any(overlap(box, Box(56, 66, 124, 184)) > 0.85 for box in boxes)
    assert any(overlap(box, Box(196, 66, 264, 184)) > 0.85 for box in boxes)
    assert all(box.right - box.left < 80 for box in boxes)


def test_at_most_the_limit_and_the_best_first():
    # Lengths from 30 to 80 pixels: six ones of six qualities.
    strokes = [[(40 + 45 * n, 120), (40 + 45 * n, 150 + 10 * n)] for n in range(6)]
    found = find_digits(page(*strokes))
    assert len(found) >= 6
    assert [d.quality for d in found] == sorted((d.quality for d in found), reverse=True)
    assert all(0 < digit.quality <= 1 for digit in found)
    first = find_digits(page(*strokes), limit=2)
    assert [d.box for d in first] == [d.box for d in found[:2]]
    assert len(find_digits(page(*strokes * 3), limit=1)) == 1


def test_the_middle_and_the_whole_look_better():
    def quality(stroke):
        return find_digits(page(stroke))[0].quality

    middle = quality([(160, 80), (160, 160)])
    assert quality([(300, 80), (300, 160)]) < middle  # aside
    assert quality([(160, -10), (160, 70)]) < middle  # cut by the frame
    assert quality([(160, 105), (160, 135)]) < middle  # small


@pytest.mark.parametrize("down", [False, True])
def test_ruled_and_squared_paper(down):
    frame = page(seven())
    for y in range(15, 240, 30):
        frame[y : y + 2] = np.minimum(frame[y : y + 2], 160)
    for x in range(15, 320, 30) if down else ():
        frame[:, x : x + 2] = np.minimum(frame[:, x : x + 2], 160)
    truth = Box(126, 66, 194, 184)
    assert max(overlap(digit.box, truth) for digit in find_digits(frame)) > 0.9


def test_a_hairline_one_from_almost_edge_to_edge_is_offered():
    # It is as long and as thin as a printed line; the ink without lines must not be all.
    found = find_digits(page([(160, 8), (160, 231)], width=2))
    assert any(overlap(digit.box, Box(160, 8, 162, 232)) > 0.5 for digit in found)


def test_features_are_extracted_on_request():
    frame = page(seven())
    assert all(digit.features is None for digit in find_digits(frame))
    described = find_digits(frame, features=True)
    assert [digit.box for digit in described] == [digit.box for digit in find_digits(frame)]
    for digit in described:
        assert digit.features.shape == (len(NAMES),)
        assert digit.features.dtype == np.float32


def test_light_on_dark_has_the_same_features_but_for_the_polarity():
    dark, light = (
        find_digits(page(seven()), features=True),
        find_digits(255 - page(seven()), features=True),
    )
    assert len(dark) == len(light)
    place = NAMES.index("light")
    for one, other in zip(dark, light, strict=True):
        assert (one.features[place], other.features[place]) == (0, 1)
        np.testing.assert_array_equal(
            np.delete(one.features, place), np.delete(other.features, place)
        )


def test_where_it_may_be_either_both_are_looked_for():
    """Black on a white sheet, white on the black table beside it: both are offered."""
    frame = page([(60, 60), (60, 180)])
    frame[:, 160:] = 255 - page([(240, 60), (240, 180)])[:, 160:]
    boxes = [digit.box for digit in find_digits(frame)]
    for truth in (Box(56, 60, 65, 181), Box(236, 60, 245, 181)):
        assert max(overlap(box, truth) for box in boxes) > 0.8


def test_seeking_finds_the_same_digits_the_plainest_first():
    frame = page(seven(), pen=120)
    frame[60:180, 20:24] = 150
    everything = find_digits(frame, features=True)
    found = list(seek_digits(frame, features=True))
    assert len(found) >= 2
    assert {(each.box, each.quality) for each in found} == {
        (each.box, each.quality) for each in everything
    }
    for each in found:
        same = [other for other in everything if np.array_equal(other.image, each.image)]
        assert same
        assert any(np.array_equal(other.features, each.features) for other in same)


def test_seeking_looks_no_further_than_it_is_asked(monkeypatch):
    looked = []
    find = digitise.find_components
    monkeypatch.setattr(digitise, "find_components", lambda it: looked.append(1) or find(it))
    found = seek_digits(page(seven(), pen=120))
    assert not looked
    next(found)
    assert len(looked) == 1
    list(found)
    assert len(looked) > 1


def test_seeking_on_an_empty_page_and_in_what_is_no_frame():
    assert list(seek_digits(np.full((240, 320), 200, np.uint8))) == []
    with pytest.raises(ImageError):
        seek_digits(np.zeros((240, 320), np.float32))


def test_all_stages_are_traced_before_the_first_digit_comes():
    frame = page(seven(), pen=120)
    whole, traced = {}, {}
    find_digits(frame, trace=whole)
    next(seek_digits(frame, trace=traced))
    assert list(traced) == list(whole)


def cluttered(apart=24, *, labels=True):
    """Shelves, with labels on the books, and before them a sheet with a 7 on it."""
    books = [[(x, 0), (x, 239)] for x in range(4, 320, apart)]
    frame = page(*books, paper=90, pen=20, width=9)
    for x in range(10, 300, 48) if labels else ():
        frame[200:216, x : x + 14] = 250
    frame[70:171, 160:256] = 190
    small = page([(192, 93), (222, 93), (204, 144)], paper=190, width=5)
    frame[75:165, 165:250] = small[75:165, 165:250]
    return frame


def test_of_a_cluttered_frame_the_places_come_before_the_whole():
    found = list(seek_digits(cluttered(), features=True, places=True))
    looks = [place for place, _ in groupby(digit.place for digit in found)]
    assert looks in ([1, 0], [1, 2, 0])
    assert all(digit.cluttered for digit in found)
    without = list(seek_digits(cluttered()))
    assert not any(digit.cluttered for digit in without)
    assert [digit.box for digit in found if not digit.place] == [each.box for each in without]
    sevens = [digit for digit in found if overlap(digit.box, Box(190, 90, 226, 147)) > 0.6]
    assert 1 in {digit.place for digit in sevens}
    assert sevens[0].features.shape == (len(NAMES),)


def test_what_is_left_of_a_look_is_not_computed(monkeypatch):
    cropped = []
    crop = digitise.crop_digit
    monkeypatch.setattr(digitise, "crop_digit", lambda *it: cropped.append(1) or crop(*it))
    firsts = [next(look).place for look in seek_looks(cluttered(), places=True)]
    assert firsts in ([1, 0], [1, 2, 0])
    assert len(cropped) == len(firsts)


def test_of_a_room_nothing_is_looked_at_where_no_place_looks_like_writing(monkeypatch):
    room = cluttered(12)
    assert all(digit.room for digit in seek_digits(room, places=True))
    monkeypatch.setattr(digitise, "crop_digit", lambda *it: pytest.fail("looked at"))
    assert list(seek_digits(room, places=True, least=100)) == []


@pytest.mark.parametrize(("books", "labels"), [(24, True), (12, False)])
def test_the_whole_of_what_may_be_no_room_is_looked_at_all_the_same(books, labels):
    """Without the labels it could be a board: there is nothing that is light in it."""
    frame = cluttered(books, labels=labels)
    digits = list(seek_digits(frame, places=True, least=100))
    assert {digit.place for digit in digits} == {0}
    assert not any(digit.room for digit in digits)


def test_the_whole_is_not_looked_at_where_the_places_hardly_look_like_writing():
    boxes = np.full((240, 320), 130, np.uint8)
    for number, (x, y) in enumerate(product(range(20, 300, 50), range(20, 200, 60))):
        boxes[y : y + 36, x : x + 30] = (40, 250)[number % 2]
    assert {digit.place for digit in seek_digits(boxes, places=True, least=-100)} == {1, 2}
    assert {digit.place for digit in seek_digits(boxes)} == {0}


def test_of_a_room_the_whole_is_not_computed_before_it_is_looked_at(monkeypatch):
    inked = []
    find = digitise.find_ink
    monkeypatch.setattr(digitise, "find_ink", lambda *it: inked.append(1) or find(*it))
    for number, look in enumerate(seek_looks(cluttered(12), features=True, places=True)):
        place = next(look).place
        assert bool(inked) == (place == 0), number
    assert inked
    room = list(seek_digits(cluttered(12), features=True, places=True))
    trace = {}
    traced = list(seek_digits(cluttered(12), features=True, places=True, trace=trace))
    assert [digit.box for digit in traced] == [digit.box for digit in room]
    assert "ink" in trace


def test_candidates_at_a_place_have_its_score_and_its_company_as_features():
    frame = cluttered()
    for place in Places(Image.fromarray(frame)).best(2):
        for digit in seek_digits(frame, features=True, places=True):
            if digit.place and overlap(digit.box, place.box) > 0.5:
                known = digit.features[[NAMES.index("away_x"), NAMES.index("away_y")]]
                np.testing.assert_allclose(
                    known, [place.score / 4, np.log1p(place.alike)], 1e-6
                )


def test_without_places_a_cluttered_frame_has_those_of_all_thresholds():
    assert {digit.place for digit in seek_digits(cluttered())} == {0}


def test_a_page_is_not_cluttered():
    frame = page(seven())
    assert [d.box for d in seek_digits(frame, places=True)] == [
        d.box for d in seek_digits(frame)
    ]


def test_a_digit_is_written_in_one_short_line():
    digit = Digit(np.zeros((28, 28), np.float32), (1, 2, 3, 4), 0.5)
    assert "\n" not in repr(digit)
    assert len(repr(digit)) < 120
