"""Labels by buttons and the socket, and what the display shows instead."""

from __future__ import annotations

import json
import os
from pathlib import Path

import numpy as np
import pytest

from core.errors import ServiceError
from pi import config
from pi.control.client import ask
from pi.devices.buttons import Press
from pi.devices.displays.base import State
from pi.retraining import progress
from pi.samples.database import BusyError
from pi.samples.store import SampleStore
from pi.service.labelling import LabellingSession
from pi.service.pipeline import FrameResult
from pi.service.recent import LastShown
from pi.service.sample_writer import SampleWriter
from pi.service.voting import Decision

FRAME = np.full((240, 320), 200, np.uint8)
SEVEN, OFF = "1110000", "0000000"
PATIENCE_S = 60.0
DARK = FrameResult(Decision(State.DARK), None, None, 0)


def test_the_display_says_that_it_learns_where_nothing_else_is_shown(settings, tmp_path):
    labelling = LabellingSession(settings)
    try:
        labelling.tick(0.0)
        assert labelling.instead_of(State.DARK) is None
        state = {"pid": os.getpid(), "stage": "learning", "share": 0.5, "left_s": 60}
        progress.path_of(tmp_path).parent.mkdir()
        progress.path_of(tmp_path).write_text(json.dumps(state))
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


def written(labelling, settings):
    labelling.close()
    with SampleStore.of(settings) as store:
        return [(sample.guess, sample.label, sample.origin) for sample in store.select()]


def test_a_label_goes_to_the_digit_that_was_shown_last(labelling, settings, result):
    labelling.see(FRAME, result(7), None, 0.0)
    assert labelling.label(3)[0] == 7
    # Also where the next sheet is quicker than the next tick.
    labelling.see(FRAME, DARK, None, 1.0)
    labelling.see(FRAME, result(4), None, 1.1)
    assert written(labelling, settings) == [(7, 3, "label"), (4, None, None)]


def test_a_label_goes_to_what_is_unsure_and_says_so(labelling, settings, result):
    labelling.see(FRAME, result(7), None, 0.0)
    labelling.see(FRAME, DARK, None, 1.0)
    labelling.see(FRAME, result(State.UNSURE, 0.4, guess=4), None, 1.5)
    assert labelling.label(7)[0] is None
    labelling.tick(1.6)
    assert written(labelling, settings) == [(7, None, None), (4, 7, "label")]


def test_a_label_for_what_is_over_is_refused(labelling, settings, result):
    with pytest.raises(ServiceError, match="nothing to label: nothing was shown in the last"):
        labelling.label(7)
    labelling.see(FRAME, result(7), None, 0.0)
    labelling.see(FRAME, DARK, None, 1.0)
    labelling.tick(20.9)
    assert labelling.label(3)[0] == 7
    labelling.tick(21.1)
    with pytest.raises(ServiceError, match="nothing was shown in the last 20 s"):
        labelling.label(7)
    assert written(labelling, settings) == [(7, 3, "label")]


def test_a_label_in_time_is_taken_before_all_is_forgotten(labelling, settings, result):
    labelling.see(FRAME, result(7), None, 0.0)
    labelling.label(3)
    labelling.forget(0.1)
    assert written(labelling, settings) == [(7, 3, "label")]


def test_a_label_where_no_samples_are_kept_is_refused(tmp_path, result):
    given = {"samples.folder": str(tmp_path), "samples.keep": "none"}
    labelling = LabellingSession(config.load(overrides=given))
    labelling.see(FRAME, result(7), None, 0.0)
    with pytest.raises(ServiceError, match="no samples are kept"):
        labelling.label(7)
    labelling.close()


def press(factory, pin, sheet):
    """Down, and up at the next look."""

    def push():
        factory.pin(pin).drive_low()
        return sheet

    def release():
        factory.pin(pin).drive_high()
        return sheet

    return [push, release]


def test_a_sheet_is_kept_once(play, sheet, kept):
    service = play([sheet(), *[sheet(7)] * 9, *[sheet()] * 4])
    service.run()
    [sample] = kept()
    assert (sample.guess, sample.label, sample.model) == (7, None, "shipped")
    assert set(sample.image) == {0, 255}
    assert sample.crop_width


