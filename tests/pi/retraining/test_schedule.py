"""When a night begins and ends, without anybody waiting for one."""

from __future__ import annotations

import os
from datetime import datetime

import pytest

from core.errors import ConfigError
from pi.retraining import schedule
from pi.retraining.schedule import ClockState, too_early

AT_THREE = datetime(2026, 11, 24, 3, 7)
HOUR = 3600.0


def state(**given):
    usual = {
        "wall": AT_THREE, "trusted": True, "uptime_s": 50 * HOUR, "stamp_s": None,
        "idle_s": 0.0,
    }  # fmt: skip
    return ClockState(**usual | given)


@pytest.mark.parametrize(
    ("given", "why"),
    [
        ({}, None),
        ({"wall": datetime(2026, 11, 24, 12, 0)}, "it is not night"),
        ({"wall": datetime(2026, 11, 24, 6, 0)}, "it is not night"),
        ({"stamp_s": 49 * HOUR}, "a night already"),
        ({"stamp_s": 26 * HOUR}, None),
        # No clock: what it says does not count.
        ({"trusted": False, "idle_s": HOUR, "wall": datetime(1970, 1, 1, 12)}, None),
        ({"trusted": False, "idle_s": None}, None),
        ({"trusted": False, "idle_s": HOUR, "uptime_s": 5.9 * HOUR}, "not six hours"),
        ({"trusted": False, "idle_s": 1799.0}, "the last half hour"),
        ({"trusted": False, "idle_s": HOUR, "stamp_s": 44 * HOUR}, "a night already"),
    ],
)
def test_too_early(given, why):
    said = too_early(state(**given))
    assert said == why if why is None else why in said


def test_a_clock_that_jumps_days_ahead_fires_one_night():
    nights, stamp = 0, None
    for day in range(5):
        wall = AT_THREE.replace(day=24 + day)
        now = state(wall=wall, uptime_s=8 * HOUR + day, stamp_s=stamp)
        if too_early(now) is None:
            nights, stamp = nights + 1, now.uptime_s
    assert nights == 1


@pytest.mark.parametrize(
    ("trusted", "until", "minutes", "seconds"),
    [
        (True, "06:00", None, 173 * 60),
        (True, "03:10", None, 180),
        (True, "03:00", None, 3 * HOUR),
        (True, "06:00", 20.0, 1200),
        (False, "03:10", None, 3 * HOUR),
        (True, None, None, 3 * HOUR),
    ],
)
def test_the_deadline(trusted, until, minutes, seconds):
    assert schedule.seconds_left(state(trusted=trusted), until, minutes) == seconds


def test_a_time_of_day_that_is_none():
    with pytest.raises(ConfigError, match="06:00"):
        schedule.seconds_left(state(), "six", None)


def test_the_stamp_counts_from_the_start_of_the_machine(tmp_path):
    assert schedule.stamp(tmp_path / "none") is None
    schedule.set_stamp(tmp_path / "run")
    assert abs(schedule.stamp(tmp_path / "run") - schedule.uptime_s()) < 60


@pytest.mark.parametrize(
    "plant",
    [
        os.mkfifo,
        lambda path: path.symlink_to("/dev/zero"),
        lambda path: path.symlink_to("victim"),
        lambda path: path.write_text("1" * 5000),
        lambda path: path.write_text("NaN"),
        lambda path: path.write_text("-1"),
        lambda path: path.write_text("1e300"),
        lambda path: path.write_text("[1]"),
        lambda path: path.write_bytes(b"\xff"),
    ],
)
def test_a_stamp_that_somebody_laid_there_keeps_no_night_from_beginning(tmp_path, plant):
    folder = tmp_path / "night"
    folder.mkdir()
    victim = folder / "victim"
    victim.write_text("5")
    plant(folder / schedule.STAMP)
    assert schedule.stamp(tmp_path) is None
    schedule.set_stamp(tmp_path)
    assert abs(schedule.stamp(tmp_path) - schedule.uptime_s()) < 60
    assert victim.read_text() == "5"


def test_a_folder_in_place_of_the_stamp(tmp_path):
    (tmp_path / "night" / schedule.STAMP).mkdir(parents=True)
    schedule.set_stamp(tmp_path)
    assert schedule.stamp(tmp_path) is None
