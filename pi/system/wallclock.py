"""The time of day, and whether it is to be trusted.

A plain Zero has no clock that runs without power: until a network tells it the time it goes on
from where it was when it went out, or from where the system was built.
"""

from __future__ import annotations

import os
import time
from pathlib import Path

ROOT = Path("/")

THIS_YEAR = 2026
"""A clock that shows an earlier year is wrong: this program is not that old."""

_SOURCES = {
    "run/systemd/timesync/synchronized": "the network",
    "run/chrony/chronyd.pid": "the network",
    "sys/class/rtc/rtc0": "a clock with a battery",
}


def set_by(root: Path = ROOT, now_s: float | None = None) -> str | None:
    """What set the clock since the start; None if the time is not to be trusted.

    Parameters
    ----------
    root : where /run and /sys are.
    now_s : the time of day, in seconds since 1970; the machine's by default.
    """
    if time.gmtime(now_s).tm_year < THIS_YEAR:
        return None
    return next((said for path, said in _SOURCES.items() if os.path.exists(root / path)), None)


def is_trusted(root: Path = ROOT) -> bool:
    """Whether a network has set the clock since the start, or one with a battery has.

    Where neither is known, or the year is in the past, the time may be years away.
    """
    return set_by(root) is not None
