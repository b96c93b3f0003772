"""Contact sheets: every failure as a picture, with the crops the network was shown."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw

from core.reading.reader import Reading
from core.vision import Frame
from core.vision.digitise import Digit

TILE = 96
CAPTION = 13
CROPS = 5
ACROSS = 3


@dataclass(frozen=True)
class Failure:
    """A frame that was read wrongly, thumbnail only, so that thousands fit in memory."""

    name: str
    thumbnail: Image.Image
    reading: Reading

    @classmethod
    def of(cls, name: str, frame: Frame, reading: Reading) -> Failure:
        thumbnail = Image.fromarray(frame)
        thumbnail.thumbnail((TILE - 2, TILE - 2))
        return cls(name, thumbnail.copy(), reading)


def draw(failures: list[Failure], path: Path) -> None:
    """Write the sheet: photograph, then its candidates, the chosen one marked."""
    cell = (TILE * (CROPS + 1) + 8, TILE + CAPTION)
    rows = max(1, -(-len(failures) // ACROSS))
    sheet = Image.new("L", (cell[0] * ACROSS, cell[1] * rows), 150)
    pen = ImageDraw.Draw(sheet)
    for number, failure in enumerate(failures):
        x, y = (number % ACROSS) * cell[0], (number // ACROSS) * cell[1]
        sheet.paste(failure.thumbnail, (x, y + CAPTION))
        pen.text((x + 1, y), failure.name, fill=0)
        candidates = failure.reading.candidates[:CROPS]
        for place, candidate in enumerate(candidates, 1):
            left = x + place * TILE
            sheet.paste(_crop(candidate), (left, y + CAPTION))
            mark = "> " if candidate is failure.reading.candidate else ""
            pen.text((left, y), f"{mark}{candidate.quality:.2f}", fill=0)
    sheet.save(path)


def _crop(candidate: Digit) -> Image.Image:
    pixels = (255 - candidate.image * 255).astype(np.uint8)
    return Image.fromarray(pixels).resize((TILE - 4, TILE - 4), Image.Resampling.NEAREST)
