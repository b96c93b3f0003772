"""When a night begins, and by when it ends."""

from __future__ import annotations

import time
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from core.errors import ConfigError
from core.files import foreign
from core.files.atomic import write_atomically
from pi.system.run_folder import NIGHT

STAMP = "retraining.uptime"
_LARGEST = 64

LONGEST_S = 3 * 3600.0
"""A night is stopped after this time, unless ``--minutes`` gives another."""

BEGIN_HOUR, END_HOUR = 3, 6
"""With a clock that is trusted a night begins from the first of these hours to the second."""

UPTIME_S = 6 * 3600.0
EMPTY_S = 1800.0
"""Without one, it begins this long after the start and after the last digit was shown."""

APART_S = 20 * 3600.0
"""Within this time after a night none begins: by uptime, since the clock may jump."""


@dataclass(frozen=True)
class ClockState:
    """The clocks that decide whether a night begins.

    Attributes
    ----------
    wall : local time of day.
    trusted : whether it is: see :mod:`pi.system.wallclock`.
    uptime_s : time since the machine's start.
    stamp_s : uptime at which the last night ended; None if none did since the start.
    idle_s : time for which nothing has been shown; None if the service does not answer.
    """

    wall: datetime
    trusted: bool
    uptime_s: float
    stamp_s: float | None
    idle_s: float | None


def too_early(state: ClockState) -> str | None:
    """Why a scheduled night does not begin now; None if it does."""
    if state.stamp_s is not None and state.uptime_s - state.stamp_s < APART_S:
        return "there was a night already"
    if state.trusted:
        if BEGIN_HOUR <= state.wall.hour < END_HOUR:
            return None
        return f"it is not night: from {BEGIN_HOUR}:00 to {END_HOUR}:00"
    if state.uptime_s < UPTIME_S:
        return "no clock to trust, and not six hours since the start"
    if state.idle_s is not None and state.idle_s < EMPTY_S:
        return "no clock to trust, and something was shown in the last half hour"
    return None


def seconds_left(state: ClockState, until: str | None, minutes: float | None) -> float:
    """How long a night may take. ``until``: a time of day, "06:00". Raises ConfigError."""
    limits = [LONGEST_S if minutes is None else 60 * minutes]
    if until is not None:
        try:
            end = datetime.strptime(until, "%H:%M")
        except ValueError:
            raise ConfigError(f"--until is a time of day like 06:00, not {until!r}") from None
        if state.trusted:
            now = state.wall
            at = now.replace(hour=end.hour, minute=end.minute, second=0, microsecond=0)
            limits.append((at - now).total_seconds() % timedelta(days=1).total_seconds())
    return min(limits)


def uptime_s() -> float:
    """Seconds since the machine started, suspended or not."""
    return time.clock_gettime(time.CLOCK_BOOTTIME)


def stamp(run_folder: Path) -> float | None:
    """Uptime at which the last night ended. The run folder is emptied at each start.

    The file may be anybody's of the group: a time that has not been is none.
    """
    try:
        found = foreign.read_json(run_folder / NIGHT / STAMP, _LARGEST)
    except (OSError, ValueError):
        return None
    # It was rounded.
    return float(found) if foreign.is_number(found, 0, uptime_s() + 1) else None


def set_stamp(run_folder: Path) -> None:
    """Note that a night ends now."""
    folder = run_folder / NIGHT
    with suppress(OSError):
        folder.mkdir(parents=True, exist_ok=True)
        with write_atomically(folder / STAMP) as file:
            file.write(f"{uptime_s():.0f}\n".encode())
