"""The machine's own clock."""

from __future__ import annotations

import threading
import time

from pi.system.clock import SystemClock

PATIENCE_S = 60.0


def test_seconds_never_go_backwards():
    clock = SystemClock()
    before = time.monotonic()
    assert before <= clock.monotonic() <= clock.monotonic() <= time.monotonic()


def test_a_wait_ends_with_its_time_or_with_what_is_waited_for():
    clock, condition, came = SystemClock(), threading.Condition(), []

    def come():
        with condition:
            came.append(True)
            condition.notify_all()

    with condition:
        assert not clock.wait_for(condition, lambda: came, 0.001)
        thread = threading.Thread(target=come)
        thread.start()
        assert clock.wait_for(condition, lambda: came, PATIENCE_S)
    thread.join()
