"""The machine's own clock."""

from __future__ import annotations

import subprocess
import sys
import threading
import time
from pathlib import Path

from pi.system.clock import SystemClock, process_age_s

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


def test_the_age_of_a_process_counts_the_start_of_python():
    began = time.monotonic()
    code = "from pi.system.clock import process_age_s; print(process_age_s())"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    # Ticks are hundredths of a second.
    assert 0 < float(done.stdout) <= time.monotonic() - began + 0.01
    assert process_age_s() > float(done.stdout)


def test_an_age_that_is_not_known_is_none_at_all(monkeypatch):
    monkeypatch.setattr(Path, "read_text", lambda path: "nonsense")
    assert process_age_s() == 0.0
