"""A line a check while they run, and the count of them in the end."""

from __future__ import annotations

import sys
from typing import TextIO


class Report:
    """Counts checks, and prints them to ``stream`` and a log."""

    def __init__(self, stream: TextIO | None = None, log: TextIO | None = None) -> None:
        self._streams = [sys.stdout if stream is None else stream, *([log] if log else [])]
        self.passed = self.failed = self.skipped = 0

    def say(self, text: str) -> None:
        """Print a line."""
        for stream in self._streams:
            print(text, file=stream, flush=True)

    def ok(self, name: str, seconds: float, detail: str) -> None:
        """A check passed."""
        self.passed += 1
        self._line("ok  ", name, seconds, detail)

    def fail(self, name: str, seconds: float, detail: str) -> None:
        """A check failed."""
        self.failed += 1
        self._line("FAIL", name, seconds, detail)

    def skip(self, name: str, detail: str) -> None:
        """A check could not be made."""
        self.skipped += 1
        self._line("skip", name, 0.0, detail)

    def close(self) -> int:
        """Print the count; the exit code: 1 if anything failed, or nothing was checked."""
        self.say(f"{self.passed} passed, {self.failed} failed, {self.skipped} skipped")
        return 0 if self.passed and not self.failed else 1

    def _line(self, word: str, name: str, seconds: float, detail: str) -> None:
        first, *rest = detail.strip().splitlines() or [""]
        self.say(f"{word} {name} ({seconds:.0f} s){': ' if first else ''}{first}")
        for line in rest:
            self.say(f"     {line}")
