"""From what is shown and pressed to samples: one write a presentation, and labels in time."""

from __future__ import annotations

import json
import os
from types import SimpleNamespace

import numpy as np
import pytest

from core.classes import NO_DIGIT
from core.errors import ServiceError
from core.reading.reader import Box, Reading
from core.vision.digitise import Digit
from pi import config
from pi.devices.buttons import Press
from pi.devices.displays.base import State
from pi.retraining import progress
from pi.samples.store import Sample, SampleStore
from pi.service import feedback
from pi.service.feedback import NOTHING, PROPOSED_S, TAKEN_S, Feedback
from pi.service.labelling import LabellingSession
from pi.service.recent import LastShown
from pi.service.sample_writer import SampleWriter
from pi.service.voting import Decision

FRAME = np.full((240, 320), 200, np.uint8)
RIGHT, WRONG = Press("right", False, 0.0), Press("wrong", False, 0.0)
LONG = Press("wrong", True, 0.0)


def sight(state, confidence=0.9, guess=None):
    """What came of a frame: a digit or a state is shown."""
    digit = state if isinstance(state, int) else None
    guess = digit if guess is None else guess
    if guess is None:
        return SimpleNamespace(shown=Decision(state), reading=None)
    shares = np.full(11, 0.01, np.float32)
    shares[guess] = confidence
    shares[(guess + 3) % 10] = 0.05
    found = Digit(np.full((28, 28), confidence, np.float32), Box(100, 60, 180, 200), 0.9)
    return SimpleNamespace(
        shown=Decision(state), reading=Reading(digit, confidence, guess, shares, found, [found])
    )


class Written(list):
    """Takes what is written, as (number of the presentation, sample)."""

    def __call__(self, number, sample):
        self.append((number, sample))

    @property
    def labels(self):
        return [(number, sample.label) for number, sample in self]


@pytest.fixture
def written():
    return Written()


@pytest.fixture
def pupil_of(written):
    def make(keep="all"):
        return Feedback(written, keep, 20.0)

    return make


def see(teaching, *sights, start=0.0):
    for number, each in enumerate(sights):
        teaching.see(FRAME, each, "0001", start + number / 10)


def last(digit):
    return LastShown(Decision(digit if digit is not None else State.UNSURE), 0.0)


DARK = sight(State.DARK)


