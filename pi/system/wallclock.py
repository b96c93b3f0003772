"""The time of day, and whether it is to be trusted.

A plain Zero has no clock that runs without power: until a network tells it the time it goes on
from where it was when it went out, or from where the system was built. So the time is trusted
only where it is known to have been set: a daemon that has reached no server yet has set
nothing, and neither has a chip whose battery is empty.
"""

from __future__ import annotations

import functools
import os
import subprocess
import time
from contextlib import suppress
from pathlib import Path

ROOT = Path("/")

THIS_YEAR = 2026
"""A clock that shows an earlier year is wrong: this program is not that old."""

TIMESYNC = Path("run/systemd/timesync")
"""Folder of systemd-timesyncd, which makes ``synchronized`` there once a server answered."""

CHIP = Path("sys/class/rtc/rtc0/since_epoch")
"""Time of a clock with a battery, in seconds since 1970; after its battery was empty it cannot
be read, or is of another year."""

CHIP_AGREES_S = 120.0
"""The chip has set the clock if the two differ by no more: without a network both drift."""

ASKED_AGAIN_S = 600.0
"""Time for which an answer of timedatectl holds: it takes half a second of a Zero."""


def set_by(root: Path = ROOT, now_s: float | None = None) -> str | None:
    """What set the clock since the start; None if the time is not to be trusted.

    Parameters
    ----------
    root : where /run and /sys are. The kernel, which knows of any daemon, is asked if it is /.
    now_s : the time of day, in seconds since 1970; the machine's by default.
    """
    now_s = time.time() if now_s is None else now_s
    if time.gmtime(now_s).tm_year < THIS_YEAR:
        return None
    if os.path.exists(root / TIMESYNC / "synchronized"):
        return "the network"
    with suppress(OSError, ValueError):
        if abs(int((root / CHIP).read_text()) - now_s) <= CHIP_AGREES_S:
            return "a clock with a battery"
    # Where timesyncd runs, its file has said it all.
    others = root == ROOT and not os.path.exists(root / TIMESYNC)
    if others and kernel_is_synchronised(int(time.monotonic() / ASKED_AGAIN_S)):
        return "the network"
    return None


def is_trusted(root: Path = ROOT) -> bool:
    """Whether a network has set the clock since the start, or one with a battery has.

    Where neither is known, or the year is in the past, the time may be years away.
    """
    return set_by(root) is not None


@functools.lru_cache(maxsize=1)
def kernel_is_synchronised(period: int, command: str = "timedatectl") -> bool:
    """Whether the kernel calls its clock synchronised, by whichever daemon, as chrony or ntpd.

    ``timedatectl`` is asked, since the sandbox of the service forbids the system call; False
    where systemd does not run. ``period``: the answer is kept for calls with the same.
    """
    asked = [command, "show", "--property=NTPSynchronized", "--value"]
    try:
        done = subprocess.run(asked, capture_output=True, timeout=10, check=False)
    except (OSError, subprocess.SubprocessError):
        return False
    return done.stdout.strip() == b"yes"
