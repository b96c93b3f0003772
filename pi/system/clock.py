"""Clock of the appliance: a parameter of all that waits, so that tests need not."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
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
