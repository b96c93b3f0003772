"""Counters of the service: bounded, and right at any time."""

from __future__ import annotations

import numpy as np
import pytest

from core.reading.reader import Reading
from pi.service.stats import LAST, STALE_S, ServiceStats

FRAME = np.zeros((24, 32), np.uint8)


@pytest.fixture
def now():
    """The time, in a list."""
    return [100.0]


@pytest.fixture
def stats(now):
    return ServiceStats(lambda: now[0])


def test_nothing_yet(stats):
    assert (stats.frames, stats.readings, stats.ms, stats.rate) == (0, 0, None, 0.0)
    assert (stats.seen, stats.last, stats.started_s) == (None, [], 100.0)


def test_the_rate_is_that_of_the_last_frames_and_ends_with_them(stats, now):
    for number in range(200):
        now[0] = 100 + number / 4
        stats.frame(FRAME, now[0], None, None)
    assert stats.rate == pytest.approx(4.0)
    now[0] += STALE_S + 1
    assert stats.rate == 0.0


def test_a_trouble_is_no_slow_frame(stats, now):
    stats.frame(FRAME, 100.0, None, None)
    stats.trouble()
    stats.frame(FRAME, 160.0, None, None)
    now[0] = 160.25
    stats.frame(FRAME, 160.25, None, None)
    assert (stats.troubles, stats.rate) == (1, pytest.approx(4.0))


def test_milliseconds_are_a_mean_that_follows(stats):
    for ms in (40.0, None, 60.0):
        stats.frame(FRAME, 100.0, None, ms)
    assert stats.readings == 2
    assert stats.ms == pytest.approx(42.0)


def test_a_frame_that_was_not_read_has_the_reading_of_an_earlier_one(stats):
    reading = Reading()
    stats.frame(FRAME, 100.0, reading, 40.0)
    stats.frame(FRAME, 100.1, reading, None)
    assert (stats.seen.number, stats.seen.read_number) == (2, 1)
    assert stats.seen.reading is reading


def test_the_last_digits_the_newest_first(stats):
    for number in range(LAST + 5):
        stats.shown(number % 10, 0.9, 40.0, 3, float(number))
    stats.dark(99.0)
    stats.dark(100.0)
    assert len(stats.last) == LAST
    newest, before, *_ = stats.last
    assert (newest.digit, newest.since, newest.until) == (4, 14.0, 99.0)
    assert (before.digit, before.until) == (3, 14.0)
