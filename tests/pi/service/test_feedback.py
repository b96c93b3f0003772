"""From what is shown and pressed to samples: one write a presentation, and labels in time."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from core.classes import NO_DIGIT
from core.errors import ServiceError
from pi.devices.buttons import Press
from pi.devices.displays.base import State
from pi.service import feedback
from pi.service.feedback import NOTHING, PROPOSED_S, TAKEN_S, Feedback
from pi.service.pipeline import FrameResult
from pi.service.recent import LastShown
from pi.service.tickets import Ticket
from pi.service.voting import Decision

FRAME = np.full((240, 320), 200, np.uint8)
RIGHT, WRONG = Press("right", False, 0.0), Press("wrong", False, 0.0)
LONG = Press("wrong", True, 0.0)


class Written(list):
    """Takes what is written, as (number of the presentation, sample)."""

    full = False

    def __call__(self, number, sample, ticket=None):
        if self.full:
            raise ServiceError("64 labels wait")
        self.append((number, sample))
        return ticket or (None if sample.label is None else Ticket(len(self)))

    @property
    def labels(self):
        return [(number, sample.label) for number, sample in self]


@pytest.fixture
def written():
    return Written()


@pytest.fixture
def feedback_of(written):
    def make(keep="all"):
        return Feedback(written, keep, 20.0)

    return make


def see(feedback, *results, start=0.0):
    for number, each in enumerate(results):
        feedback.see(FRAME, each, "0001", start + number / 10)


def last(digit):
    return LastShown(Decision(digit if digit is not None else State.UNSURE), 0.0)


DARK = FrameResult(Decision(State.DARK), None, None, 0)


def test_the_surest_frame_is_written_once_when_nothing_can_be_said_any_more(
    feedback_of, written, result
):
    one = feedback_of()
    see(one, result(7, 0.7), result(7, 0.95), result(7, 0.8), DARK, DARK)
    one.tick(19.0)
    assert written == []
    one.tick(30.0)
    one.tick(31.0)
    one.close()
    [(_, sample)] = written
    assert (sample.guess, sample.confidence, sample.label) == (7, 0.95, None)
    assert set(sample.image) == {round(0.95 * 255)}
    assert max(len(sample.crop) // sample.crop_width, sample.crop_width) <= feedback.CROP_SIDE


def test_the_next_sheet_ends_the_one_before(feedback_of, written, result):
    one = feedback_of()
    see(one, result(7), DARK, result(3), DARK)
    one.close()
    assert [sample.guess for _, sample in written] == [7, 3]
    assert len(dict(written)) == 2


def test_a_flicker_between_digits_is_one_write(feedback_of, written, result):
    one = feedback_of()
    see(one, result(7), result(1), result(7), DARK)
    one.close()
    assert [sample.guess for _, sample in written] == [7]


def test_right_writes_at_once_and_nothing_more_comes(feedback_of, written, result):
    one = feedback_of()
    see(one, result(7), result(7, 0.99), DARK)
    assert one.press(RIGHT, last(7), 1.0).said == "labelled 7"
    assert [(sample.label, sample.origin) for _, sample in written] == [(7, "right")]
    see(one, result(7), DARK, start=100.0)
    one.close()
    assert [label for _, label in written.labels] == [7, None]


def test_wrong_offers_the_likeliest_others_and_comes_round(feedback_of, written, result):
    one = feedback_of()
    see(one, result(7), DARK)
    offered = [one.press(WRONG, last(7), 1.0).said for _ in range(11)]
    assert offered[0] == "proposed 0"  # (7 + 3) % 10 has the next share.
    assert sorted(offered[:9]) == [f"proposed {digit}" for digit in range(10) if digit != 7]
    assert offered[9:] == ["proposed 7", "proposed 0"]
    assert one.shows == 0
    assert one.press(RIGHT, last(7), 2.0).said == "labelled 0"
    assert written[0][1].origin == "wrong"
    # What was taken is seen for a moment, and then the display is the recogniser's again.
    assert one.shows == 0
    one.tick(2.0 + TAKEN_S + 0.1)
    assert one.shows is None


def test_a_guess_that_nobody_takes_goes(feedback_of, written, result):
    one = feedback_of()
    see(one, result(7), DARK)
    one.press(WRONG, last(7), 1.0)
    one.tick(1.0 + PROPOSED_S + 0.1)
    assert one.shows is None
    one.close()
    assert written.labels == [(1, None)]


def test_another_label_for_the_same_sheet_has_its_number(feedback_of, written, result):
    one = feedback_of()
    see(one, result(7), DARK)
    one.press(RIGHT, last(7), 1.0)
    assert one.press(LONG, last(7), 2.0).said == "labelled no digit"
    assert written.labels == [(1, 7), (1, NO_DIGIT)]
    assert one.shows is State.DARK


def written_as(result, rows):
    """The result with a crop that has ink in some rows."""
    image = np.zeros((28, 28), np.float32)
    image[rows] = 1
    found = replace(result.reading.candidate, image=image)
    return replace(result, reading=replace(result.reading, candidate=found))


TOP, BOTTOM = slice(4, 12), slice(16, 24)


def test_an_unsure_sheet_is_kept_once_and_labelled_on_the_spot(feedback_of, written, result):
    one = feedback_of()
    unsure = result(State.UNSURE, 0.4, guess=4)
    top, bottom = written_as(unsure, TOP), written_as(unsure, BOTTOM)
    see(one, top, DARK)
    assert one.press(RIGHT, last(None), 0.5) == NOTHING
    # The same thing in the room, unsure again and again; then another sheet.
    see(one, top, DARK, top, DARK, start=1.0)
    see(one, bottom, start=2.0)
    assert one.press(WRONG, last(None), 2.5).said == "proposed 4"
    one.press(RIGHT, last(None), 2.6)
    see(one, DARK, start=3.0)
    one.close()
    assert written.labels == [(1, None), (4, 4)]


@pytest.mark.parametrize("keep", ["labelled", "none"])
def test_an_unsure_sheet_is_not_kept_where_only_labels_are(keep, feedback_of, written, result):
    one = feedback_of(keep)
    see(one, result(State.UNSURE, 0.4, guess=4), DARK)
    one.close()
    assert written == []


def test_the_next_sheet_with_the_same_digit_is_a_sample_too(feedback_of, written, result):
    one = feedback_of()
    seven = result(7)
    top, bottom = written_as(seven, TOP), written_as(seven, BOTTOM)
    # A moment that looks otherwise is of the same sheet.
    see(one, top, top, bottom, bottom, top, top)
    see(one, *[bottom] * 4, start=1.0)
    assert one.press(RIGHT, last(7), 1.5).said == "labelled 7"
    one.tick(8.0)
    see(one, *[top] * 4, DARK, start=9.0)
    one.close()
    assert written.labels == [(1, None), (2, 7), (3, None)]
    assert len({sample.image for _, sample in written}) == 2


def test_while_somebody_chooses_a_guess_it_is_the_same_sheet(feedback_of, written, result):
    one = feedback_of()
    seven = result(7)
    see(one, written_as(seven, TOP))
    one.press(WRONG, last(7), 0.1)
    see(one, *[written_as(seven, BOTTOM)] * 5, start=0.2)
    assert one.press(RIGHT, last(7), 1.0).said == "labelled 0"
    assert written.labels == [(1, 0)]


def test_what_lasted_before_another_digit_took_its_place_is_kept(feedback_of, written, result):
    one = feedback_of()
    see(one, *[result(7)] * 12, *[result(3)] * 2, *[result(8)] * 12, DARK)
    one.close()
    assert [sample.guess for _, sample in written] == [7, 8]


def test_a_press_about_another_digit_is_about_nothing(feedback_of, written, result):
    one = feedback_of()
    assert one.press(RIGHT, last(7), 0.0) == NOTHING
    see(one, result(3))
    assert one.press(RIGHT, last(7), 0.5) == NOTHING


@pytest.mark.parametrize(
    ("keep", "labels"), [("all", [7, None]), ("labelled", [7]), ("none", [])]
)
def test_what_is_kept(feedback_of, written, keep, labels, result):
    one = feedback_of(keep)
    see(one, result(7), DARK)
    one.press(RIGHT, last(7), 1.0)
    see(one, result(3), DARK, start=100.0)
    one.close()
    assert [label for _, label in written.labels] == labels


def test_a_label_says_with_its_ticket_when_it_is_done(feedback_of, written, result):
    one = feedback_of()
    see(one, result(7), DARK)
    assert one.press(WRONG, last(7), 1.0).ticket is None
    assert one.press(RIGHT, last(7), 1.1).ticket.number == 1
    promised = Ticket(99)
    assert one.label(3, 1.2, "label", promised).ticket is promised


def test_a_label_that_is_refused_is_none_and_not_shown(feedback_of, written, result):
    one = feedback_of()
    see(one, result(7), DARK)
    written.full = True
    outcome = one.press(RIGHT, last(7), 1.0)
    assert (outcome.said, outcome.useless) == ("not labelled 7: 64 labels wait", True)
    assert one.shows is None
    written.full = False
    one.close()
    assert written.labels == [(1, None)]


def test_what_is_not_kept_comes_to_nothing(feedback_of, result):
    one = feedback_of("none")
    see(one, result(7), DARK)
    assert one.press(RIGHT, last(7), 1.0).useless
    assert one.shows is None


def test_other_settings_hold_at_once_and_numbers_go_on(feedback_of, written, result):
    one = feedback_of("all")
    see(one, result(7), DARK)
    one.press(RIGHT, last(7), 1.0)
    one.close()
    one.configure("labelled", 5.0)
    see(one, result(7), DARK, start=10.0)
    one.tick(14.0)
    assert one.press(RIGHT, last(7), 14.0).ticket is not None
    one.tick(16.0)
    assert one.press(RIGHT, last(7), 16.0) is NOTHING
    assert written.labels == [(1, 7), (2, 7)]