def test_wrong_steps_through_guesses_and_right_takes_one(
    play, mock_factory, overrides, caplog, sheet, kept
):
    overrides["buttons.debounce_s"] = 0
    wrong, right = press(mock_factory, 27, sheet(7)), press(mock_factory, 17, sheet(7))
    service = play([*[sheet(7)] * 4, *wrong, *wrong, *right, *[sheet()] * 4])
    service.run()
    [sample] = kept()
    # All other digits have the same share here, so they come in their order: 0, then 1.
    assert (sample.guess, sample.label, sample.origin) == (7, 1, "wrong")
    assert service.levels[:2] == [OFF, SEVEN]
    assert "1111110" in service.levels
    assert "0110000" in service.levels
    assert [each.getMessage() for each in caplog.records if "button" in getattr(
        each, "fields", {})] == ["proposed 0", "proposed 1", "labelled 1"]  # fmt: skip


def test_right_confirms_what_was_shown(play, mock_factory, overrides, sheet, kept):
    overrides["buttons.debounce_s"] = 0
    service = play([*[sheet(7)] * 4, *press(mock_factory, 17, sheet(7)), *[sheet(7)] * 2])
    service.run()
    [sample] = kept()
    assert (sample.label, sample.origin, sample.confirmed) == (7, "right", True)


def test_a_long_press_of_wrong_says_no_digit(play, mock_factory, overrides, clock, sheet, kept):
    overrides |= {"buttons.debounce_s": 0, "buttons.long_s": 1.0}
    down, up = press(mock_factory, 27, sheet(7))

    def hold():
        clock.sleep(1.5)
        return sheet(7)

    service = play([*[sheet(7)] * 4, down, hold, sheet(7), up, sheet(7)])
    service.run()
    [sample] = kept()
    assert sample.label == 10


def test_a_press_about_nothing_is_said_and_not_taught(
    play, mock_factory, overrides, caplog, sheet, kept
):
    overrides["buttons.debounce_s"] = 0
    down, up = press(mock_factory, 17, sheet(7))
    service = play(
        [sheet(), sheet(), lambda: down() * 0 + 200, lambda: up() * 0 + 200, sheet()]
    )
    service.run()
    assert "nothing to label" in caplog.text
    assert kept() == []


def test_a_label_by_the_socket_is_about_what_was_shown(play, tmp_path, sheet, kept):
    answers, path = [], tmp_path / "run" / "control"

    def label():
        for value in (12, 3):
            try:
                answers.append(ask(path, {"do": "label", "label": value}, PATIENCE_S))
            except ServiceError as error:
                answers.append(str(error))
        return sheet(7)

    service = play(
        [lambda: label() * 0 + 200, *[sheet(7)] * 5, label, *[sheet(7)] * 2, sheet()]
    )
    service.run()
    assert "nothing to label" in answers[1]
    assert "must be 0 to 9" in answers[2]
    assert answers[3].keys() == {"shown", "ticket"}
    assert answers[3]["shown"] == 7
    [sample] = kept()
    assert (sample.label, sample.origin) == (3, "label")


@pytest.mark.parametrize(("keep", "count"), [("labelled", 0), ("none", 0)])
def test_privacy(play, overrides, keep, count, sheet, kept):
    overrides["samples.keep"] = keep
    service = play([sheet(), *[sheet(7)] * 9, *[sheet()] * 4])
    service.run()
    assert len(kept()) == count


def test_samples_that_cannot_be_written_do_not_stop_it(play, overrides, caplog, sheet):
    blocked = Path(overrides["samples.folder"]) / "file"
    blocked.parent.mkdir()
    blocked.touch()
    overrides["samples.folder"] = str(blocked)
    service = play([sheet(), *[sheet(7)] * 9, *[sheet()] * 4])
    service.run()
    assert service.levels == [OFF, SEVEN, OFF]
    assert "no samples are kept" in caplog.text


class Held:
    """Samples whose file another process holds while ``held``."""

    def __init__(self):
        self.held = True

    def __call__(self, config):
        if self.held:
            raise BusyError("held")
        return SampleStore.of(config)


@pytest.fixture
def held():
    return Held()


@pytest.fixture
def blocked(settings, held):
    """A session that has shown a 7 and whose writer works when it is told to."""
    writer = SampleWriter(settings, open_store=held, close_s=0.0)
    return LabellingSession(settings, writer)


RIGHT, WRONG = Press("right", False, 0.0), Press("wrong", False, 0.0)
LONG = Press("wrong", True, 0.0)
LAST = LastShown(Decision(7), 0.0)


