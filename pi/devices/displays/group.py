"""Several displays that show the same."""

from __future__ import annotations

import contextlib
from collections.abc import Sequence
from typing import Any

from pi.devices.displays.base import Display, State


class SeveralDisplays(contextlib.AbstractContextManager["SeveralDisplays"]):
    """Displays that show the same, and are closed together, in spite of errors.

    Parameters
    ----------
    displays : the displays, owned from now on; none at all shows nothing.
    """

    def __init__(self, displays: Sequence[Display[Any]]) -> None:
        self.displays = tuple(displays)

    def show(self, state: int | State, detail: str = "") -> None:
        """Show it on every display."""
        for display in self.displays:
            display.show(state, detail)

    def tick(self, time: float) -> None:
        """Move every display on to ``time`` (s)."""
        for display in self.displays:
            display.tick(time)

    def close(self) -> None:
        """Close them all, the last first, even if one of them raises."""
        with contextlib.ExitStack() as stack:
            for display in self.displays:
                stack.callback(display.close)

    def __exit__(self, *_: object) -> None:
        self.close()
