"""`zerodigit look`: the frame, the 28x28 beside it, a line of figures, and advice."""

from __future__ import annotations

import base64
import json

import numpy as np
import pytest
from PIL import Image, ImageDraw

from core.reading.reader import Reader
from pi import config
from pi.control.server import ControlServer
from pi.samples.store import Sample, SampleStore


def packed(values):
    return base64.b64encode(values.tobytes()).decode()


@pytest.fixture(scope="module")
def seven():
    """A frame that shows a 7, and its reading."""
    page = Image.new("L", (320, 240), 200)
    ImageDraw.Draw(page).line([(130, 60), (190, 60), (150, 180)], fill=30, width=10)
    frame = np.asarray(page)
    return frame, Reader.default().read(frame)


@pytest.fixture
def answer(seven):
    """What the service answers."""
    frame, reading = seven
    image = (reading.candidate.image * 255).astype(np.uint8)
    return {
        "number": 5, "width": 320, "height": 240, "frame": packed(frame), "age_s": 0.1,
        "shows": "digit 7", "trouble": None, "weights": None,
        "reading": {
            "state": reading.state, "guess": reading.guess, "digit": reading.digit,
            "confidence": reading.confidence, "image": packed(image),
            "box": [int(side) for side in reading.candidate.box],
        },
    }  # fmt: skip


@pytest.fixture
def look(folder, out, answer):
    """A function that runs it on such a service, whose second frame is another one."""

    def run(*arguments, **changes):
        numbers = iter(range(5, 100))

        def answered(request):
            return answer | {"number": next(numbers)} | changes

        (folder / "run").mkdir()
        server = ControlServer(folder / "run" / "control", {"look": answered}).start()
        try:
            return out("look", *arguments).splitlines()
        finally:
            server.close()

    return run


def test_a_digit_is_shown_with_its_crop_beside_it(look):
    *picture, figures, advice = look()
    assert len(picture) >= 14
    assert max(map(len, picture)) > 28
    assert figures.startswith("frame 6, 320x240, 0.1 s old, focus ")
    assert figures.endswith("the display shows: digit 7, this reads 7 (1.00)")
    assert advice == "-> all is well"


def test_an_empty_page_has_advice(look):
    lines = look(reading=None, shows="nothing", trouble="no camera")
    assert lines[-1] == "-> no digit in sight: hold one in front of the camera"
    assert lines[-2].endswith("the display shows: nothing, the camera fails since: no camera")


def test_a_sheet_on_its_side_is_to_be_turned(look, answer):
    image = np.frombuffer(base64.b64decode(answer["reading"]["image"]), np.uint8)
    side = np.ascontiguousarray(np.rot90(image.reshape(28, 28)))
    unread = {"state": "empty", "guess": None, "digit": None, "image": packed(side)}
    lines = look(reading=answer["reading"] | unread, shows="nothing")
    assert lines[-1] == "-> turn it: it lies on its side"


def test_the_reading_is_explained(look, folder):
    path = folder / "why.png"
    assert look("--explain", str(path))[-1] == f"drew {path}"
    with Image.open(path) as picture:
        assert picture.width == 1120


def test_without_a_service_it_is_an_error(folder, out):
    assert "zerodigit: " in out("look", code=1)


def test_json_tells_what_is_seen_and_what_to_do(look, folder):
    found = json.loads("\n".join(look("--json", "--explain", str(folder / "why.png"))))
    assert list(found) == [
        "frame", "width", "height", "age_s", "shows", "trouble", "focus", "motion", "reading",
        "advice",
    ]  # fmt: skip
    assert (found["frame"], found["width"], found["height"], found["advice"]) == (
        6,
        320,
        240,
        [],
    )
    assert list(found["reading"]) == [
        "state", "digit", "guess", "confidence", "box", "memory",
    ]  # fmt: skip
    assert found["reading"]["digit"] == 7
    assert 0 < found["focus"] <= 1
    assert (folder / "why.png").exists()


def test_json_of_an_empty_page(look):
    found = json.loads("\n".join(look("--json", reading=None, shows="nothing")))
    assert found["reading"] is None
    assert found["advice"] == ["no digit in sight: hold one in front of the camera"]


BY = {"sample": 12, "label": 7, "likeness": 0.9312}


def test_a_reading_by_memory_says_by_which_sample(look, answer):
    reading = answer["reading"] | {"memory": BY}
    figures = look(reading=reading)[-2]
    assert figures.endswith("reads 7 (1.00), as sample 12 was labelled (0.93 alike)")


def test_what_was_labelled_no_digit_is_said_to_be_none(look, answer):
    reading = answer["reading"] | {
        "state": "empty", "guess": None, "digit": None, "memory": BY | {"label": 10}
    }  # fmt: skip
    said = "\n".join(look(reading=reading))
    assert "this is no digit, as sample 12 was labelled (0.93 alike)" in said


def test_the_picture_is_of_the_reading_by_the_sample(look, answer, folder, seven):
    image = (seven[1].candidate.image * 255).round().astype(np.uint8)
    with SampleStore.of(config.load()) as store:
        number = store.add(Sample(image.tobytes(), 7, label=1))
    path = folder / "why.png"
    by = {"sample": number, "label": 1, "likeness": 0.99}
    lines = look("--explain", str(path), reading=answer["reading"] | {"memory": by})
    assert lines[-1] == f"drew {path}"


def test_the_picture_is_drawn_when_the_sample_is_gone(look, answer, folder):
    path = folder / "why.png"
    look("--explain", str(path), reading=answer["reading"] | {"memory": BY})
    assert path.exists()
