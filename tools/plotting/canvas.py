"""Captioned pictures in a grid, drawn with the kit of ``pi.diagnostics.canvas``."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from PIL import Image

from pi.diagnostics.canvas import TEXT, Canvas, Colour

LINE = 18
"""Pixels from one line of a caption to the next."""


@dataclass(frozen=True)
class Tile:
    """A picture, and the lines under it: text and colour of each."""

    picture: Image.Image
    lines: Sequence[tuple[str, Colour]]


def grid(
    tiles: Sequence[Tile], across: int, *, gap: int = 16, left: int | None = None,
    top: int | None = None,
) -> Canvas:  # fmt: skip
    """Tiles row by row, `across` in a row; no tiles are empty paper.

    ``left``, ``top`` : pixels before the first tile, for headings; default: the gap.
    """
    left, top = (gap if side is None else side for side in (left, top))
    width = max((tile.picture.width for tile in tiles), default=0)
    tall = max((tile.picture.height for tile in tiles), default=0)
    caption = max((6 + LINE * len(tile.lines) for tile in tiles), default=0)
    down = -(-len(tiles) // across)
    canvas = Canvas(left + across * (width + gap), top + max(1, down) * (tall + caption + gap))
    for number, tile in enumerate(tiles):
        x = left + number % across * (width + gap)
        y = top + number // across * (tall + caption + gap)
        canvas.paste(tile.picture, x, y)
        for place, (text, colour) in enumerate(tile.lines):
            size = 13 if colour == TEXT else 12
            canvas.text(x, y + tall + 5 + LINE * place, text, size, colour)
    return canvas
