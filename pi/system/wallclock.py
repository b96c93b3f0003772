"""The time of day, and whether it is to be trusted.

A plain Zero has no clock that runs without power: until a network tells it the time it goes on
from where it was when it went out, or from where the system was built.
"""

from __future__ import annotations

from pathlib import Path

ROOT = Path("/")

_SET_BY_NETWORK = "run/systemd/timesync/synchronized"
_CHRONY = "run/chrony/chronyd.pid"
_HARDWARE = "sys/class/rtc/rtc0"


def is_trusted(root: Path = ROOT) -> bool:
    """Whether a network has set the clock since the start, or one with a battery has.

    Where neither is known, the time may be years away.
    """
    return any((root / each).exists() for each in (_SET_BY_NETWORK, _CHRONY, _HARDWARE))
