from __future__ import annotations

import doctest
from types import SimpleNamespace

import numpy as np
import pytest

from core.synthesis.scene import presentation, sample_scene
from pi.devices.displays.base import State
from pi.service import change_detector as module
from pi.service.change_detector import ChangeDetector
from pi.service.voting import FrameVote

PAGE = np.full((240, 320), 200, np.uint8)


def sheet(left=150, grey=30):
    frame = PAGE.copy()
    frame[60:180, left : left + 12] = grey
    return frame


def are_read(frames, changes=None, fps=10.0):
    changes = changes or ChangeDetector()
    return [changes.worth_reading(frame, number / fps) for number, frame in enumerate(frames)]


def reading(digit, confidence=0.9):
    state = "empty" if digit is None else "digit"
    return SimpleNamespace(state=state, digit=digit, confidence=confidence, probabilities=None)


def test_the_example_holds():
    result = doctest.testmod(module)
    assert result.attempted > 0
    assert result.failed == 0


def test_a_still_sheet_is_read_five_times():
    assert are_read([sheet()] * 30) == [True] * 5 + [False] * 25


def test_a_sheet_that_moves_is_always_read():
    changes = ChangeDetector()
    assert all(are_read([sheet(left) for left in range(20, 280, 4)], changes))
    assert changes.changed


def test_an_empty_page_is_never_read_before_its_time():
    changes = ChangeDetector(refresh_s=10.0)
    assert are_read([PAGE] * 100, changes) == [False] * 100
    assert changes.empty
    assert not changes.changed


def test_the_page_is_empty_when_the_sheet_is_gone():
    changes = ChangeDetector()
    assert are_read([sheet(), sheet(), PAGE], changes) == [True, True, False]
    assert (changes.empty, changes.changed) == (True, True)
    assert changes.worth_reading(sheet(), 0.4)
    assert not changes.empty


def test_another_digit_in_the_same_place_is_seen(rng):
    one = sample_scene(rng, digit=1, size=(240, 320)).frame
    two = sample_scene(rng, digit=2, size=(240, 320)).frame
    changes = ChangeDetector(reads=2)
    assert are_read([one] * 3 + [two] * 3, changes) == [True, True, False] * 2


def test_noise_is_no_difference(rng):
    def noisy():
        return np.clip(sheet() + rng.normal(0, 8, PAGE.shape), 0, 255).astype(np.uint8)

    assert are_read([noisy() for _ in range(90)]) == [True] * 5 + [False] * 85


def test_noise_on_an_empty_page_is_nothing(rng):
    frames = [
        np.clip(rng.normal(120, 8, PAGE.shape), 0, 255).astype(np.uint8) for _ in range(90)
    ]
    assert not any(are_read(frames))


def test_lamps_that_flicker_are_no_difference():
    frames = [sheet() + np.uint8(8 * (number % 2)) for number in range(90)]
    assert are_read(frames) == [True] * 5 + [False] * 85


def test_light_that_fades_is_seen_in_steps():
    light = np.linspace(1.0, 0.7, 600)
    read = are_read([(sheet() * share).astype(np.uint8) for share in light])
    assert 10 < sum(read) < 120


def test_a_dark_room_is_empty(rng):
    changes = ChangeDetector()
    assert not any(are_read([rng.poisson(1.0, PAGE.shape).astype(np.uint8)] * 5, changes))
    assert changes.empty


def test_a_still_picture_is_read_again_after_a_while():
    read = are_read([sheet()] * 301, ChangeDetector(refresh_s=10.0))
    assert [number for number, worth in enumerate(read) if worth] == [
        0,
        1,
        2,
        3,
        4,
        100,
        200,
        300,
    ]


def test_an_empty_page_too():
    read = are_read([PAGE] * 250, ChangeDetector(refresh_s=10.0))
    assert [number for number, worth in enumerate(read) if worth] == [100, 200]


def test_another_reading_of_the_same_picture_is_looked_into():
    """A pencil too faint for the thumbnail: the refreshing look finds it."""
    changes = ChangeDetector(refresh_s=10.0)
    count = 0
    for number in range(110):
        if changes.worth_reading(PAGE, number / 10):
            changes.note(reading(4))
            count += 1
    assert count == 5


def test_a_picture_never_read_twice_alike_does_not_keep_it_busy():
    changes = ChangeDetector(refresh_s=100.0)
    count = 0
    for number in range(900):
        if changes.worth_reading(sheet(), number / 10):
            changes.note(reading(number % 10))
            count += 1
    assert 5 < count < 30


