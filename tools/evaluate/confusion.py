"""The confusion table as a picture: which digit was taken for which, and how often.

Beside a mistake stands one example of it, where the frames are drawn by
``core.synthesis.scene``; photographs and MNIST are other people's, and of theirs there are
counts alone.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

from core.synthesis.scene import Box
from core.vision import Frame

PAPER = (250, 249, 246)
TEXT = (34, 34, 40)
FAINT = (128, 128, 136)
GRID = (226, 224, 218)
RIGHT = (58, 150, 98)
WRONG = (208, 48, 40)
UNREAD = (196, 140, 40)

CELL = 72
LEFT, TOP, MARGIN, LAST = 58, 62, 16, 74
EXAMPLE = CELL - 14


def example(frame: Frame, box: Box) -> Image.Image:
    """The digit in ``box`` of a frame with some paper round it, square."""
    left, top, right, bottom = box
    side = round(1.3 * max(right - left, bottom - top)) + 4
    x, y = (left + right - side) // 2, (top + bottom - side) // 2
    whole = Image.fromarray(frame)
    paper = int(np.median(frame))
    square = Image.new("L", (side, side), paper)
    square.paste(whole, (-x, -y))
    return square.resize((EXAMPLE, EXAMPLE), Image.Resampling.LANCZOS)


def draw(
    table: NDArray[np.integer], examples: Mapping[tuple[int, int], Image.Image]
) -> Image.Image:
    """The table, RGB.

    Parameters
    ----------
    table : counts (10, 11): the digit shown, and what it was read as, 10 = unread.
    examples : pictures of EXAMPLE pixels for cells (shown, read as) off the diagonal.
    """
    rows, columns = table.shape
    size = (LEFT + columns * CELL + LAST, TOP + rows * CELL + MARGIN)
    picture = Image.new("RGB", size, PAPER)
    pen = ImageDraw.Draw(picture)
    _text(pen, LEFT, 10, "read as", 15, FAINT)
    _text(pen, 8, TOP - 22, "shown", 15, FAINT)
    _text(pen, size[0] - 12, TOP - 22, "right", 15, FAINT, anchor=1.0)
    for column in range(columns):
        name = str(column) if column < 10 else "unread"
        _text(pen, LEFT + (column + 0.5) * CELL, TOP - 26, name, 19, anchor=0.5)
    for row in range(rows):
        y = TOP + row * CELL
        _text(pen, LEFT - 22, y + CELL / 2 - 13, str(row), 22, anchor=0.5)
        for column in range(columns):
            at = (LEFT + column * CELL, y)
            _cell(picture, at, table, (row, column), examples.get((row, column)))
        shown = int(table[row].sum())
        share = f"{100 * table[row, row] / shown:.1f} %" if shown else "-"
        _text(pen, size[0] - 12, y + CELL / 2 - 10, share, 16, anchor=1.0)
    return picture


def _cell(
    picture: Image.Image,
    at: tuple[int, int],
    table: NDArray[np.integer],
    place: tuple[int, int],
    shown: Image.Image | None,
) -> None:
    x, y = at
    pen = ImageDraw.Draw(picture)
    row, column = place
    count, total = int(table[place]), max(1, int(table[row].sum()))
    colour = RIGHT if row == column else UNREAD if column == 10 else WRONG
    # One in a thousand can be seen, and one in thirty is as bad as it gets.
    depth = count / total if row == column else min(1.0, (30 * count / total) ** 0.5)
    fill = tuple(round(p + (c - p) * 0.5 * depth) for p, c in zip(PAPER, colour, strict=True))
    sides = (x, y, x + CELL, y + CELL)
    pen.rectangle(sides, fill=fill, outline=GRID)
    if row == column:
        _text(pen, x + CELL / 2, y + CELL / 2 - 13, str(count), 20, anchor=0.5)
        return
    if count == 0:
        return
    if shown is None:
        _text(pen, x + CELL / 2, y + CELL / 2 - 13, str(count), 20, anchor=0.5)
        return
    picture.paste(shown.resize((EXAMPLE, EXAMPLE)).convert("RGB"), (x + 7, y + 7))
    said = str(count)
    width = 10 + 9 * len(said)
    pen.rectangle((x + CELL - width, y + 1, x + CELL - 1, y + 21), fill=colour)
    _text(pen, x + CELL - width / 2, y + 2, said, 15, PAPER, anchor=0.5)


def _text(
    pen: ImageDraw.ImageDraw,
    x: float,
    y: float,
    said: str,
    size: int,
    colour: tuple[int, int, int] = TEXT,
    anchor: float = 0.0,
) -> None:
    """Write with the part ``anchor`` of the text's width to the left of x."""
    font: Any
    try:
        font = ImageFont.load_default(size)
    except (TypeError, ImportError):  # pillow before 10.1, or without FreeType: one size only
        font = ImageFont.load_default()
    pen.text((x - anchor * pen.textlength(said, font=font), y), said, font=font, fill=colour)
