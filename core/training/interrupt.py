"""Ctrl-C when it suits: between two batches, not in the middle of one."""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any


@contextmanager
def delayed_interrupt() -> Iterator[Callable[[], None]]:
    """Yield a function that raises KeyboardInterrupt if Ctrl-C was pressed since.

    Ctrl-C itself only leaves a note meanwhile. A handler that the program has installed
    itself stays, and other threads than the main one get no signals: there the function
    does nothing.
    """
    pressed = threading.Event()

    def note(number: int, frame: Any) -> None:
        pressed.set()

    def raise_if_pressed() -> None:
        if pressed.is_set():
            raise KeyboardInterrupt

    ours = (
        threading.current_thread() is threading.main_thread()
        and signal.getsignal(signal.SIGINT) is signal.default_int_handler
    )
    if ours:
        signal.signal(signal.SIGINT, note)
    try:
        yield raise_if_pressed
    finally:
        if ours:
            signal.signal(signal.SIGINT, signal.default_int_handler)
    raise_if_pressed()
