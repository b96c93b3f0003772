"""When a night begins and ends, without anybody waiting for one."""

from __future__ import annotations

import os
from datetime import datetime

import pytest

from core.errors import ConfigError
from pi import config
from pi.config.schema import RetrainSection
from pi.retraining import schedule
from pi.retraining.schedule import ClockState, too_early
from pi.system import wallclock

AT_THREE = datetime(2026, 11, 24, 3, 7)
HOUR = 3600.0


def state(**given):
    usual = {
        "wall": AT_THREE, "trusted": True, "uptime_s": 50 * HOUR, "stamp_s": None,
        "idle_s": 0.0,
    }  # fmt: skip
    return ClockState(**usual | given)


def wanted(**given):
    return RetrainSection(**{"enabled": True, "hour": 3, "when_idle": True} | given)


AT_NOON = {"wall": datetime(2026, 11, 24, 12, 0)}
OFF_AT_NIGHT = AT_NOON | {"uptime_s": 4 * HOUR, "idle_s": HOUR}
NO_CLOCK = {"trusted": False, "idle_s": HOUR, "wall": datetime(1970, 1, 1, 12)}


@pytest.mark.parametrize(
    ("given", "why"),
    [
        ({}, None),
        (AT_NOON, "the next begins at 03:00"),
        ({"wall": datetime(2026, 11, 24, 6, 0)}, "the next begins at 03:00"),
        ({"stamp_s": 49 * HOUR}, "a night already; the next begins at 03:00"),
        ({"stamp_s": 40 * HOUR}, None),
        # Another night was held before the machine started.
        ({"ago_s": HOUR}, "a night already"),
        # Off at three.
        (OFF_AT_NIGHT, None),
        (OFF_AT_NIGHT | {"idle_s": None}, None),
        (OFF_AT_NIGHT | {"idle_s": 1799.0}, "off at 03:00: one begins when nothing"),
        (OFF_AT_NIGHT | {"uptime_s": 9 * HOUR}, "the next begins at 03:00"),
        (OFF_AT_NIGHT | {"ago_s": 8.5 * HOUR}, "the next begins at 03:00"),
        (OFF_AT_NIGHT | {"ago_s": 10 * HOUR}, None),
        (OFF_AT_NIGHT | {"stamp_s": 1.0}, "a night already"),
        # No clock: what it says does not count.
        (NO_CLOCK, None),
        (NO_CLOCK | {"idle_s": None}, None),
        (NO_CLOCK | {"uptime_s": HOUR}, None),
        (NO_CLOCK | {"idle_s": 1799.0}, "no clock to trust: one begins when nothing"),
        (NO_CLOCK | {"stamp_s": 44 * HOUR}, "a night already; the next begins 20 hours"),
    ],
)
def test_too_early(given, why):
    said = too_early(state(**given), wanted())
    assert said == why if why is None else why in said


@pytest.mark.parametrize(
    ("given", "settings", "why"),
    [
        ({}, {"enabled": False}, "switched off: retrain.enabled = false"),
        ({}, {"hour": 22}, "begins at 22:00"),
        (AT_NOON, {"hour": 12}, None),
        # From 23 to 2.
        ({"wall": datetime(2026, 11, 24, 1, 59)}, {"hour": 23}, None),
        ({"wall": datetime(2026, 11, 24, 2, 0)}, {"hour": 23}, "begins at 23:00"),
        (OFF_AT_NIGHT, {"when_idle": False}, "the Pi was off at 03:00, and retrain.when_idle"),
        (NO_CLOCK, {"when_idle": False}, "there is no clock to trust, and retrain.when_idle"),
    ],
)
def test_as_the_settings_say(given, settings, why):
    said = too_early(state(**given), wanted(**settings))
    assert said == why if why is None else why in said


def test_a_clock_that_jumps_days_ahead_fires_one_night():
    nights, stamp = 0, None
    for day in range(5):
        wall = AT_THREE.replace(day=24 + day)
        now = state(wall=wall, uptime_s=8 * HOUR + day, stamp_s=stamp)
        if too_early(now, wanted()) is None:
            nights, stamp = nights + 1, now.uptime_s
    assert nights == 1


