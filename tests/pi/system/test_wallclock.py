"""Whether the clock is trusted: something has set it, and the year can be right."""

from __future__ import annotations

import pytest

from pi.system import wallclock

NOW_S = 1_795_000_000.0  # 2026-11-18


@pytest.mark.parametrize(
    ("path", "source"),
    [
        ("run/systemd/timesync/synchronized", "the network"),
        ("run/chrony/chronyd.pid", "the network"),
        ("sys/class/rtc/rtc0", "a clock with a battery"),
        ("run/systemd/timesync/clock", None),
    ],
)
def test_what_set_the_clock(tmp_path, path, source):
    assert wallclock.set_by(tmp_path, NOW_S) is None
    (tmp_path / path).parent.mkdir(parents=True)
    (tmp_path / path).touch()
    assert wallclock.set_by(tmp_path, NOW_S) == source
    assert wallclock.is_trusted(tmp_path) == (source is not None)


def test_an_empty_battery_is_not_trusted(tmp_path):
    (tmp_path / "sys/class/rtc/rtc0").mkdir(parents=True)
    assert wallclock.set_by(tmp_path, now_s=0.0) is None
