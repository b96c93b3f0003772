"""When a night begins and ends, without anybody waiting for one."""

from __future__ import annotations

import os
from datetime import datetime

import pytest

from core.errors import ConfigError
from pi.retraining import schedule
from pi.retraining.schedule import Moment, too_early

AT_THREE = datetime(2026, 11, 24, 3, 7)
HOUR = 3600.0


def moment(**given):
    usual = {
        "wall": AT_THREE, "trusted": True, "uptime_s": 50 * HOUR, "stamp_s": None,
        "idle_s": 0.0,
    }  # fmt: skip
    return Moment(**usual | given)


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
    said = too_early(moment(**given))
    assert said == why if why is None else why in said


def test_a_clock_that_jumps_days_ahead_fires_one_night():
    nights, stamp = 0, None
    for day in range(5):
        wall = AT_THREE.replace(day=24 + day)
        now = moment(wall=wall, uptime_s=8 * HOUR + day, stamp_s=stamp)
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
    assert schedule.seconds_left(AT_THREE, trusted, until, minutes) == seconds


def test_a_time_of_day_that_is_none():
    with pytest.raises(ConfigError, match="06:00"):
        schedule.seconds_left(AT_THREE, True, "six", None)


def test_progress_is_there_while_it_is_at_work(tmp_path):
    progress = schedule.Progress(tmp_path)
    assert schedule.at_work(tmp_path) is None
    progress.tell("looking", 0.0)
    state = schedule.at_work(tmp_path)
    assert (state["pid"], state["stage"], state["share"]) == (os.getpid(), "looking", 0.0)
    progress.tell("learning", 0.5)
    assert schedule.at_work(tmp_path)["share"] == 0.5
    progress.close()
    assert schedule.at_work(tmp_path) is None


def test_progress_is_told_in_words_with_each_stage_and_now_and_then(tmp_path, monkeypatch):
    said = []
    now = 0.0
    monkeypatch.setattr(schedule.time, "monotonic", lambda: now)
    progress = schedule.Progress(tmp_path, said.append)
    for stage, share in [("looking", 0.0), ("learning", 0.25), ("learning", 0.5)]:
        progress.tell(stage, share)
        now += schedule.TOLD_S
    progress.tell("learning", 0.51)
    progress.tell("learning", 0.52)
    assert said == [
        "looking, 0 % done",
        "learning, 25 % done, some 30 min left",
        "learning, 50 % done, some 20 min left",
        "learning, 51 % done, some 29 min left",
    ]


def test_what_was_done_before_says_nothing_about_the_time_left(tmp_path, monkeypatch):
    now = 0.0
    monkeypatch.setattr(schedule.time, "monotonic", lambda: now)
    progress = schedule.Progress(tmp_path)
    left = []
    for share in (0.0, 0.2, 0.6, 0.61, 0.625):
        progress.tell("learning", share)
        left.append(schedule.at_work(tmp_path)["left_s"])
        now += 10
    # The last 0.025 took 20 s, so the 0.375 that are left take 300.
    assert left == [None, None, None, None, 300]


def test_progress_of_a_process_that_died_is_none(tmp_path):
    (tmp_path / schedule.PROGRESS).write_text('{"pid": 99999999, "stage": "learning"}')
    assert schedule.at_work(tmp_path) is None
    (tmp_path / schedule.PROGRESS).write_text("[")
    assert schedule.at_work(tmp_path) is None


def test_progress_of_somebody_else_is_seen(tmp_path, monkeypatch):
    """The service may look at no process of another user."""
    schedule.Progress(tmp_path).tell("learning", 0.5)
    assert (tmp_path / schedule.PROGRESS).stat().st_mode & 0o777 == 0o644

    def refuse(pid, number):
        raise PermissionError

    monkeypatch.setattr(os, "kill", refuse)
    state = schedule.at_work(tmp_path)
    assert state is not None
    assert state["share"] == 0.5


def test_the_stamp_counts_from_the_start_of_the_machine(tmp_path):
    assert schedule.stamp(tmp_path / "none") is None
    schedule.set_stamp(tmp_path / "run")
    assert abs(schedule.stamp(tmp_path / "run") - schedule.uptime_s()) < 60
