"""What the tests of the appliance share: gpiozero's mock pins, a virtual
clock, and terminals that keep what is written on them."""

from __future__ import annotations

import io
import os
import shutil
import tempfile
import threading
from pathlib import Path

import pytest

PATIENCE_S = 60.0
"""Only ends a test that hangs."""


class VirtualClock:
    """A :class:`pi.system.clock.Clock` of seconds that pass only while everybody waits.

    Everybody is the main thread and the threads of cameras. Once all of them wait, the time is
    that at which the first of them waits no more; so hours pass at once, and a slow machine
    changes nothing.
    """

    def __init__(self):
        self.now = 100.0
        self._lock = threading.Lock()
        self._waiting = {}

    def monotonic(self):
        return self.now

    def wait_for(self, condition, predicate, timeout_s):
        deadline = float("inf") if timeout_s is None else self.now + timeout_s
        me = threading.get_ident()
        while True:
            with self._lock:
                self._waiting[me] = (predicate, deadline)
                self._advance()
                if predicate() or self.now >= deadline:
                    del self._waiting[me]
                    return bool(predicate())
            # Only so that a thread that ended without a word is noticed.
            condition.wait(0.001)

    def _advance(self):
        threads = [threading.main_thread(), *self.workers()]
        if not all(thread.ident in self._waiting for thread in threads):
            return
        waits = [self._waiting[thread.ident] for thread in threads]
        if not any(predicate() or self.now >= deadline for predicate, deadline in waits):
            first = min(deadline for _, deadline in waits)
            assert first < float("inf"), "everyone waits for ever"
            self.now = first

    def sleep(self, seconds):
        condition = threading.Condition()
        with condition:
            self.wait_for(condition, lambda: False, seconds)

    def workers(self):
        """The threads of cameras."""
        from pi.devices.cameras.thread import THREAD_NAME

        return [thread for thread in threading.enumerate() if thread.name == THREAD_NAME]


@pytest.fixture
def clock():
    """A VirtualClock. In the end cameras that hang have come back, and no thread is left."""
    made = VirtualClock()
    assert made.workers() == []
    yield made
    made.sleep(1e7)
    for thread in made.workers():
        thread.join(PATIENCE_S)
    assert made.workers() == []


@pytest.fixture
def mock_factory(monkeypatch):
    """gpiozero's MockFactory as the factory of every device, and the one before given back."""
    from gpiozero import Device
    from gpiozero.pins.mock import MockFactory

    monkeypatch.setenv("GPIOZERO_PIN_FACTORY", "mock")
    before = Device.pin_factory
    factory = MockFactory()
    Device.pin_factory = factory
    try:
        yield factory
    finally:
        factory.reset()
        Device.pin_factory = before


@pytest.fixture
def levels(mock_factory):
    """A function that gives the levels of some pins as text: "1" is 3.3 V, "0" is ground."""

    def read(pins):
        return "".join(str(int(mock_factory.pin(pin).state)) for pin in pins)

    return read


class Tty(io.StringIO):
    """A terminal that keeps what is written on it."""

    encoding = "utf-8"

    def isatty(self):
        return True


@pytest.fixture
def tty(monkeypatch):
    """Makes terminals, in an environment that allows colours."""
    monkeypatch.delenv("NO_COLOR", raising=False)
    monkeypatch.setenv("TERM", "xterm")
    return Tty


STRANGER = 4242
"""A user and group that no machine has."""


@pytest.fixture
def foreign():
    """A folder of root's that everybody may enter, with a ``state`` that is STRANGER's."""
    if os.geteuid() != 0:
        pytest.skip("works as other users, which root alone may")
    # Not below tmp_path, which is closed to others.
    folder = Path(tempfile.mkdtemp(prefix="zerodigit-foreign-"))
    folder.chmod(0o755)
    state = folder / "state"
    state.mkdir()
    os.chown(state, STRANGER, STRANGER)
    state.chmod(0o3770)
    yield folder
    shutil.rmtree(folder)
