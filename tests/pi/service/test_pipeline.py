"""A frame's way through change detection, reader and vote."""

from __future__ import annotations

import numpy as np
import pytest

from core.errors import ImageError
from core.exemplars.memory import Recollection
from core.reading.reader import Box, Reading, RecalledDigit
from pi import config
from pi.devices.displays.base import State
from pi.service.pipeline import FramePipeline, FrameResult
from pi.service.voting import Decision


@pytest.fixture
def pipeline(sheet_reader):
    return FramePipeline(config.load().recogniser, sheet_reader)


def film(pipeline, frames):
    return [pipeline.see(frame, number / 10) for number, frame in enumerate(frames)]


def test_a_sheet_is_read_voted_on_and_then_left_alone(pipeline, sheet):
    results = film(pipeline, [sheet(7)] * 20)
    assert [each.shown.state for each in results[:4]] == [State.DARK, State.DARK, 7, 7]
    assert [each.ms is not None for each in results] == [True] * 5 + [False] * 15
    assert [each.frames for each in results] == list(range(1, 21))
    assert {each.reading.digit for each in results} == {7}


def test_an_empty_page_is_not_read_and_has_no_reading(pipeline, sheet, sheet_reader):
    results = film(pipeline, [sheet(7)] * 5 + [sheet()] * 3)
    assert sheet_reader.read_frames == 5
    assert [each.shown.state for each in results[-3:]] == [7, 7, State.DARK]
    assert (results[-1].reading, results[-1].ms, results[-1].frames) == (None, None, 0)


def test_reset_forgets_votes_picture_and_reading(pipeline, sheet, sheet_reader):
    film(pipeline, [sheet(7)] * 5)
    assert pipeline.reset().state is State.DARK
    assert film(pipeline, [sheet(7)])[0].shown.state is State.DARK
    assert sheet_reader.read_frames == 6


def test_another_reader_keeps_the_votes(pipeline, sheet, sheet_reader):
    film(pipeline, [sheet(7)] * 2)
    pipeline.reader = type(sheet_reader)()
    assert pipeline.see(sheet(7), 0.3).shown.state == 7


def test_a_frame_that_cannot_be_read_raises(pipeline, sheet):
    with pytest.raises(ImageError):
        pipeline.see(sheet(66), 0.0)


def test_the_sample_that_a_digit_was_read_by_is_that_of_the_digit_shown():
    found = Recollection(12, 7, 0.93)
    digit = RecalledDigit(
        np.zeros((28, 28), np.float32), Box(0, 0, 9, 9), 0.9, recollection=found
    )
    reading = Reading(7, 0.97, 7, None, digit, [digit])
    assert FrameResult(Decision(7), reading, 40.0, 3).recollection == found
    assert FrameResult(Decision(1), reading, 40.0, 3).recollection is None
    assert FrameResult(Decision(7), None, None, 3).recollection is None
    assert FrameResult(Decision(7), Reading(1, 0.97, 1), 40.0, 3).recollection is None
