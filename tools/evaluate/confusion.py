"""The confusion table as a picture: which digit was taken for which, and how often.

Beside a mistake stands one example of it, where the frames are drawn by
``core.synthesis.scene``; photographs and MNIST are other people's, and of theirs there are
counts alone.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from core.classes import DIGITS
from core.synthesis.scene import Box
from core.vision import Frame
from pi.diagnostics.canvas import AMBER, FAINT, GREEN, GRID, PAPER, RED, Canvas

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
    width = LEFT + columns * CELL + LAST
    canvas = Canvas(width, TOP + rows * CELL + MARGIN)
    canvas.text(LEFT, 10, "read as", 15, FAINT)
    canvas.text(8, TOP - 22, "shown", 15, FAINT)
    canvas.text(width - 12, TOP - 22, "right", 15, FAINT, align=1)
    for column in range(columns):
        name = str(column) if column < 10 else "unread"
        canvas.text(LEFT + (column + 0.5) * CELL, TOP - 26, name, 19, align=0.5)
    for row in range(rows):
        y = TOP + row * CELL
        canvas.text(LEFT - 22, y + CELL / 2 - 13, str(row), 22, align=0.5)
        for column in range(columns):
            _cell(canvas, LEFT + column * CELL, y, table, (row, column), examples)
        shown = int(table[row].sum())
        share = f"{100 * table[row, row] / shown:.1f} %" if shown else "-"
        canvas.text(width - 12, y + CELL / 2 - 10, share, 16, align=1)
    return canvas.image


def _cell(
    canvas: Canvas,
    x: int,
    y: int,
    table: NDArray[np.integer],
    place: tuple[int, int],
    examples: Mapping[tuple[int, int], Image.Image],
) -> None:
    row, column = place
    count, total = int(table[place]), max(1, int(table[row].sum()))
    colour = GREEN if row == column else AMBER if column == DIGITS else RED
    # One in a thousand can be seen, and one in thirty is as bad as it gets.
    depth = count / total if row == column else min(1.0, (30 * count / total) ** 0.5)
    fill = tuple(round(p + (c - p) * 0.5 * depth) for p, c in zip(PAPER, colour, strict=True))
    canvas.pen.rectangle((x, y, x + CELL, y + CELL), fill=fill, outline=GRID)
    if row != column and place in examples:
        canvas.paste(examples[place], x + 7, y + 7)
        width = 10 + 9 * len(str(count))
        canvas.pen.rectangle((x + CELL - width, y + 1, x + CELL - 1, y + 21), fill=colour)
        canvas.text(x + CELL - width / 2, y + 2, str(count), 15, PAPER, align=0.5)
    elif row == column or count:
        canvas.text(x + CELL / 2, y + CELL / 2 - 13, str(count), 20, align=0.5)
