"""Clock of the appliance: a parameter of all that waits, so that tests need not."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Protocol


class Clock(Protocol):
    """A clock whose seconds never go backwards, and waiting by it."""

    def monotonic(self) -> float:
        """Seconds since some moment."""

    def wait_for(
        self,
        condition: threading.Condition,
        predicate: Callable[[], bool],
        timeout_s: float | None,
    ) -> bool:
        """Wait, holding ``condition``, until the predicate holds or ``timeout_s`` are over.

        As :meth:`threading.Condition.wait_for`: returns whether the predicate holds; a
        time-out of None waits as long as it takes.
        """


class SystemClock:
    """The machine's own clock."""

    def monotonic(self) -> float:
        """Seconds since some moment."""
        return time.monotonic()

    def wait_for(
        self,
        condition: threading.Condition,
        predicate: Callable[[], bool],
        timeout_s: float | None,
    ) -> bool:
        """Wait, holding ``condition``, until the predicate holds or ``timeout_s`` are over."""
        return condition.wait_for(predicate, timeout_s)


def process_age_s() -> float:
    """Seconds since this process was started, Python's own start among them; 0 if not known."""
    try:
        # proc_pid_stat(5): behind the name in brackets, the 20th is the start in ticks.
        text = Path("/proc/self/stat").read_text()
        ticks = int(text.rpartition(")")[2].split()[19])
    except (OSError, ValueError, IndexError):
        return 0.0
    now = time.clock_gettime(time.CLOCK_BOOTTIME)
    return max(0.0, now - ticks / os.sysconf("SC_CLK_TCK"))
