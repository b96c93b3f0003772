"""What the appliance says, and to whom: the ``Display`` protocol, and a display of text.

A display is told a state and nothing else: a digit, or one of :class:`State`. The detail that
may come with it (how sure, between which digits) is for displays that can write words.
"""

from __future__ import annotations

import enum
import sys
from types import TracebackType
from typing import TYPE_CHECKING, Protocol, Self, TextIO, runtime_checkable

from pi.devices import segments
from pi.devices.closing import Closing
from pi.devices.terminal import Terminal, picture_lines, picture_size

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


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


class TerminalDisplay(Closing):
    """A seven-segment digit drawn in text; plain lines where the stream is not a terminal.

    On a terminal the digit is redrawn in place, beside what the camera sees if it was told
    (:meth:`picture`), with the cursor hidden until :meth:`close`. On any other stream a line is
    written when the state changes, without escape sequences.

    Parameters
    ----------
    stream : text stream; standard output by default.
    """

    _GAP = 3
    _PICTURE_COLUMNS = 64
    _PICTURE_ROWS = 24
    _SMALLEST_PICTURE = 16

    def __init__(self, stream: TextIO | None = None) -> None:
        self._terminal = Terminal(sys.stdout if stream is None else stream)
        self._frame: NDArray[np.uint8] | None = None
        self._note = ""
        self._last: int | State | None = None

    @property
    def live(self) -> bool:
        """Whether somebody is watching a drawing, rather than reading lines."""
        return self._terminal.live

    def picture(self, frame: NDArray[np.uint8] | None) -> None:
        """Show this frame, uint8 (h, w), beside the digit from the next :meth:`show` on."""
        self._frame = frame

    def show(self, state: int | State, detail: str = "") -> None:
        sign = glyph(state)
        text = words(state, detail)
        if self.live:
            self._terminal.draw(self._compose(sign, text))
        elif state != self._last:
            self._terminal.line(text)
        self._last = state

    def tick(self, time: float) -> None:
        """Nothing moves here."""

    def note(self, text: str) -> None:
        """Say something else: under the drawing until the next note, or as a line."""
        self._note = text
        if not self.live:
            self._terminal.line(text)

    def close(self) -> None:
        self._terminal.close()

    def _compose(self, sign: str, text: str) -> list[str]:
        """Lines that fit the terminal as it is now, one row and one column kept free."""
        columns, rows = (length - 1 for length in self._terminal.size())
        below = [text[:columns], self._note[:columns]]
        rows_above = rows - len(below) - 1
        if columns < segments.WIDTH or rows_above < segments.HEIGHT:
            return below[:rows]
        digit = self._digit(sign)
        room = min(self._PICTURE_COLUMNS, columns - segments.WIDTH - self._GAP)
        if self._frame is None or room < self._SMALLEST_PICTURE:
            return [*digit, "", *below]
        height = min(self._PICTURE_ROWS, rows_above)
        across, down = picture_size(self._frame.shape, room, height)
        left = picture_lines(self._frame, across, down, unicode=self._terminal.unicode)
        height = max(down, len(digit))
        left += [" " * across] * (height - down)
        right = [""] * ((height - len(digit)) // 2) + digit
        right += [""] * (height - len(right))
        joined = [a + " " * self._GAP + b for a, b in zip(left, right, strict=True)]
        return [*joined, "", *below]

    def _digit(self, sign: str) -> list[str]:
        if self._terminal.unicode:
            return segments.draw(sign, "█", "█", _as_light)
        return segments.draw(sign, "#", " ")


def _as_light(cells: str, lit: bool) -> str:
    # Bright red, and the faint grey of an LED that is off.
    return f"\x1b[{'91' if lit else '38;5;235'}m{cells}\x1b[0m"
