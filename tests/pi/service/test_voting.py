from __future__ import annotations

import doctest
from dataclasses import dataclass
from itertools import pairwise

import pytest

from pi.devices.displays.base import State
from pi.service import voting as module
from pi.service.voting import FrameVote

DARK, UNSURE = State.DARK, State.UNSURE


@dataclass
class Reading:
    state: str
    digit: int | None = None
    confidence: float = 0.0
    probabilities: list[float] | None = None


def read(digit, confidence=0.95):
    return Reading("digit", digit, confidence, likely({digit: confidence}))


def unread(**shares):
    return Reading("unsure", None, 0.0, likely({int(k[1:]): v for k, v in shares.items()}))


def likely(shares):
    return [shares.get(digit, 0.0) for digit in range(11)]


EMPTY = Reading("empty")


def film(sheets, fps=10.0, **options):
    """What is shown after each frame."""
    vote = FrameVote(**options)
    return [vote.see(frame, number / fps) for number, frame in enumerate(sheets)]


def states(shown):
    return [each.state for each in shown]


def test_the_worked_example_holds():
    result = doctest.testmod(module)
    assert result.attempted > 0
    assert result.failed == 0


def test_it_starts_dark():
    assert states(film([EMPTY])) == [DARK]
    assert not film([EMPTY])[0].changed


def test_three_frames_must_agree():
    assert states(film([read(7)] * 4)) == [DARK, DARK, 7, 7]


def test_change_is_told_once():
    assert [each.changed for each in film([read(7)] * 5)] == [False, False, True, False, False]


def test_confidence_is_the_mean_of_the_votes():
    shown = film([read(7, 0.9), read(7, 0.8), read(7, 0.7)])[-1]
    assert shown.confidence == pytest.approx(0.8)
    assert shown.detail == "0.80"
    assert shown.digit == 7


def test_a_frame_that_is_not_sure_has_no_vote():
    assert states(film([read(7, 0.69)] * 5)) == [DARK] * 5
    assert states(film([read(7, 0.69)] * 3, sure=0.6)) == [DARK, DARK, 7]
    # Nor against what is shown.
    sheets = [read(7)] * 3 + [read(1, 0.69)] * 2
    assert states(film(sheets)) == [DARK, DARK, 7, 7, 7]


def test_three_of_the_last_five_are_enough():
    frames = [read(7), unread(d7=0.5), read(7), EMPTY, read(7)]
    assert states(film(frames))[-1] == 7


def test_votes_leave_with_the_window():
    frames = [read(7), unread(), unread(), read(7), unread(), read(7)]
    assert 7 not in states(film(frames))


def test_confidence_outweighs_number():
    """Three faint votes for 7 do not stand against two sure ones for 1."""
    frames = [read(1, 0.99), read(7, 0.6), read(1, 0.99), read(7, 0.6), read(7, 0.6)]
    assert 7 not in states(film(frames))


def test_a_shown_digit_survives_single_misreadings():
    seven, four = read(7), read(4)
    frames = [seven] * 5 + [four] + [seven] * 3 + [four, seven, four, seven, four] + [seven] * 3
    assert set(states(film(frames))[2:]) == {7}


def test_two_digits_that_take_turns_never_flicker():
    frames = [read(4)] * 5 + [read(9), read(4)] * 20
    shown = states(film(frames))
    changes = sum(a != b for a, b in pairwise(shown))
    assert 9 not in shown
    assert changes <= 2  # lit, and perhaps unsure


def test_two_digits_that_take_turns_are_unsure():
    shown = film([read(4, 0.9), read(9, 0.85)] * 10)
    assert set(states(shown)) == {DARK, UNSURE}
    assert set(shown[-1].guesses) == {4, 9}


def test_another_digit_replaces_within_four_frames():
    assert states(film([read(4)] * 5 + [read(9)] * 4)) == [DARK, DARK, 4, 4, 4, 4, 4, 4, 9]


def test_another_digit_must_have_the_last_three_frames_to_replace():
    frames = [read(4)] * 5 + [read(9), read(9), read(9), unread(), read(9), read(9), read(9)]
    shown = states(film(frames, window=7))
    assert shown.index(9) == len(frames) - 1


def test_three_empty_frames_darken():
    assert states(film([read(4)] * 3 + [EMPTY] * 4))[2:] == [4, 4, 4, DARK, DARK]


def test_two_empty_frames_do_not():
    frames = [read(4)] * 3 + [EMPTY, EMPTY, read(4), EMPTY, EMPTY, read(4)]
    assert set(states(film(frames))[2:]) == {4}


def test_votes_do_not_outlive_the_dark():
    shown = states(film([read(4)] * 5 + [EMPTY] * 3 + [read(4)] * 3))
    assert shown[-4:] == [DARK, DARK, DARK, 4]


def test_the_same_digit_after_the_dark_is_a_change():
    shown = film([read(4)] * 3 + [EMPTY] * 3 + [read(4)] * 3)
    assert [each.state for each in shown if each.changed] == [4, DARK, 4]


def test_unsure_is_said_after_a_while():
    shown = film([unread(d4=0.43, d9=0.38)] * 12)
    assert states(shown) == [DARK] * 10 + [UNSURE] * 2
    assert shown[-1].guesses == (4, 9)
    assert shown[-1].detail == "4 or 9?"
    assert shown[-1].digit is None


