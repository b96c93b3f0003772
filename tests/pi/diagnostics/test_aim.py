"""Sharpness, motion and advice for aiming the camera."""

from __future__ import annotations

import base64
from dataclasses import replace

import numpy as np
import pytest
from PIL import Image, ImageDraw, ImageFilter

from core.errors import ServiceError
from core.reading.reader import Reader
from pi.diagnostics import aim
from pi.diagnostics.aim import CameraView


def page(grey=200):
    return np.full((240, 320), grey, np.uint8)


def sheet(box=(130, 60, 190, 180), ink=30, grey=200):
    """A frame with a stroke round the box, and the view of it."""
    frame = page(grey)
    left, top, right, bottom = box
    frame[top:bottom, left:right] = ink
    frame[top + 12 : bottom - 12, left + 12 : right - 12] = grey
    reading = {"state": "digit"}
    return CameraView(frame, box, None, {"reading": reading})


UNSURE = replace(sheet(), answer={"reading": {"state": "unsure"}})


def blurred(frame, radius):
    return np.asarray(Image.fromarray(frame).filter(ImageFilter.GaussianBlur(radius)))


def test_focus_falls_with_blur():
    view = sheet()
    scores = [aim.focus(blurred(view.frame, radius), view.box) for radius in (0, 1, 2, 4, 8)]
    assert scores[0] > 0.9
    assert scores == sorted(scores, reverse=True)
    assert scores[1] > aim.BLURRED > scores[3]


@pytest.mark.parametrize("gain", [0.3, 1.0])
def test_focus_is_of_the_edges_not_of_the_light(gain):
    view = sheet()
    frame = blurred(view.frame, 1.5) * gain
    sharpness = aim.focus(frame.astype(np.uint8), view.box)
    assert sharpness == pytest.approx(aim.focus(blurred(view.frame, 1.5), view.box), abs=0.05)


@pytest.mark.parametrize("frame", [page(), np.zeros((1, 1), np.uint8), page()[:1]])
def test_no_edges_no_focus(frame):
    assert aim.focus(frame) == 0


def test_motion():
    view = sheet().frame
    assert aim.motion(None, view) == 0
    assert aim.motion(page()[:50], view) == 0
    assert aim.motion(view, view) == 0
    # A lamp that is switched on moves nothing.
    assert aim.motion(page(100), page(180)) == 0
    assert aim.motion(view, np.roll(view, 40, axis=1)) > aim.MOVED
    assert aim.motion(view, np.roll(view, 1, axis=1)) < aim.MOVED


@pytest.mark.parametrize(
    ("view", "options", "said"),
    [
        (sheet(), {}, []),
        (sheet(grey=50, ink=10), {}, ["too dark: more light on the paper"]),
        (sheet(grey=255), {}, ["too bright: less light, or turn the paper away from the lamp"]),
        (sheet((150, 100, 170, 140)), {}, ["come nearer, or write larger"]),
        (sheet((40, 6, 280, 236)), {}, ["go further away"]),
        (sheet((0, 60, 60, 180)), {}, ["cut by the frame: to the middle, or further away"]),
        (sheet((260, 60, 320, 180)), {}, ["cut by the frame: to the middle, or further away"]),
        (sheet(), {"moved": 10.0}, []),
        (UNSURE, {"moved": 10.0}, ["hold still"]),
        (sheet(), {"sharpness": 0.1}, ["out of focus: another distance, or hold still"]),
        (UNSURE, {"sharpness": 0.1, "moved": 10.0}, ["hold still"]),
        (
            replace(sheet(), box=None),
            {},
            ["no digit in sight: hold one in front of the camera"],
        ),
        (
            replace(sheet(), answer={"reading": {"state": "empty"}}),
            {},
            ["no digit in sight: hold one in front of the camera"],
        ),
        (UNSURE, {"turns": 2}, ["turn it: it is upside down"]),
        (
            replace(sheet(), answer={"reading": {"state": "empty"}}),
            {"turns": 1, "moved": 9.0},
            ["hold still", "turn it: it lies on its side"],
        ),
        (UNSURE, {"turns": 3}, ["turn it: it lies on its side"]),
        (UNSURE, {}, ["unsure: a thicker pen, or write it more plainly"]),
        (
            replace(UNSURE, frame=page(50), box=None),
            {"moved": 9.0},
            ["too dark: more light on the paper", "hold still"],
        ),
    ],
)
def test_advice(view, options, said):
    assert aim.advice(view, options.pop("sharpness", 0.6), **options) == said


def test_bands_of_light_are_not_a_moving_sheet():
    rows = 0.7 + 0.3 * np.cos(np.arange(240) / 11)[:, None]
    before, view = (
        replace(each, frame=(each.frame * light).astype(np.uint8))
        for each, light in ((UNSURE, rows), (UNSURE, np.roll(rows, 20)))
    )
    moved = aim.motion(before.frame, view.frame)
    assert moved > aim.MOVED
    said = "the light is in bands: another lamp, no blind, or camera.mains_hz as your mains"
    assert aim.advice(view, 0.6, moved) == [said]
    assert aim.advice(replace(view, box=None), 0.6, moved) == [said]
    assert aim.advice(replace(view, answer=sheet().answer), 0.6, moved) == []


def test_quarter_turns_of_what_is_not_read():
    frame = page()
    pen = ImageDraw.Draw(image := Image.fromarray(frame))
    pen.line([(130, 60), (190, 60), (150, 180)], fill=30, width=10)
    seven = Reader.default().read(np.asarray(image)).candidate.image
    side = (np.rot90(seven) * 255).astype(np.uint8)
    assert aim.quarter_turns(replace(UNSURE, image=side)) == 3
    assert aim.quarter_turns(replace(UNSURE, image=np.rot90(side, 3))) == 0
    assert aim.quarter_turns(UNSURE) == 0
    # What is read is not asked about.
    assert aim.quarter_turns(replace(sheet(), image=side)) == 0


def test_the_box_shows_on_any_ground():
    view = sheet()
    drawn = aim.with_box(view)
    outside = drawn[:60].tolist() + drawn[180:].tolist()
    assert {0, 255} <= {value for row in outside for value in row}
    assert (drawn[60:180, 130:190] == view.frame[60:180, 130:190]).all()
    assert aim.with_box(replace(view, box=None)) is view.frame


def answer(**changes):
    frame = np.arange(12 * 16, dtype=np.uint8).reshape(12, 16)
    image = np.zeros((28, 28), np.uint8)
    whole = {
        "width": 16,
        "height": 12,
        "frame": base64.b64encode(frame.tobytes()).decode(),
        "reading": {
            "box": [1, 2, 3, 4],
            "image": base64.b64encode(image.tobytes()).decode(),
            "state": "digit",
        },
    }
    return whole | changes


def test_unpacking():
    view = CameraView.unpack(answer())
    assert view.frame.shape == (12, 16)
    assert view.frame[1, 0] == 16
    assert view.box == (1, 2, 3, 4)
    assert view.image.shape == (28, 28)
    assert view.state == "digit"
    assert CameraView.unpack(answer(reading=None)).state == "empty"


@pytest.mark.parametrize("changes", [{"width": 17}, {"frame": "?"}, {"height": None}])
def test_an_answer_that_makes_no_sense(changes):
    with pytest.raises(ServiceError, match="another version"):
        CameraView.unpack(answer(**changes))