def simulated(days, on, *, trusted=True, shown=()):
    """The hours since the first midnight at which nights begin, asked every half hour.

    on : whether the machine runs at an hour of a day. shown : the hours of a day in which
    something is shown all the while.
    """
    nights, boot, stamp, idle_since = [], None, None, 0.0
    for half in range(48 * days):
        hour = half / 2
        if not on(hour % 24):
            boot = None
            continue
        if boot is None:
            boot, stamp, idle_since = hour, None, hour
        if int(hour % 24) in shown:
            idle_since = hour
        wall = datetime(2026, 11, 1 + int(hour // 24), int(hour % 24), 30 * (half % 2), 1)
        now = state(
            wall=wall,
            trusted=trusted,
            uptime_s=(hour - boot) * HOUR,
            stamp_s=stamp,
            idle_s=(hour - idle_since) * HOUR,
            ago_s=(hour - nights[-1]) * HOUR if trusted and nights else None,
        )
        if too_early(now, wanted()) is None:
            nights.append(hour)
            stamp = now.uptime_s
    return nights


def test_days_of_machines():
    # Where it was not there at the first of them, it learns at once.
    assert simulated(4, lambda hour: True) == [0.5, 27, 51, 75]
    # On from nine to eleven at night: once a day, when it is left alone.
    assert simulated(3, lambda hour: 9 <= hour < 23) == [9.5, 33.5, 57.5]
    assert simulated(3, lambda hour: 9 <= hour < 23, shown=range(9, 13)) == [13, 37, 61]
    # In use all the while that it is on: it may never learn, and says why.
    assert simulated(3, lambda hour: 9 <= hour < 12, shown=range(9, 12)) == []
    # Two hours a day, without a clock.
    nights = simulated(3, lambda hour: 18 <= hour < 20, trusted=False)
    assert nights == [18.5, 42.5, 66.5]


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


@pytest.mark.parametrize(
    ("wall", "trusted", "seconds"),
    [
        (AT_THREE, True, 173 * 60),
        (datetime(2026, 11, 24, 5, 50), True, 600),
        (datetime(2026, 11, 24, 12, 0), True, 3 * HOUR),
        (AT_THREE, False, 3 * HOUR),
    ],
)
def test_a_scheduled_night_ends_with_its_hours(wall, trusted, seconds):
    now = state(wall=wall, trusted=trusted)
    assert schedule.seconds_left(now, None, None, wanted()) == seconds


@pytest.fixture
def settings(tmp_path):
    return config.load(overrides={"samples.folder": str(tmp_path / "state")})


def test_a_scheduled_night_counts_after_a_start_if_both_clocks_are_right(
    settings, tmp_path, monkeypatch
):
    def ago_s(then, now=True):
        (tmp_path / "state" / "night" / schedule.SCHEDULED).unlink(missing_ok=True)
        monkeypatch.setattr(wallclock, "is_trusted", lambda: then)
        schedule.set_stamp(settings, tmp_path / "run")
        monkeypatch.setattr(wallclock, "is_trusted", lambda: now)
        return schedule.clock_state(settings, tmp_path / "other", 5.0).ago_s

    assert 0 <= ago_s(True) < 60
    assert ago_s(False) is None
    assert ago_s(True, now=False) is None
    # Somebody of the group may have written it.
    monkeypatch.setattr(wallclock, "is_trusted", lambda: True)
    for text in ("1e15", "NaN", "-1", "three", "[1]"):
        (tmp_path / "state" / "night" / schedule.SCHEDULED).write_text(text)
        assert schedule.clock_state(settings, tmp_path, 5.0).ago_s is None


def test_a_time_of_day_that_is_none():
    with pytest.raises(ConfigError, match="06:00"):
        schedule.seconds_left(state(), "six", None)


def test_the_stamp_counts_from_the_start_of_the_machine(settings, tmp_path):
    assert schedule.stamp(tmp_path / "none") is None
    schedule.set_stamp(settings, tmp_path / "run")
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
def test_a_stamp_that_somebody_laid_there_keeps_no_night_from_beginning(
    settings, tmp_path, plant
):
    folder = tmp_path / "night"
    folder.mkdir()
    victim = folder / "victim"
    victim.write_text("5")
    plant(folder / schedule.STAMP)
    assert schedule.stamp(tmp_path) is None
    schedule.set_stamp(settings, tmp_path)
    assert abs(schedule.stamp(tmp_path) - schedule.uptime_s()) < 60
    assert victim.read_text() == "5"


def test_a_folder_in_place_of_the_stamp(settings, tmp_path):
    (tmp_path / "night" / schedule.STAMP).mkdir(parents=True)
    schedule.set_stamp(settings, tmp_path)
    assert schedule.stamp(tmp_path) is None
