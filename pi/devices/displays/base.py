"""What the appliance says, and to whom: the ``Display`` protocol, and a display of text.

A display is told a state and nothing else: a digit, or one of :class:`State`. The detail that
may come with it (how sure, between which digits) is for displays that can write words.
"""

from __future__ import annotations

import enum
from types import TracebackType
from typing import TYPE_CHECKING, Protocol, Self, runtime_checkable

if TYPE_CHECKING:
    pass


class State(enum.Enum):
    """What is shown when no digit is; the value is the word for it."""

    DARK = "dark"
    UNSURE = "unsure"
    ERROR = "error"
    LEARNING = "learning"


STATE_GLYPHS = {State.DARK: " ", State.UNSURE: "-", State.ERROR: "E", State.LEARNING: "L"}


def glyph(state: int | State) -> str:
    """The sign of :data:`pi.devices.segments.GLYPHS` for a digit 0 to 9 or a state."""
    if isinstance(state, State):
        return STATE_GLYPHS[state]
    if not 0 <= state <= 9:
        raise ValueError(f"a display shows the digits 0 to 9, not {state}")
    return str(int(state))


def words(state: int | State, detail: str = "") -> str:
    """One line for a state: ``digit 7 (0.98)``, ``dark``, ``unsure: 4 or 9?``."""
    if isinstance(state, State):
        return f"{state.value}: {detail}" if detail else state.value
    return f"digit {state} ({detail})" if detail else f"digit {state}"


@runtime_checkable
class Display(Protocol):
    """Something that shows a digit. A context manager; ``close`` may be called again.

    No display has a thread or a clock: what moves, moves by :meth:`tick`, which the loop calls
    as often as it comes by.
    """

    def show(self, state: int | State, detail: str = "") -> None:
        """Show a digit 0 to 9 or a :class:`State`, until told otherwise."""

    def tick(self, time: float) -> None:
        """Move what moves on to ``time``, in seconds of a clock that never goes back."""

    def close(self) -> None:
        """Go dark and let the device go."""

    def __enter__(self) -> Self: ...

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None: ...
