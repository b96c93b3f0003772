"""Twelve more simulated owners, for the memory of labelled examples: six with habits that are
drawn, six who write as a handwriting font.

They were fixed before there was any code of that memory, each with at least one digit that the
shipped weights of that day often misread: what a label is to mend. Nothing is trained on them.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cache

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

from core.synthesis.pen import Pen, Strokes
from core.synthesis.strokes import bitmap_strokes
from core.vision.crop import SIDE
from tools.evaluate.measures.owners import STEADY, Owner
from tools.fetch_fonts.files import file_name, require_fonts

DRAWN = (
    Owner(
        "footed 1",
        glyphs=(0, 0, 1, 1, 1, 1, 1, 0, 1, 1),
        # A short hook, and a long foot to the right only.
        habits={1: "0,30 14,10 30,20 30,100! 60,92"},
    ),
    Owner(
        "4 as 9",
        glyphs=(1, 2, 3, 2, 0, 2, 3, 1, 0, 2),
        # The triangle is closed high up, and the stem begins at its tip.
        habits={4: "40,4! 6,36 14,50 44,44! 44,0! 40,100"},
        pens=(Pen("pencil", 0.03, 0.2, 0.3), Pen("pencil", 0.045, 0.2, 0.5)),
        ink=(0.5, 0.8),
    ),
    Owner(
        "footed 7",
        glyphs=(2, 3, 0, 3, 3, 3, 5, 0, 3, 4),
        # A barb in front and a bar on the ground.
        habits={7: "0,18 4,0! 54,4! 26,100 / 4,100 54,96"},
        paper="squared",
    ),
    Owner(
        "beta 8",
        glyphs=(3, 4, 4, 4, 1, 4, 0, 4, 2, 3),
        # Written up from the ground, as the letter is.
        habits={8: "10,100 10,10 30,0 44,16 14,44! 50,58 44,92 10,90"},
        slant=0.15,
    ),
    Owner(
        "tailed 9",
        glyphs=(0, 5, 1, 0, 2, 0, 2, 2, 1, 0),
        # The tail closes a second bowl and goes on: a g.
        habits={9: "46,10 22,2 4,20 14,42 40,36 48,10! 46,80 20,100 0,84 20,70 60,62"},
        pens=(Pen("felt", 0.05), Pen("felt", 0.08)),
    ),
    Owner(
        "slashed 0",
        glyphs=(4, 9, 3, 5, 6, 1, 1, 3, 0, 2),
        # The slash is far longer than the ring.
        habits={0: "30,4 6,20 2,80 30,100 54,80 54,20 30,4 / 70,-20 -10,120"},
        paper="ruled",
    ),
)

_LARGE = 200
"""Size that a font's digit is drawn in, in pixels, before it is brought to SIDE."""

_INSIDE = 22
"""Longer side of the digit in a bitmap of SIDE pixels: so much is left for `skeleton_graph`."""


@dataclass(frozen=True)
class FontOwner(Owner):
    """An owner who writes every digit as a font has it, as unsteadily as other owners do.

    font : of ``tools.fetch_fonts``. misread : digits that are often misread, its habits.
    """

    font: str = ""
    misread: tuple[int, ...] = ()

    @property
    def habitual(self) -> tuple[int, ...]:
        return self.misread

    def strokes(self, rng: np.random.Generator, digit: int) -> Strokes:
        """The middle lines of the font's digit, varied as a hand varies."""
        written = bitmap_strokes(rng, _bitmap(self.font, digit))
        assert written is not None
        return _varied(rng, written)


@cache
def _bitmap(font: str, digit: int) -> NDArray[np.uint8]:
    """A font's digit, uint8 (SIDE, SIDE), ink high. DatasetError where it was not fetched."""
    face = ImageFont.truetype(str(require_fonts() / file_name(font)), _LARGE)
    left, top, right, bottom = map(int, face.getbbox(str(digit)))
    large = Image.new("L", (right - left, bottom - top))
    ImageDraw.Draw(large).text((-left, -top), str(digit), fill=255, font=face)
    share = _INSIDE / max(large.size)
    width, height = (max(1, round(side * share)) for side in large.size)
    small = large.resize((width, height), Image.Resampling.BOX)
    whole = Image.new("L", (SIDE, SIDE))
    whole.paste(small, ((SIDE - width) // 2, (SIDE - height) // 2))
    return np.asarray(whole)


def _varied(rng: np.random.Generator, written: Strokes) -> Strokes:
    """Another slant, width and angle, and a slow wave, as much as `Owner` varies a glyph."""
    slant, angle, wide = rng.normal(0, (0.17, 0.09, 0.2)) * STEADY
    aspect = np.exp(np.clip(wide, -0.25, 0.25))
    turn = np.array([[np.cos(angle), np.sin(angle)], [-np.sin(angle), np.cos(angle)]])
    matrix = (turn @ np.array([[aspect, slant], [0, 1]])).T
    pull, phase = rng.normal(0, 3.2, (2, 2)), rng.uniform(0, 6.283, 2)

    def moved(points: NDArray[np.float32]) -> NDArray[np.float32]:
        exact = points.astype(np.float64)
        bent = exact + np.sin(exact @ pull + phase) * (0.022 * STEADY)
        return np.asarray(bent @ matrix, np.float32)

    return replace(written, start=moved(written.start), end=moved(written.end)).normalised()


_ANY = (0,) * 10

FROM_FONTS = (
    FontOwner("hand 1: 7", _ANY, font="just-me-again-down-here", misread=(7,)),
    FontOwner("hand 2: 4", _ANY, font="kristi", misread=(4,)),
    FontOwner("hand 3: 2", _ANY, font="loved-by-the-king", misread=(2,)),
    FontOwner("hand 4: 1", _ANY, font="reenie-beanie", misread=(1,)),
    FontOwner("hand 5: 4", _ANY, font="zeyada", misread=(4,)),
    FontOwner("hand 6: 4, 2", _ANY, font="zhi-mang-xing", misread=(4, 2)),
)
