"""The drawing kit: one palette, one font, a picture to write and paste on, one way to save it.

``predict --explain`` draws with it, and so do the workstation's pictures (``tools.plotting``).
"""

from __future__ import annotations

import os
from typing import Any

from PIL import Image, ImageDraw, ImageFont

from core.files.foreign import escaped
from core.files.output import write_output

Colour = tuple[int, int, int]

PAPER: Colour = (250, 249, 246)
TEXT: Colour = (34, 34, 40)
FAINT: Colour = (128, 128, 136)
GRID: Colour = (226, 224, 218)
EDGE: Colour = (205, 203, 198)
RED: Colour = (208, 48, 40)
GREEN: Colour = (40, 132, 84)
BLUE: Colour = (60, 120, 200)
AMBER: Colour = (196, 140, 40)
GREY: Colour = (150, 160, 175)


class Canvas:
    """An RGB picture that is being drawn. ``pen`` is pillow's, for lines and boxes."""

    def __init__(self, width: int, height: int, background: Colour = PAPER) -> None:
        self.image = Image.new("RGB", (width, height), background)
        self.pen = ImageDraw.Draw(self.image)

    def text(
        self,
        x: float,
        y: float,
        text: str,
        size: int = 14,
        colour: Colour = TEXT,
        align: float = 0.0,
    ) -> float:
        """Write one line below y, escaped, and return its left end.

        ``align`` : the share of the width that is to the left of x: 0, 0.5 (centred) or 1.
        """
        text = escaped(text)
        font = _font(size)
        if isinstance(font, ImageFont.ImageFont):  # the bitmap font knows Latin 1 alone
            text = text.encode("latin-1", "replace").decode("latin-1")
        x -= align * self.pen.textlength(text, font=font)
        self.pen.text((x, y), text, font=font, fill=colour)
        return x

    def paste(
        self, picture: Image.Image, x: int, y: int, edge: Colour | None = None, width: int = 1
    ) -> None:
        """Put a picture of any mode at (x, y), with an edge of so many pixels around it."""
        self.image.paste(picture.convert("RGB"), (x, y))
        if edge is not None:
            right, bottom = x + picture.width - 1, y + picture.height - 1
            sides = (x - width, y - width, right + width, bottom + width)
            self.pen.rectangle(sides, outline=edge, width=width)


def save(image: Image.Image, path: str | os.PathLike[str]) -> None:
    """Write a picture as PNG to a path that the user named. Raises StorageError."""
    with write_output(path) as file:
        image.save(file, format="PNG")


def _font(size: int) -> Any:
    """The font that comes with pillow: before 10.1, or without FreeType, of one size only."""
    try:
        return ImageFont.load_default(size)
    except (TypeError, ImportError):
        return ImageFont.load_default()
