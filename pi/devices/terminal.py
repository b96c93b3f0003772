"""A terminal on which a block of lines is redrawn in place, and pictures made of characters.

Escape sequences are written only where they have an effect: on a TTY, without ``NO_COLOR``
(https://no-color.org) and with a ``TERM`` other than ``dumb``. Everywhere else a stream gets
plain lines.
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import Sequence
from typing import TYPE_CHECKING, TextIO

from core.files.foreign import escaped

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

RESET = "\x1b[0m"
_HIDE_CURSOR = "\x1b[?25l"
_SHOW_CURSOR = "\x1b[?25h"
_ERASE_TO_END_OF_LINE = "\x1b[K"
_ERASE_BELOW = "\x1b[J"
_SHADES = " .:-=+*#%@"


class Terminal(contextlib.AbstractContextManager["Terminal"]):
    """A text stream, and a block of lines on it that is redrawn in place where it can be.

    Parameters
    ----------
    stream : the text stream written to.
    fallback : columns and rows where the stream does not say how large it is.

    Attributes
    ----------
    live : whether drawing in place is possible; otherwise use :meth:`line` alone.
    unicode : whether the stream's encoding has block characters.
    """

    def __init__(self, stream: TextIO, fallback: tuple[int, int] = (80, 24)) -> None:
        # Of a stream that escapes what is foreign (see pi.cli.streams) the one below.
        self._stream: TextIO = getattr(stream, "unescaped", stream)
        self._fallback = fallback
        self._block: list[str] = []
        self._cursor_hidden = False
        self.live = _is_live(stream)
        self.unicode = _has_blocks(stream)

    def size(self) -> tuple[int, int]:
        """Columns and rows of the terminal, as it is now."""
        try:
            columns, rows = os.get_terminal_size(self._stream.fileno())
        except (OSError, ValueError, AttributeError):
            return self._fallback
        return (columns, rows) if columns > 0 and rows > 0 else self._fallback

    def draw(self, lines: Sequence[str]) -> None:
        """Replace the block drawn before by these lines, which must fit the terminal.

        They may have colours, so a text of somebody else's must be escaped before.
        """
        text = "" if self._cursor_hidden else _HIDE_CURSOR
        self._cursor_hidden = True
        text += self._to_top()
        text += "".join(f"{line}{RESET}{_ERASE_TO_END_OF_LINE}\n" for line in lines)
        self._block = list(lines)
        self._write(text + _ERASE_BELOW)

    def line(self, text: str) -> None:
        """Print a line that stays, escaped; a drawn block moves down below it."""
        text = escaped(text)
        if not self._block:
            self._write(text + "\n")
            return
        block = self._block
        self._write(self._to_top() + _ERASE_BELOW + text + "\n")
        self._block = []
        self.draw(block)

    def picture(self, lines: Sequence[str], margin: int = 0) -> None:
        """Print lines of `picture_lines` with their colours, ``margin`` columns in."""
        self._write("".join(f"{' ' * margin}{line}\n" for line in lines))

    def close(self) -> None:
        """Show the cursor again. What was drawn stays. May be called again."""
        if self._cursor_hidden:
            self._cursor_hidden = False
            self._block = []
            # The terminal may be gone, and its cursor with it. If not, Ctrl-C has left
            # its ^C in the line below the block.
            with contextlib.suppress(OSError, ValueError):
                self._write(f"{RESET}\r{_ERASE_TO_END_OF_LINE}{_SHOW_CURSOR}")

    def __exit__(self, *_: object) -> None:
        self.close()

    def _to_top(self) -> str:
        return f"\x1b[{len(self._block)}A\r" if self._block else ""

    def _write(self, text: str) -> None:
        self._stream.write(text)
        self._stream.flush()


def _is_live(stream: TextIO) -> bool:
    try:
        tty = stream.isatty()
    except ValueError:
        return False
    return tty and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"


def _has_blocks(stream: TextIO) -> bool:
    try:
        "█▀▄░".encode(getattr(stream, "encoding", None) or "ascii")
    except (UnicodeEncodeError, LookupError):
        return False
    return True


def picture_size(shape: tuple[int, ...], columns: int, rows: int) -> tuple[int, int]:
    """Columns and rows of a (h, w) picture drawn as large as fits, keeping its shape.

    >>> picture_size((240, 320), 64, 24)
    (64, 24)
    >>> picture_size((240, 320), 40, 24)
    (40, 15)
    """
    height, width = shape
    scale = min(columns / width, 2 * rows / height)
    across = round(width * scale)
    down = round(height * scale / 2)
    return max(1, min(columns, across)), max(1, min(rows, down))


def picture_lines(
    frame: NDArray[np.uint8], columns: int, rows: int, *, unicode: bool = True
) -> list[str]:
    """A picture in characters.

    Parameters
    ----------
    frame : ndarray of shape (h, w), uint8, 0 = black.
    columns, rows : the size at most, in character cells; the picture keeps its shape.
    unicode : two pixels a cell in the 24 greys of a 256-colour terminal; otherwise ten ASCII
        shades, one pixel a cell and no escape sequences.

    Returns
    -------
    Lines of cells, as many of each as :func:`picture_size` says.
    """
    from PIL import Image

    across, down = picture_size(frame.shape, columns, rows)
    pixels_down = 2 * down if unicode else down
    small = Image.fromarray(frame).resize((across, pixels_down), Image.Resampling.BOX)
    pixels = small.tobytes()
    lines = [pixels[start : start + across] for start in range(0, len(pixels), across)]
    if not unicode:
        return ["".join(_SHADES[value * len(_SHADES) >> 8] for value in line) for line in lines]
    return [_half_blocks(*pair) for pair in zip(lines[::2], lines[1::2], strict=True)]


def _half_blocks(upper: bytes, lower: bytes) -> str:
    text, colours = "", None
    for pair in zip(upper, lower, strict=True):
        # 232 to 255 are the palette's greys, from nearly black to nearly white.
        above, below = (232 + value * 24 // 256 for value in pair)
        if (above, below) != colours:
            colours = (above, below)
            text += f"\x1b[38;5;{above};48;5;{below}m"
        text += "▀"
    return text + RESET
