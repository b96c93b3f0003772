"""Delays Ctrl-C: KeyboardInterrupt is raised between two batches, not in the middle of one."""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any


@contextmanager
def delayed_interrupt() -> Iterator[Callable[[], None]]:
    """Yield a function that raises KeyboardInterrupt if Ctrl-C was pressed in the block.

    Within the block Ctrl-C itself is only recorded. Where the program has its own handler for
    it, and in other threads than the main one, which get no signals, the function does nothing.
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
