"""Time as the appliance sees it: one seam, so that tests need not wait."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import Protocol


class Clock(Protocol):
    """What is asked of time. Seconds never go backwards."""

    def monotonic(self) -> float:
        """Seconds since some moment."""

    def wait_for(
        self,
        condition: threading.Condition,
        predicate: Callable[[], bool],
        timeout_s: float | None,
    ) -> bool:
        """Wait, holding ``condition``, until the predicate holds or ``timeout_s`` have gone.

        As :meth:`threading.Condition.wait_for`: the answer is whether the predicate holds,
        and a time-out of None waits as long as it takes.
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
        """Wait, holding ``condition``, until the predicate holds or ``timeout_s`` have gone."""
        return condition.wait_for(predicate, timeout_s)