def test_the_surest_frame_is_written_once_when_nothing_can_be_said_any_more(pupil_of, written):
    one = pupil_of()
    see(one, sight(7, 0.7), sight(7, 0.95), sight(7, 0.8), DARK, DARK)
    one.tick(19.0)
    assert written == []
    one.tick(30.0)
    one.tick(31.0)
    one.close()
    [(_, sample)] = written
    assert (sample.guess, sample.confidence, sample.label) == (7, 0.95, None)
    assert set(sample.image) == {round(0.95 * 255)}
    assert max(len(sample.crop) // sample.crop_width, sample.crop_width) <= feedback.CROP_SIDE


def test_the_next_sheet_ends_the_one_before(pupil_of, written):
    one = pupil_of()
    see(one, sight(7), DARK, sight(3), DARK)
    one.close()
    assert [sample.guess for _, sample in written] == [7, 3]
    assert len(dict(written)) == 2


def test_a_flicker_between_digits_is_one_write(pupil_of, written):
    one = pupil_of()
    see(one, sight(7), sight(1), sight(7), DARK)
    one.close()
    assert [sample.guess for _, sample in written] == [7]


def test_right_writes_at_once_and_nothing_more_comes(pupil_of, written):
    one = pupil_of()
    see(one, sight(7), sight(7, 0.99), DARK)
    assert one.press(RIGHT, last(7), 1.0) == "labelled 7"
    assert [(sample.label, sample.origin) for _, sample in written] == [(7, "right")]
    see(one, sight(7), DARK, start=100.0)
    one.close()
    assert [label for _, label in written.labels] == [7, None]


def test_wrong_offers_the_likeliest_others_and_comes_round(pupil_of, written):
    one = pupil_of()
    see(one, sight(7), DARK)
    offered = [one.press(WRONG, last(7), 1.0) for _ in range(11)]
    assert offered[0] == "proposed 0"  # (7 + 3) % 10 has the next share.
    assert sorted(offered[:9]) == [f"proposed {digit}" for digit in range(10) if digit != 7]
    assert offered[9:] == ["proposed 7", "proposed 0"]
    assert one.shows == 0
    assert one.press(RIGHT, last(7), 2.0) == "labelled 0"
    assert written[0][1].origin == "wrong"
    # What was taken is seen for a moment, and then the display is the recogniser's again.
    assert one.shows == 0
    one.tick(2.0 + TAKEN_S + 0.1)
    assert one.shows is None


def test_a_guess_that_nobody_takes_goes(pupil_of, written):
    one = pupil_of()
    see(one, sight(7), DARK)
    one.press(WRONG, last(7), 1.0)
    one.tick(1.0 + PROPOSED_S + 0.1)
    assert one.shows is None
    one.close()
    assert written.labels == [(1, None)]


def test_another_label_for_the_same_sheet_has_its_number(pupil_of, written):
    one = pupil_of()
    see(one, sight(7), DARK)
    one.press(RIGHT, last(7), 1.0)
    assert one.press(LONG, last(7), 2.0) == "labelled no digit"
    assert written.labels == [(1, 7), (1, NO_DIGIT)]
    assert one.shows is State.DARK


def test_unsure_is_worth_a_sample_only_with_a_label(pupil_of, written):
    one = pupil_of()
    see(one, sight(State.UNSURE, 0.4, guess=4), DARK)
    assert one.press(RIGHT, last(None), 0.5) == NOTHING
    see(one, sight(State.UNSURE, 0.4, guess=4), start=1.0)
    assert one.press(WRONG, last(None), 1.5) == "proposed 4"
    one.press(RIGHT, last(None), 1.6)
    see(one, DARK, start=2.0)
    one.close()
    assert written.labels == [(2, 4)]


def test_a_press_about_another_digit_is_about_nothing(pupil_of, written):
    one = pupil_of()
    assert one.press(RIGHT, last(7), 0.0) == NOTHING
    see(one, sight(3))
    assert one.press(RIGHT, last(7), 0.5) == NOTHING


@pytest.mark.parametrize(
    ("keep", "labels"), [("all", [7, None]), ("labelled", [7]), ("none", [])]
)
def test_what_is_kept(pupil_of, written, keep, labels):
    one = pupil_of(keep)
    see(one, sight(7), DARK)
    one.press(RIGHT, last(7), 1.0)
    see(one, sight(3), DARK, start=100.0)
    one.close()
    assert [label for _, label in written.labels] == labels


@pytest.fixture
def settings(tmp_path):
    given = {"samples.folder": str(tmp_path / "state"), "service.run_folder": str(tmp_path)}
    return config.load(overrides=given)


def test_the_keeper_writes_in_order_and_relabels(settings):
    keeper = SampleWriter(settings, trusted=lambda: True)
    keeper.start()
    keeper.write(1, Sample(bytes(784), 7, label=7, origin="right"))
    keeper.write(1, Sample(bytes(784), 7, label=1, origin="wrong"))
    keeper.write(2, Sample(bytes(784), 3))
    keeper.close()
    with SampleStore.of(settings) as store:
        found = store.select()
    assert [(each.label, each.origin) for each in found] == [(1, "wrong"), (None, None)]
    assert all(each.trusted and each.time > 1e9 for each in found)
    assert keeper.counts == {"all": 2, "labelled": 1, "corrected": 1}


def test_the_keeper_adds_anew_what_was_deleted_meanwhile(settings, monkeypatch, caplog):
    add = SampleStore.add

    def add_and_lose(store, sample):
        number = add(store, sample)
        if sample.origin == "right":
            store.delete([number])
        return number

    monkeypatch.setattr(SampleStore, "add", add_and_lose)
    keeper = SampleWriter(settings)
    keeper.start()
    keeper.write(1, Sample(bytes(784), 7, label=7, origin="right"))
    keeper.write(1, Sample(bytes(784), 7, label=1, origin="wrong"))
    keeper.close()
    with SampleStore.of(settings) as store:
        assert [(each.label, each.origin) for each in store.select()] == [(1, "wrong")]
    assert caplog.text == ""


def test_the_keeper_sets_a_damaged_file_aside_and_goes_on(settings, tmp_path, caplog):
    (tmp_path / "state").mkdir()
    (tmp_path / "state" / "samples.db").write_bytes(b"no database" * 100)
    keeper = SampleWriter(settings)
    keeper.start()
    keeper.write(1, Sample(bytes(784), 7, label=7))
    keeper.close()
    assert keeper.counts["all"] == 1
    assert "set aside" in caplog.text


def test_the_display_says_that_it_learns_where_nothing_else_is_shown(settings, tmp_path):
    pupil = LabellingSession(settings)
    try:
        pupil.tick(0.0)
        assert pupil.instead_of(State.DARK) is None
        state = {"pid": os.getpid(), "stage": "learning", "share": 0.5, "left_s": 60}
        (tmp_path / progress.PROGRESS).write_text(json.dumps(state))
        pupil.tick(10.0)
        assert pupil.instead_of(State.DARK) is State.LEARNING
        assert pupil.instead_of(7) is None
        assert pupil.night == state
    finally:
        pupil.close()


@pytest.fixture
def pupil(settings):
    made = LabellingSession(settings)
    yield made
    made.close()


def kept(pupil, settings):
    pupil.close()
    with SampleStore.of(settings) as store:
        return [(sample.guess, sample.label, sample.origin) for sample in store.select()]


def test_a_label_goes_to_the_digit_that_was_shown_last(pupil, settings):
    pupil.see(FRAME, sight(7), None, 0.0)
    assert pupil.label(3) == 7
    # Also where the next sheet is quicker than the next tick.
    pupil.see(FRAME, DARK, None, 1.0)
    pupil.see(FRAME, sight(4), None, 1.1)
    assert kept(pupil, settings) == [(7, 3, "label"), (4, None, None)]


def test_a_label_goes_to_what_is_unsure_and_says_so(pupil, settings):
    pupil.see(FRAME, sight(7), None, 0.0)
    pupil.see(FRAME, DARK, None, 1.0)
    pupil.see(FRAME, sight(State.UNSURE, 0.4, guess=4), None, 1.5)
    assert pupil.label(7) is None
    pupil.tick(1.6)
    assert kept(pupil, settings) == [(7, None, None), (4, 7, "label")]


def test_a_label_for_what_is_over_is_refused(pupil, settings):
    with pytest.raises(ServiceError, match="nothing to label: nothing was shown in the last"):
        pupil.label(7)
    pupil.see(FRAME, sight(7), None, 0.0)
    pupil.see(FRAME, DARK, None, 1.0)
    pupil.tick(20.9)
    assert pupil.label(3) == 7
    pupil.tick(21.1)
    with pytest.raises(ServiceError, match="nothing was shown in the last 20 s"):
        pupil.label(7)
    assert kept(pupil, settings) == [(7, 3, "label")]


def test_a_label_in_time_is_taken_before_all_is_forgotten(pupil, settings):
    pupil.see(FRAME, sight(7), None, 0.0)
    pupil.label(3)
    pupil.forget(0.1)
    assert kept(pupil, settings) == [(7, 3, "label")]


def test_a_label_where_no_samples_are_kept_is_refused(tmp_path):
    given = {"samples.folder": str(tmp_path), "samples.keep": "none"}
    pupil = LabellingSession(config.load(overrides=given))
    pupil.see(FRAME, sight(7), None, 0.0)
    with pytest.raises(ServiceError, match="no samples are kept"):
        pupil.label(7)
    pupil.close()