def test_the_wait_grows_when_nothing_happens_and_falls_when_something_does():
    changes = ChangeDetector(0.1, 0.5, calm_after_s=3.0, refresh_s=5.0)
    assert changes.interval_s == 0.1
    waits = []
    for second in range(12):
        changes.worth_reading(sheet(), float(second))
        waits.append(changes.interval_s)
    assert waits == [0.1, 0.1, 0.1, 0.1, 0.2, 0.4] + [0.5] * 6
    changes.worth_reading(sheet(170), 12.0)
    assert changes.interval_s == 0.1


def test_the_wait_is_bounded_after_a_year():
    changes = ChangeDetector(0.1, 0.5)
    changes.worth_reading(PAGE, 0.0)
    changes.worth_reading(PAGE, 3e7)
    assert changes.interval_s == 0.5


def test_a_new_reading_brings_the_short_wait():
    changes = ChangeDetector(0.1, 0.5, refresh_s=10.0)
    changes.worth_reading(PAGE, 0.0)
    changes.worth_reading(PAGE, 20.0)
    changes.note(reading(4))
    assert changes.interval_s == 0.1


def test_a_frame_of_another_size_is_another_picture():
    changes = ChangeDetector(reads=1)
    assert are_read([sheet(), sheet()[:200], sheet()[::2, ::2]], changes) == [True, True, True]


@pytest.mark.parametrize("shape", [(8, 8), (30, 40), (480, 640), (1024, 768), (8, 1000)])
def test_frames_of_any_size(shape):
    frame = np.full(shape, 200, np.uint8)
    frame[: shape[0] // 2, : shape[1] // 2] = 20
    assert ChangeDetector().worth_reading(frame, 0.0) in (True, False)


def test_a_view_will_do():
    changes = ChangeDetector(reads=1)
    assert changes.worth_reading(sheet()[::-1, ::-1], 0.0)
    assert not changes.worth_reading(sheet()[::-1, ::-1].copy(), 0.1)


def test_the_frame_is_left_as_it_is_and_not_kept():
    frame = sheet()
    changes = ChangeDetector()
    changes.worth_reading(frame, 0.0)
    assert np.array_equal(frame, sheet())
    frame[:] = 0
    assert changes.worth_reading(sheet(), 0.1)
    assert not changes.changed


def test_reset_forgets():
    changes = ChangeDetector(reads=1)
    are_read([sheet()] * 3, changes)
    changes.reset()
    assert changes.worth_reading(sheet(), 1.0)


@pytest.mark.parametrize(
    "options", [{"fast_s": -1.0}, {"fast_s": 1.0, "slow_s": 0.5}, {"reads": 0}]
)
def test_impossible_options_are_refused(options):
    with pytest.raises(ValueError, match="must be"):
        ChangeDetector(**options)


def test_no_simulated_digit_passes_for_an_empty_page():
    """Any paper, pen, light and size there is."""
    for seed in range(60):
        rng = np.random.default_rng([20, seed])
        scene = sample_scene(rng, digit=seed % 10, size=(240, 320))
        changes = ChangeDetector()
        assert changes.worth_reading(scene.frame, 0.0), scene.note
        assert not changes.empty


def test_sheets_are_shown_as_if_every_frame_had_been_read():
    """The reader is the simulation itself: what the frame's label says."""
    every, some, changes = FrameVote(), FrameVote(), ChangeDetector()
    reads = frames = 0
    for number in range(6):
        rng = np.random.default_rng([21, number])
        film = list(presentation(rng, number, 24, size=(240, 320)))
        film = film[:14] + [film[14]] * 10 + film[14:] + [film[-1]] * 40
        for scene in film:
            time = frames / 8
            frames += 1
            told = every.see(reading(scene.label), time)
            if changes.worth_reading(scene.frame, time):
                reads += 1
                changes.note(reading(scene.label))
                shown = some.see(reading(scene.label), time)
            else:
                shown = some.see_unread(time, empty=changes.empty)
            assert (shown.state, shown.changed) == (told.state, told.changed), (number, frames)
    assert reads < frames / 2
    assert shown.state is State.DARK


def test_a_picture_is_read_again_when_asked_and_an_empty_one_is_not():
    page = np.full((240, 320), 200, np.uint8)
    sheet = page.copy()
    sheet[60:180, 150:165] = 30
    changes = ChangeDetector(reads=2)
    assert [changes.worth_reading(sheet, 0.1) for _ in range(3)] == [True, True, False]
    changes.read_again()
    assert [changes.worth_reading(sheet, 0.2) for _ in range(3)] == [True, True, False]
    changes.worth_reading(page, 0.3)
    changes.read_again()
    assert not changes.worth_reading(page, 0.4)
