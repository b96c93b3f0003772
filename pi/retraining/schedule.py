"""When a night begins and ends, and how others can see that one is at work."""

from __future__ import annotations

import time
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from core.errors import ConfigError

STAMP = "retraining.uptime"

LONGEST_S = 3 * 3600.0
"""A night that nobody gave another end."""

BEGIN_HOUR, END_HOUR = 3, 6

UPTIME_S = 6 * 3600.0
EMPTY_S = 1800.0
"""Without a clock: so long since the start, and so long nothing was shown."""


APART_S = 20 * 3600.0
"""From one night to the next, by the machine's uptime, whatever the clock jumps to."""


@dataclass(frozen=True)
class ClockState:
    """What a night goes by.

    Attributes
    ----------
    wall : the time of day here; to be believed if ``trusted``.
    uptime_s : since the machine's start.
    stamp_s : the uptime at which the last night ended; None if none did since the start.
    idle_s : for how long nothing has been shown; None if the service does not answer.
    """

    wall: datetime
    trusted: bool
    uptime_s: float
    stamp_s: float | None
    idle_s: float | None


def too_early(moment: ClockState) -> str | None:
    """Why a night that nobody asked for does not begin now; None if it does."""
    if moment.stamp_s is not None and moment.uptime_s - moment.stamp_s < APART_S:
        return "there was a night already"
    if moment.trusted:
        if BEGIN_HOUR <= moment.wall.hour < END_HOUR:
            return None
        return f"it is not night: from {BEGIN_HOUR}:00 to {END_HOUR}:00"
    if moment.uptime_s < UPTIME_S:
        return "no clock to trust, and not six hours since the start"
    if moment.idle_s is not None and moment.idle_s < EMPTY_S:
        return "no clock to trust, and something was shown in the last half hour"
    return None


def seconds_left(
    wall: datetime, trusted: bool, until: str | None, minutes: float | None
) -> float:
    """How long a night may take. ``until``: "06:00". Raises ConfigError."""
    limits = [LONGEST_S if minutes is None else 60 * minutes]
    if until is not None:
        try:
            end = datetime.strptime(until, "%H:%M")
        except ValueError:
            raise ConfigError(f"--until is a time of day like 06:00, not {until!r}") from None
        if trusted:
            at = wall.replace(hour=end.hour, minute=end.minute, second=0, microsecond=0)
            limits.append((at - wall).total_seconds() % timedelta(days=1).total_seconds())
    return min(limits)


def uptime_s() -> float:
    """Seconds since the machine started, suspended or not."""
    return time.clock_gettime(time.CLOCK_BOOTTIME)


def stamp(run_folder: Path) -> float | None:
    """The uptime at which the last night ended. The folder is lost with the uptime."""
    try:
        return float((run_folder / STAMP).read_text())
    except (OSError, ValueError):
        return None


def set_stamp(run_folder: Path) -> None:
    """A night ends now."""
    with suppress(OSError):
        run_folder.mkdir(parents=True, exist_ok=True)
        (run_folder / STAMP).write_text(f"{uptime_s():.0f}\n")
