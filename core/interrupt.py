"""Signals that ask a program to end: SIGTERM and SIGHUP like Ctrl-C, and all of them delayed.

Ctrl-C raises KeyboardInterrupt, so that a program can put things in order. SIGTERM (``kill``, a
computer that shuts down) and SIGHUP (a terminal that is closed) would end it at once.
"""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any


class EndingSignal:
    """A handler that raises KeyboardInterrupt, as Python's own does for Ctrl-C.

    received : the signal that came; None before.
    """

    received: int | None = None

    def __call__(self, number: int, frame: Any) -> None:
        self.received = number
        raise KeyboardInterrupt


@contextmanager
def ending_like_ctrl_c() -> Iterator[None]:
    """Within the block SIGTERM and SIGHUP raise KeyboardInterrupt. If one came, it ends the
    process after the block, so that whoever waits for it sees what has ended it.

    One that is ignored (under nohup) or has another handler is left alone, as are all of them
    in other threads than the main one, which get no signals.
    """
    handler, before = EndingSignal(), {}
    for number in (signal.SIGTERM, signal.SIGHUP):
        if _in_main_thread() and signal.getsignal(number) is signal.SIG_DFL:
            before[number] = signal.signal(number, handler)
    try:
        yield
    finally:
        for number, old in before.items():
            signal.signal(number, old)
        if handler.received is not None:
            signal.raise_signal(handler.received)


@contextmanager
def delayed_interrupt() -> Iterator[Callable[[], None]]:
    """Yield a function that raises KeyboardInterrupt if a signal asked for it in the block.

    Within the block the signals are only recorded, so that the exception comes between two
    batches and not in the middle of one. Signals for which the program has its own handler are
    left alone; in other threads than the main one, which get no signals, all are.
    """
    received: list[int] = []
    ours: dict[int, Callable[[int, Any], Any]] = {}
    for each in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        handler = signal.getsignal(each)
        if handler is signal.default_int_handler or isinstance(handler, EndingSignal):
            ours[each] = handler

    def note(number: int, frame: Any) -> None:
        received.append(number)

    def raise_if_received() -> None:
        if received:
            ours[received[0]](received[0], None)

    if not _in_main_thread():
        ours.clear()
    for number in ours:
        signal.signal(number, note)
    try:
        yield raise_if_received
    finally:
        for number, handler in ours.items():
            signal.signal(number, handler)
    raise_if_received()


def _in_main_thread() -> bool:
    return threading.current_thread() is threading.main_thread()
