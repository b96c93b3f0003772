"""A picture of a reading: every stage, the candidates, the outputs."""

from __future__ import annotations

import numpy as np
import pytest
from PIL import Image, ImageDraw, ImageFont

from core.network import Network
from core.reading.reader import Reader, Reading
from pi.diagnostics import explain

RED, BLUE, BAR = (208, 48, 40), (60, 120, 200), (150, 160, 175)


@pytest.fixture
def frame():
    page = Image.new("L", (320, 240), 200)
    ImageDraw.Draw(page).line([(140, 60), (200, 60), (160, 180)], fill=30, width=8)
    return np.asarray(page)


@pytest.fixture
def reader():
    return Reader(Network.from_spec("784-11", seed=1))


def pixels_of(image, colour):
    return int((np.asarray(image) == colour).all(axis=2).sum())


def test_every_stage_is_drawn(frame, reader):
    reading = reader.read(frame, trace=True)
    assert reading.candidate is not None
    image = explain.draw(reader, frame, reading, "7 (0.98)")
    assert image.mode == "RGB"
    assert image.width == 1120
    assert image.height > 800
    # The box of the chosen candidate, its outline and the longest bar.
    assert pixels_of(image, RED) > 1000


def test_bars_are_as_long_as_the_outputs(frame, reader):
    reading = reader.read(frame, trace=True)

    def bars(*shares):
        outputs = np.zeros(11, np.float32)
        outputs[: len(shares)] = shares
        told = Reading(None, 0.0, 0, outputs, reading.candidate, [], {})
        image = explain.draw(reader, frame, told, "")
        return pixels_of(image, BAR)

    assert bars(0.6, 0.2) == pytest.approx(2 * bars(0.6, 0.1), rel=0.05)
    assert bars(1.0) == 0


class Judge:
    """A judge that has the same confidence in every candidate."""

    def __init__(self, confidence):
        self.confidence = confidence

    def confidences(self, candidates, probabilities):
        assert len(candidates) == len(probabilities)
        return np.full(len(candidates), self.confidence, np.float32)


def test_the_judge_is_heard(frame, reader):
    reading = reader.read(frame, trace=True)

    def drawn(judge):
        judged = Reader(reader.network, reader.threshold, judge)
        return np.asarray(explain.draw(judged, frame, reading, ""))

    without, one, other = drawn(None), drawn(Judge(0.75)), drawn(Judge(0.25))
    # A line more, and what it says is drawn.
    assert one.shape == other.shape
    assert one.shape[0] > without.shape[0]
    assert (one != other).any()


def test_an_empty_page_is_drawn_without_a_network(reader):
    blank = np.full((240, 320), 200, np.uint8)
    reading = reader.read(blank, trace=True)
    assert reading.candidate is None
    image = explain.draw(reader, blank, reading, "no digit found")
    assert pixels_of(image, RED) == 0


@pytest.mark.parametrize("shape", [(8, 8), (1000, 20), (20, 1000)])
def test_frames_of_any_shape(reader, shape):
    frame = np.random.default_rng(0).integers(0, 256, shape, dtype=np.uint8)
    explain.draw(reader, frame, reader.read(frame, trace=True), "?")


def test_an_old_pillow_has_one_font_only(frame, reader, monkeypatch):
    def load_default():
        return bitmap

    bitmap = getattr(ImageFont, "load_default_imagefont", ImageFont.load_default)()
    monkeypatch.setattr(ImageFont, "load_default", load_default)
    reading = reader.read(frame, trace=True)
    explain.draw(reader, frame, reading, "\u6570\u5b57.jpg: 7 (0.98)")


def test_names_in_any_script(frame, reader):
    reading = reader.read(frame, trace=True)
    explain.draw(reader, frame, reading, "\u6570\u5b57.jpg: 7 (0.98)")
