"""Which digit a press is about."""

from __future__ import annotations

import pytest

from pi.devices.displays.base import State
from pi.service.recent import KEPT, LastShown, RecentlyShown
from pi.service.voting import Decision

SEVEN, FOUR, UNSURE, DARK = (
    Decision(7, 0.9),
    Decision(4, 0.8),
    Decision(State.UNSURE),
    Decision(State.DARK),
)


def remembered(*seen, **options):
    recent = RecentlyShown(**options)
    for time, shown in seen:
        recent.see(shown, time)
    return recent


def test_what_is_shown_is_what_is_judged():
    recent = remembered((10, DARK), (11, SEVEN), (12, SEVEN))
    assert recent.at(13) == LastShown(SEVEN, 11)
    assert recent.at(13).digit == 7


@pytest.mark.parametrize(("time", "known"), [(20.0, True), (39.9, True), (40.1, False)])
def test_a_digit_is_known_for_twenty_seconds_after_it_went_dark(time, known):
    recent = remembered((11, SEVEN), (20, DARK), (21, DARK), (39, DARK))
    assert recent.at(time) == (LastShown(SEVEN, 11, 20) if known else None)


def test_how_long_can_be_set():
    recent = remembered((11, SEVEN), (20, DARK), remember_s=1.0)
    assert recent.at(20.9) is not None
    assert recent.at(21.1) is None


def test_nothing_was_shown_yet():
    assert RecentlyShown().at(5.0) is None
    assert remembered((1, DARK), (2, DARK)).at(5.0) is None
    assert remembered((6, SEVEN)).at(5.0) is None


def test_the_newest_digit_counts():
    recent = remembered((1, SEVEN), (2, FOUR))
    assert recent.at(3) == LastShown(FOUR, 2)
    recent.see(DARK, 4)
    assert recent.at(5) == LastShown(FOUR, 2, 4)


def test_a_press_is_about_what_was_shown_when_it_began():
    recent = remembered((1, SEVEN), (2, FOUR), (3, DARK), (4, Decision(1, 0.9)))
    assert recent.at(1.5).digit == 7
    assert recent.at(2.5).digit == 4
    assert recent.at(3.5).digit == 4
    assert recent.at(4.5).digit == 1


def test_a_sheet_that_became_unreadable_on_its_way_out_is_known_by_its_digit():
    recent = remembered((1, SEVEN), (2, UNSURE), (3, DARK))
    assert recent.at(2.5).digit is None
    assert recent.at(4).digit == 7
    assert recent.at(22.9).digit == 7


def test_a_sheet_that_was_never_read_hides_an_older_digit():
    recent = remembered((1, SEVEN), (2, DARK), (3, UNSURE), (5, DARK))
    assert recent.at(6) == LastShown(UNSURE, 3, 5)
    assert recent.at(6).digit is None


def test_trouble_is_nothing_to_judge():
    recent = remembered((1, SEVEN), (2, Decision(State.ERROR)), (3, Decision(State.LEARNING)))
    assert recent.at(4) == LastShown(SEVEN, 1, 2)


def test_confidence_and_guesses_are_the_latest():
    better = Decision(7, 0.99)
    assert remembered((1, SEVEN), (2, better)).at(3) == LastShown(better, 1)


def test_it_does_not_grow():
    """Of a digit older than the last 16 nothing is known, not even at its own time."""
    recent = remembered(*((time, Decision(time % 10, 0.9)) for time in range(1000)))
    oldest = 1000 - KEPT
    assert recent.at(oldest - 0.5) is None
    assert recent.at(oldest + 0.5).digit == oldest % 10
