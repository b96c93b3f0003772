"""The result of a measure: a row for each thing counted, with its goal."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TextIO


@dataclass(frozen=True)
class Row:
    """What was counted, the goal, the result, and whether the result is within the goal.

    held : None for what could not be tried here; the result then says why.
    """

    what: str
    goal: str
    result: str
    held: bool | None


def counted(what: str, found: int, tries: int, most: int = 0) -> Row:
    """The row of something that may happen at most ``most`` times; without a try, not held."""
    goal = str(most) if most == 0 else f"<= {most}"
    return Row(what, goal, f"{found} of {tries}", bool(tries) and found <= most)


def skipped(what: str, why: str) -> Row:
    """The row of something that cannot be tried here."""
    return Row(what, "0", f"SKIPPED: {why}", None)


def show(rows: Sequence[Row], stream: TextIO | None = None) -> int:
    """Print the rows as a table; 1 if one was missed, 0 otherwise."""
    words = {True: "held", False: "MISSED", None: "-"}
    lines = [("measure", "goal", "result", "")]
    lines += [(row.what, row.goal, row.result, words[row.held]) for row in rows]
    widths = [max(len(line[n]) for line in lines) for n in range(3)]
    for line in lines:
        cells = [cell.ljust(width) for cell, width in zip(line, [*widths, 0], strict=True)]
        print("  ".join(cells).rstrip(), file=stream or sys.stdout)
    return int(any(row.held is False for row in rows))
