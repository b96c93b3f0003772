"""What a lesson writes on: lines of text, and plots that are drawn as text or saved."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TextIO

from tools.plotting import panels, textplots


class Page:
    """The page of one lesson.

    ``short`` asks a long lesson for a small version of itself. ``photos`` is the folder of
    photographs that was named, or None. ``rows`` are the plots shown so far.
    """

    def __init__(
        self, stream: TextIO | None = None, *, short: bool = False, photos: Path | None = None
    ) -> None:
        self.stream = stream or sys.stdout
        self.short = short
        self.photos = photos
        self.rows: list[tuple[panels.Panel, ...]] = []

    def say(self, text: str = "") -> None:
        """Write a line."""
        print(text, file=self.stream, flush=True)

    def show(self, *plots: panels.Panel) -> None:
        """Show plots side by side."""
        self.rows.append(plots)
        self.say(f"\n{textplots.text(plots)}\n")

    def save(self, path: Path) -> None:
        """Draw all the plots into one PNG. MissingExtraError without matplotlib."""
        panels.save(self.rows, path)
