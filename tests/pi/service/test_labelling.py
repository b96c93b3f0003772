"""Labels by the socket, and what the display shows instead, while sheets come and go."""

from __future__ import annotations

import json
import os

import numpy as np
import pytest

from core.errors import ServiceError
from pi import config
from pi.devices.displays.base import State
from pi.retraining import progress
from pi.samples.store import SampleStore
from pi.service.labelling import LabellingSession
from pi.service.pipeline import FrameResult
from pi.service.voting import Decision

FRAME = np.full((240, 320), 200, np.uint8)
DARK = FrameResult(Decision(State.DARK), None, None, 0)


def test_the_display_says_that_it_learns_where_nothing_else_is_shown(settings, tmp_path):
    labelling = LabellingSession(settings)
    try:
        labelling.tick(0.0)
        assert labelling.instead_of(State.DARK) is None
        state = {"pid": os.getpid(), "stage": "learning", "share": 0.5, "left_s": 60}
        (tmp_path / progress.PROGRESS).write_text(json.dumps(state))
        labelling.tick(10.0)
        assert labelling.instead_of(State.DARK) is State.LEARNING
        assert labelling.instead_of(7) is None
        assert labelling.night == state
    finally:
        labelling.close()


@pytest.fixture
def labelling(settings):
    made = LabellingSession(settings)
    yield made
    made.close()


def kept(labelling, settings):
    labelling.close()
    with SampleStore.of(settings) as store:
        return [(sample.guess, sample.label, sample.origin) for sample in store.select()]


def test_a_label_goes_to_the_digit_that_was_shown_last(labelling, settings, result):
    labelling.see(FRAME, result(7), None, 0.0)
    assert labelling.label(3) == 7
    # Also where the next sheet is quicker than the next tick.
    labelling.see(FRAME, DARK, None, 1.0)
    labelling.see(FRAME, result(4), None, 1.1)
    assert kept(labelling, settings) == [(7, 3, "label"), (4, None, None)]


def test_a_label_goes_to_what_is_unsure_and_says_so(labelling, settings, result):
    labelling.see(FRAME, result(7), None, 0.0)
    labelling.see(FRAME, DARK, None, 1.0)
    labelling.see(FRAME, result(State.UNSURE, 0.4, guess=4), None, 1.5)
    assert labelling.label(7) is None
    labelling.tick(1.6)
    assert kept(labelling, settings) == [(7, None, None), (4, 7, "label")]


def test_a_label_for_what_is_over_is_refused(labelling, settings, result):
    with pytest.raises(ServiceError, match="nothing to label: nothing was shown in the last"):
        labelling.label(7)
    labelling.see(FRAME, result(7), None, 0.0)
    labelling.see(FRAME, DARK, None, 1.0)
    labelling.tick(20.9)
    assert labelling.label(3) == 7
    labelling.tick(21.1)
    with pytest.raises(ServiceError, match="nothing was shown in the last 20 s"):
        labelling.label(7)
    assert kept(labelling, settings) == [(7, 3, "label")]


def test_a_label_in_time_is_taken_before_all_is_forgotten(labelling, settings, result):
    labelling.see(FRAME, result(7), None, 0.0)
    labelling.label(3)
    labelling.forget(0.1)
    assert kept(labelling, settings) == [(7, 3, "label")]


def test_a_label_where_no_samples_are_kept_is_refused(tmp_path, result):
    given = {"samples.folder": str(tmp_path), "samples.keep": "none"}
    labelling = LabellingSession(config.load(overrides=given))
    labelling.see(FRAME, result(7), None, 0.0)
    with pytest.raises(ServiceError, match="no samples are kept"):
        labelling.label(7)
    labelling.close()
