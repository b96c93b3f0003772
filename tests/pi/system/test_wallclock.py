"""Whether the clock is trusted: something has set it, and the year can be right."""

from __future__ import annotations

import pytest

from pi.system import wallclock

NOW_S = 1_795_000_000.0  # 2026-11-18
CHIP = "sys/class/rtc/rtc0/since_epoch"


@pytest.mark.parametrize(
    ("path", "text", "source"),
    [
        ("run/systemd/timesync/synchronized", "", "the network"),
        ("run/systemd/timesync/clock", "", None),
        # A daemon runs, and no server may have answered it.
        ("run/chrony/chronyd.pid", "77", None),
        # There is a chip: its time counts.
        ("sys/class/rtc/rtc0/name", "rtc-ds1307", None),
        (CHIP, f"{NOW_S - 60:.0f}\n", "a clock with a battery"),
        (CHIP, f"{NOW_S - 86400:.0f}\n", None),
        (CHIP, "946684800\n", None),
        (CHIP, "", None),
    ],
)
def test_what_set_the_clock(tmp_path, path, text, source):
    assert wallclock.set_by(tmp_path, NOW_S) is None
    (tmp_path / path).parent.mkdir(parents=True)
    (tmp_path / path).write_text(text)
    assert wallclock.set_by(tmp_path, NOW_S) == source


def test_trusted_by_the_clock_of_now(tmp_path):
    assert not wallclock.is_trusted(tmp_path)
    (tmp_path / wallclock.TIMESYNC).mkdir(parents=True)
    assert not wallclock.is_trusted(tmp_path)
    (tmp_path / wallclock.TIMESYNC / "synchronized").touch()
    assert wallclock.is_trusted(tmp_path)


def test_an_empty_battery_is_not_trusted(tmp_path):
    (tmp_path / CHIP).parent.mkdir(parents=True)
    (tmp_path / CHIP).write_text("0\n")
    assert wallclock.set_by(tmp_path, now_s=0.0) is None


@pytest.mark.parametrize(
    ("answer", "synchronised"), [("yes", True), ("no", False), ("", False)]
)
def test_the_kernel_is_asked_once_in_a_while(tmp_path, answer, synchronised):
    command = tmp_path / "timedatectl"
    command.write_text(f"#!/bin/sh\necho asked >> {tmp_path}/asked\necho {answer}\n")
    command.chmod(0o755)
    for period in (1, 1, 2):
        assert wallclock.kernel_is_synchronised(period, str(command)) is synchronised
    assert (tmp_path / "asked").read_text() == "asked\n" * 2


def test_without_systemd_the_kernel_is_not_known(tmp_path):
    assert not wallclock.kernel_is_synchronised(0, str(tmp_path / "none"))
