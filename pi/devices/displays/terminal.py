"""A display drawn in a terminal, for those who have no LEDs."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any, Self, TextIO

from core.files.foreign import escaped
from pi.devices import segments
from pi.devices.displays.base import Display, DisplaySettings, State, glyph, words
from pi.devices.terminal import Terminal, picture_lines, picture_size

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


class TerminalDisplay(Display[DisplaySettings]):
    """A seven-segment digit drawn in text; plain lines where the stream is not a terminal.

    On a terminal the digit is redrawn in place, beside what the camera sees if that was given
    (:meth:`picture`), with the cursor hidden until :meth:`close`. On any other stream a line is
    written when the state changes, without escape sequences.

    Parameters
    ----------
    stream : text stream; standard output by default.
    fallback : columns and rows of a terminal that does not say how large it is.
    """

    _GAP = 3
    _PICTURE_COLUMNS = 64
    _PICTURE_ROWS = 24
    _SMALLEST_PICTURE = 16

    @classmethod
    def open(cls, settings: DisplaySettings, pin_factory: Any = None) -> Self:
        return cls()

    def __init__(
        self, stream: TextIO | None = None, fallback: tuple[int, int] = (80, 24)
    ) -> None:
        self._terminal = Terminal(sys.stdout if stream is None else stream, fallback)
        self._frame: NDArray[np.uint8] | None = None
        self._note = ""
        self._last: int | State | None = None

    @property
    def live(self) -> bool:
        """Whether it draws in place, rather than writing lines."""
        return self._terminal.live

    def picture(self, frame: NDArray[np.uint8] | None) -> None:
        """Show this frame, uint8 (h, w), beside the digit from the next :meth:`show` on."""
        self._frame = frame

    def show(self, state: int | State, detail: str = "") -> None:
        sign = glyph(state)
        text = escaped(words(state, detail))
        if self.live:
            self._terminal.draw(self._compose(sign, text))
        elif state != self._last:
            self._terminal.line(text)
        self._last = state

    def tick(self, time: float) -> None:
        """Nothing moves."""

    def note(self, text: str) -> None:
        """Write a text: under the drawing until the next note, or as a line."""
        self._note = escaped(text)
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
