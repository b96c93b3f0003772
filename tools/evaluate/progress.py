"""Progress of a measure, on the last line of a terminal."""

from __future__ import annotations

import sys


def show_progress(done: int, total: int) -> None:
    """Every 50 and at the end; nothing where standard error is no terminal."""
    if sys.stderr.isatty() and (done % 50 == 0 or done == total):
        end = "\n" if done == total else ""
        print(f"\r{done} of {total}", end=end, file=sys.stderr, flush=True)
