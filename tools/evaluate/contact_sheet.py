"""Contact sheets: every failure as a picture, with the crops the network was shown."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image

from core.reading.reader import Reading
from core.vision import Frame
from pi.diagnostics.canvas import FAINT, RED, TEXT, Canvas, save
from tools.plotting.canvas import Tile, grid

SIDE, GAP = 96, 4
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
        thumbnail.thumbnail((SIDE, SIDE))
        return cls(name, thumbnail.copy(), reading)


def draw(failures: Sequence[Failure], path: Path) -> None:
    """Write the sheet: each frame and its first candidates, the chosen one in red.

    Under it the name and the candidates' qualities. Raises StorageError.
    """
    save(grid([_tile(failure) for failure in failures], ACROSS).image, path)


def _tile(failure: Failure) -> Tile:
    canvas = Canvas((CROPS + 1) * (SIDE + GAP), SIDE + 2 * GAP)
    canvas.paste(failure.thumbnail, 0, GAP)
    candidates = failure.reading.candidates[:CROPS]
    for place, candidate in enumerate(candidates, 1):
        pixels = (255 - candidate.image * 255).astype(np.uint8)
        crop = Image.fromarray(pixels).resize((SIDE - GAP,) * 2, Image.Resampling.NEAREST)
        edge = RED if candidate is failure.reading.candidate else FAINT
        canvas.paste(crop, place * (SIDE + GAP) + GAP // 2, GAP, edge, 2)
    qualities = ", ".join(f"{candidate.quality:.2f}" for candidate in candidates)
    return Tile(canvas.image, [(failure.name, TEXT), (f"quality: {qualities or '-'}", FAINT)])
