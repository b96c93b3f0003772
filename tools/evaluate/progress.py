"""Progress of a measure, on the last line of a terminal."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from typing import TextIO, TypeVar

Result = TypeVar("Result")

SAY_EVERY_S = 60.0
"""Time between two lines where standard error is no terminal."""


def show_progress(done: int, total: int) -> None:
    """Every 50 and at the end; nothing where standard error is no terminal."""
    if sys.stderr.isatty() and (done % 50 == 0 or done == total):
        end = "\n" if done == total else ""
        print(f"\r{done} of {total}", end=end, file=sys.stderr, flush=True)


class Steps:
    """How many of ``total`` long steps are done, and how long the others take.

    On a terminal one line that changes; elsewhere a line now and then.
    """

    def __init__(
        self,
        name: str,
        total: int,
        stream: TextIO | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._name, self._total, self._done = name, total, 0
        self._stream, self._clock = stream or sys.stderr, clock
        self._began = self._said = clock()

    def after(self, result: Result) -> Result:
        """A further step is done, with this result."""
        self._done += 1
        now, ended = self._clock(), self._done == self._total
        left = (now - self._began) / self._done * (self._total - self._done)
        text = f"{self._name}: {self._done} of {self._total}"
        text += "" if ended else f", some {max(1, round(left / 60))} min left"
        if self._stream.isatty():
            end = "\n" if ended else ""
            print(f"\r{text}\x1b[K", end=end, file=self._stream, flush=True)
        elif ended or now - self._said >= SAY_EVERY_S:
            self._said = now
            print(text, file=self._stream, flush=True)
        return result