def said(caplog):
    return [each.getMessage() for each in caplog.records if each.name == "zerodigit"]


def test_a_press_is_answered_when_its_label_is_on_the_card(blocked, held, result, caplog):
    caplog.set_level("INFO")
    held.held = False
    blocked.see(FRAME, result(7), None, 0.0)
    blocked.press(WRONG, LAST, 0.1)
    assert blocked.take_answers() == [("wrong", False)], "a guess is shown at once"
    blocked.press(LONG, LAST, 0.2)
    blocked.tick(0.3)
    assert blocked.take_answers() == []
    assert said(caplog) == ["proposed 0"]
    blocked.writer.work()
    blocked.tick(0.4)
    assert blocked.take_answers() == [("wrong", True)]
    assert said(caplog) == ["proposed 0", "labelled no digit"]
    assert caplog.records[-1].fields["sample"] == "1"
    assert not blocked.blocked


def test_a_press_whose_label_waits_is_answered_so_and_again_when_it_is_stored(
    blocked, held, result, caplog
):
    caplog.set_level("INFO")
    blocked.see(FRAME, result(7), None, 0.0)
    blocked.press(RIGHT, LAST, 0.1)
    assert not blocked.blocked, "nobody knows yet"
    blocked.writer.work()
    for now in (0.2, 0.3):
        blocked.tick(now)
    assert blocked.take_answers() == [("not yet", False)]
    assert blocked.blocked
    assert said(caplog) == []
    held.held = False
    blocked.writer.work()
    blocked.tick(0.4)
    assert blocked.take_answers() == [("right", False)]
    assert said(caplog) == ["labelled 7"]
    assert not blocked.blocked


def test_a_press_about_nothing_flutters_and_so_does_one_that_is_not_kept(tmp_path, result):
    given = {"samples.folder": str(tmp_path), "samples.keep": "none"}
    settings = config.load(overrides=given)
    session = LabellingSession(settings, SampleWriter(settings))
    session.press(RIGHT, None, 0.0)
    session.see(FRAME, result(7), None, 0.0)
    session.press(RIGHT, LAST, 0.1)
    assert session.take_answers() == [("nothing", False)] * 2


def test_a_label_that_is_lost_at_the_end_is_said(blocked, result, caplog):
    blocked.see(FRAME, result(7), None, 0.0)
    blocked.press(RIGHT, LAST, 0.1)
    blocked.writer.work()
    blocked.tick(0.2)
    blocked.close()
    assert "labels lost at the end: 1 (another process holds the samples)" in caplog.text
    assert said(caplog) == ["not labelled 7: another process holds the samples"]


def test_a_ticket_tells_what_has_become_of_its_label(blocked, held, result):
    blocked.see(FRAME, result(7), None, 0.0)
    _, number = blocked.label(3)
    waiting = {"state": "waiting", "sample": None, "why": None}
    assert blocked.ticket(number) == waiting
    blocked.tick(0.1)
    assert blocked.ticket(number) == waiting
    blocked.writer.work()
    why = "another process holds the samples"
    assert blocked.ticket(number) == waiting | {"why": why}
    held.held = False
    blocked.writer.work()
    assert blocked.ticket(number) == {"state": "stored", "sample": 1, "why": None}
    with pytest.raises(ServiceError, match="no such ticket"):
        blocked.ticket(number + 1)


def test_a_label_whose_sheet_has_gone_meanwhile_is_lost_and_said(blocked, result, caplog):
    caplog.set_level("INFO")
    blocked.see(FRAME, result(7), None, 0.0)
    tickets = blocked.writer.tickets
    issue = tickets.issue

    def issue_late():
        blocked.forget(1.0)
        return issue()

    tickets.issue = issue_late
    _, number = blocked.label(3)
    blocked.tick(1.1)
    assert blocked.ticket(number)["state"] == "lost"
    assert "was gone before it was taken" in blocked.ticket(number)["why"]
    assert said(caplog)[-1].startswith("nothing to label")


def test_after_the_end_no_label_is_taken(blocked, result):
    blocked.see(FRAME, result(7), None, 0.0)
    _, number = blocked.label(3)
    blocked.close()
    assert blocked.ticket(number)["state"] == "lost"
    assert "is being stopped" in blocked.ticket(number)["why"]
    with pytest.raises(ServiceError, match="it is being stopped"):
        blocked.label(3)