def test_unsure_names_one_digit_when_no_other_comes_near():
    assert film([unread(d4=0.5, d9=0.1)] * 12)[-1].detail == "4?"


def test_unsure_without_probabilities_names_none():
    assert film([Reading("unsure")] * 12)[-1].detail == ""


def test_a_shown_digit_that_is_no_longer_read_becomes_unsure():
    shown = states(film([read(7)] * 5 + [unread(d7=0.4)] * 20))
    first = shown.index(UNSURE)
    assert set(shown[2:first]) == {7}
    assert set(shown[first:]) == {UNSURE}
    # It holds while three votes are in the window, and a second more.
    assert first == 5 + 2 + 10


def test_a_shown_digit_that_is_not_even_guessed_goes_with_the_window():
    # The sheet has gone, and the room behind it looks a little like other digits.
    shown = states(film([read(7)] * 5 + [unread(d4=0.4, d7=0.1)] * 20))
    assert shown[2:9] == [7] * 7
    assert shown[9] == DARK
    assert shown[-1] == UNSURE


def test_a_digit_goes_where_empty_frames_never_are_three_in_a_row():
    shown = states(film([read(7)] * 5 + [EMPTY, EMPTY, unread(d1=0.3)] * 6))
    assert shown[9:] == [DARK] * len(shown[9:])


def test_a_single_guess_in_a_window_keeps_a_shown_digit():
    frames = [read(7)] * 5 + ([unread(d1=0.4)] * 3 + [unread(d7=0.4)]) * 2
    assert set(states(film(frames))[2:]) == {7}


def test_unsure_ends_when_a_digit_wins():
    shown = states(film([unread(d7=0.4)] * 15 + [read(7)] * 3))
    assert shown[-3:] == [UNSURE, UNSURE, 7]


def test_unsure_ends_on_an_empty_page():
    assert states(film([unread()] * 15 + [EMPTY] * 3))[-1] == DARK


def test_specks_on_an_empty_page_stay_dark():
    frames = ([unread()] + [EMPTY] * 4) * 10
    assert set(states(film(frames))) == {DARK}


def test_it_goes_by_the_time_given_and_not_by_the_count_of_frames():
    slow = states(film([unread()] * 4, fps=2))
    assert slow == [DARK, DARK, UNSURE, UNSURE]


def test_old_votes_are_forgotten():
    vote = FrameVote()
    for now in (0.0, 0.1):
        vote.see(read(7), now)
    assert vote.see(read(7), 60.0).state == DARK
    vote.see(read(7), 60.1)
    assert vote.see(read(7), 60.2).state == 7


def test_reset_forgets_everything():
    vote = FrameVote()
    for now in range(3):
        vote.see(read(7), now / 10)
    vote.reset()
    shown = vote.see(read(7), 0.4)
    assert shown.state == DARK
    assert not shown.changed


def test_two_votes_share_nothing():
    one, other = FrameVote(), FrameVote()
    for now in range(3):
        one.see(read(7), now / 10)
    assert other.see(read(7), 0.3).state == DARK


@pytest.mark.parametrize("options", [{"agree": 0}, {"agree": 6}, {"dark_after": 0}])
def test_impossible_rules_are_refused(options):
    with pytest.raises(ValueError, match="must be"):
        FrameVote(**options)


def unchanged(vote, start, count, fps=10.0):
    return [vote.see_unread((start + number) / fps, empty=False) for number in range(count)]


def test_a_digit_held_still_stays_without_being_read():
    vote = FrameVote()
    for number in range(5):
        vote.see(read(7), number / 10)
    shown = unchanged(vote, 5, 600)
    assert set(states(shown)) == {7}
    assert not any(each.changed for each in shown)


def test_one_misreading_does_not_win_by_being_repeated():
    """The last reading before the sheet was still was the wrong one."""
    vote = FrameVote()
    for number, frame in enumerate([read(7), read(7), read(7), read(7), read(1)]):
        vote.see(frame, number / 10)
    assert set(states(unchanged(vote, 5, 100))) == {7}


def test_two_readings_do_not_become_three():
    vote = FrameVote()
    for number, frame in enumerate([read(7), read(7)]):
        vote.see(frame, number / 10)
    assert 7 not in states(unchanged(vote, 2, 50))


def test_what_is_unsure_and_still_is_called_so_in_time():
    vote = FrameVote(unsure_after_s=1.0)
    for number in range(5):
        vote.see(unread(d4=0.4), number / 10)
    assert states(unchanged(vote, 5, 10)) == [DARK] * 5 + [UNSURE] * 5


def test_unread_empty_frames_darken():
    vote = FrameVote()
    for number in range(5):
        vote.see(read(7), number / 10)
    shown = [vote.see_unread(0.5 + number / 10, empty=True) for number in range(4)]
    assert states(shown) == [7, 7, DARK, DARK]
    assert [each.changed for each in shown] == [False, False, True, False]


def test_the_dark_stays_dark_unread():
    vote = FrameVote()
    for number in range(3):
        vote.see(EMPTY, number / 10)
    shown = unchanged(vote, 3, 20)
    assert set(states(shown)) == {DARK}
    assert not any(each.changed for each in shown)


def test_a_change_is_not_told_again_by_unread_frames():
    vote = FrameVote()
    shown = [vote.see(read(7), number / 10) for number in range(3)]
    assert shown[-1].changed
    assert not unchanged(vote, 3, 1)[0].changed
