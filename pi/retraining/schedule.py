"""When a night begins, and by when it ends.

With a clock that is trusted it begins at the hour of the settings. A Pi that was off at that
hour, or does not know the time, learns as soon as nobody needs it.
"""

from __future__ import annotations

import math
import time
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from core.errors import ConfigError, StorageError
from core.files import foreign
from core.files.atomic import write_atomically
from pi.retraining import night_log
from pi.system import wallclock
from pi.system.run_folder import NIGHT

if TYPE_CHECKING:
    from pi.config import Config
    from pi.config.schema import RetrainSection

STAMP = "retraining.uptime"
"""File of the run folder: uptime at which the last scheduled night ended, in seconds."""

SCHEDULED = "scheduled.time"
"""File beside the history: the time of day of that, in seconds since 1970, if it is known."""

_LARGEST = 64

LONGEST_S = 3 * 3600.0
"""A night is stopped after this time, unless ``--minutes`` gives another."""

HOURS_S = 3 * 3600.0
"""With a clock that is trusted a night begins, and ends, within this time of its hour."""

IDLE_S = 1800.0
"""Without one, or if the Pi was off at that hour, a night begins this long after the last digit
was shown."""

APART_S = 8 * 3600.0
"""Within this time after a night none begins."""

APART_NO_CLOCK_S = 20 * 3600.0
"""The same where no clock tells one day from the next: by uptime, since the clock may jump."""

DAY_S = 86400.0


@dataclass(frozen=True)
class ClockState:
    """The clocks that decide whether a night begins.

    Attributes
    ----------
    wall : local time of day.
    trusted : whether it is: see :mod:`pi.system.wallclock`.
    uptime_s : time since the machine's start.
    stamp_s : uptime at which the last scheduled night ended; None if none did since the start.
    idle_s : time for which nothing has been shown; None if the service does not answer.
    ago_s : time since that night by the clock, if it was trusted then and is now; else None.
    """

    wall: datetime
    trusted: bool
    uptime_s: float
    stamp_s: float | None
    idle_s: float | None
    ago_s: float | None = None


def clock_state(config: Config, run_folder: Path, idle_s: float | None) -> ClockState:
    """The clocks of this machine; ``idle_s`` is the service's."""
    trusted, now_s = wallclock.is_trusted(), time.time()
    ended_s = _number(_scheduled(config), now_s + 1) if trusted else None
    ago_s = None if ended_s is None else max(0.0, now_s - ended_s)
    wall = datetime.fromtimestamp(now_s)
    return ClockState(wall, trusted, uptime_s(), stamp(run_folder), idle_s, ago_s)


def too_early(state: ClockState, wanted: RetrainSection) -> str | None:
    """Why a scheduled night does not begin now; None if it does."""
    if not wanted.enabled:
        return "nights are switched off: retrain.enabled = false"
    since_s, ago_s = _since_s(state.wall, wanted.hour), _since_night_s(state)
    at = f"{wanted.hour:02d}:00"
    if ago_s < (APART_S if state.trusted else APART_NO_CLOCK_S):
        return "there was a night already; the next begins " + (
            f"at {at}" if state.trusted else f"{APART_NO_CLOCK_S / 3600:.0f} hours after it"
        )
    if state.trusted and since_s < HOURS_S:
        return None
    if state.trusted and (state.uptime_s >= since_s or ago_s <= since_s):
        return f"the next begins at {at}"
    why = f"the Pi was off at {at}" if state.trusted else "there is no clock to trust"
    if not wanted.when_idle:
        return f"{why}, and retrain.when_idle = false; the next begins at {at}"
    if state.idle_s is not None and state.idle_s < IDLE_S:
        return f"{why}: one begins when nothing has been shown for half an hour"
    return None


def seconds_left(
    state: ClockState,
    until: str | None,
    minutes: float | None,
    wanted: RetrainSection | None = None,
) -> float:
    """How long a night may take. Raises ConfigError.

    until : a time of day, "06:00".
    wanted : of a scheduled night, which ends with its hours.
    """
    limits = [LONGEST_S if minutes is None else 60 * minutes]
    if until is not None:
        try:
            end = datetime.strptime(until, "%H:%M")
        except ValueError:
            raise ConfigError(f"--until is a time of day like 06:00, not {until!r}") from None
        if state.trusted:
            limits.append(-_since_s(state.wall, end.hour, end.minute) % DAY_S)
    if wanted is not None and state.trusted:
        since_s = _since_s(state.wall, wanted.hour)
        limits += [HOURS_S - since_s] if since_s < HOURS_S else []
    return min(limits)


def _since_s(wall: datetime, hour: int, minute: int = 0) -> float:
    """Time since it was last that time of day, from 0 to a day."""
    at = wall.replace(hour=hour, minute=minute, second=0, microsecond=0)
    return (wall - at).total_seconds() % DAY_S


def _since_night_s(state: ClockState) -> float:
    """Time since the last night that is known of."""
    known = [state.ago_s] if state.ago_s is not None else []
    known += [state.uptime_s - state.stamp_s] if state.stamp_s is not None else []
    return min(known, default=math.inf)


def uptime_s() -> float:
    """Seconds since the machine started, suspended or not."""
    return time.clock_gettime(time.CLOCK_BOOTTIME)


def stamp(run_folder: Path) -> float | None:
    """Uptime at which the last scheduled night ended. Each start empties the run folder."""
    return _number(run_folder / NIGHT / STAMP, uptime_s() + 1)


def set_stamp(config: Config, run_folder: Path) -> None:
    """Note that a scheduled night ends now, so that no other follows too soon."""
    _note(run_folder / NIGHT / STAMP, uptime_s())
    if wallclock.is_trusted():
        _note(_scheduled(config), time.time())


def _scheduled(config: Config) -> Path:
    return night_log.path_of(config).with_name(SCHEDULED)


def _number(path: Path, most: float) -> float | None:
    """The number in a file, which may be anybody's of the group: none above ``most``.

    What is written is rounded.
    """
    try:
        found = foreign.read_json(path, _LARGEST)
    except (OSError, ValueError):
        return None
    return float(found) if foreign.is_number(found, 0, most) else None


def _note(path: Path, number: float) -> None:
    with suppress(OSError, StorageError):
        path.parent.mkdir(parents=True, exist_ok=True)
        with write_atomically(path) as file:
            file.write(f"{number:.0f}\n".encode())
