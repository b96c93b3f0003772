"""Seven simulated owners, whose handwriting a night is to learn.

An owner writes each digit as one glyph, with one pen on one kind of paper. Most glyphs are from
``core.synthesis.glyphs``. An owner's habits are glyphs that are not there, so that the shipped
weights cannot have learned them. The owners were fixed before those weights were trained:
whoever changes an owner trains the weights anew.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

import numpy as np

from core.synthesis.glyphs import DIGIT_GLYPHS
from core.synthesis.pen import Pen, Strokes
from core.synthesis.scene import Scene, sample_scene
from core.synthesis.strokes import skeleton_strokes
from core.synthesis.style import Style

STEADY = 0.55
"""Variation of one owner's glyph, in units of the variation between writers."""


@dataclass(frozen=True)
class Owner:
    """A simulated writer.

    glyphs : number of the glyph in ``core.synthesis.glyphs``, for each digit from 0 to 9.
    habits : skeletons of the digits that are written as none of those, in the same format.
    slant : shift of the digit's top to the right, in heights of the digit.
    pens : the pen at its finest and at its boldest.
    ink : darkness of the ink, least and greatest.
    """

    name: str
    glyphs: tuple[int, ...]
    habits: Mapping[int, str] = field(default_factory=dict)
    slant: float = 0.0
    pens: tuple[Pen, Pen] = (Pen("ballpoint", 0.035), Pen("ballpoint", 0.05))
    ink: tuple[float, float] = (0.6, 0.95)
    paper: str = "plain"

    @property
    def habitual(self) -> tuple[int, ...]:
        """The digits that are written as no glyph is."""
        return tuple(self.habits)

    def strokes(self, rng: np.random.Generator, digit: int) -> Strokes:
        """A digit as this owner writes it, normalised to height 1."""
        known = DIGIT_GLYPHS[str(digit)]
        usual = known[self.glyphs[digit] % len(known)].partition(":")[2]
        written = skeleton_strokes(rng, self.habits.get(digit, usual), wildness=STEADY)
        start, end = _leaning(written.start, self.slant), _leaning(written.end, self.slant)
        return replace(written, start=start, end=end).normalised()

    def scene(self, rng: np.random.Generator, digit: int) -> Scene:
        """A digit of this owner's, held so that it can be read, as the camera sees it."""
        thin, bold = self.pens
        share = rng.random()
        pen = replace(
            thin,
            width=thin.width + (bold.width - thin.width) * share,
            pressure=rng.uniform(0.05, 0.25),
        )
        style = replace(
            Style.usual(rng),
            pen=pen,
            ink=rng.uniform(*self.ink),
            paper=self.paper,
            inverted=False,
            shade=rng.uniform(0.78, 0.98),
        )
        return sample_scene(rng, digit=digit, strokes=self.strokes(rng, digit), style=style)


def _leaning(points: np.ndarray, slant: float) -> np.ndarray:
    moved = points.copy()
    moved[:, 0] -= moved[:, 1] * np.float32(slant)
    return moved


OWNERS = (
    Owner(
        "crossed 7",
        glyphs=(0, 2, 0, 0, 4, 0, 0, 0, 0, 2),
        # The bar lies high and meets the hook.
        habits={7: "0,34 4,2! 54,0! 20,100 / -2,34 56,34"},
    ),
    Owner(
        "hooked 1",
        glyphs=(1, 0, 1, 1, 0, 1, 1, 0, 1, 0),
        # The upstroke is nearly as long as the stem, and the foot is a wave.
        habits={1: "0,84 38,0! 34,100 / 6,104 30,94 54,100 78,92"},
        paper="ruled",
    ),
    Owner(
        "open 4",
        glyphs=(2, 3, 5, 2, 0, 6, 1, 1, 2, 1),
        # A bowl with a long tail to the left: almost a y.
        habits={4: "0,0 2,30 22,46 52,36! 58,0! 52,70 30,100 4,96"},
    ),
    Owner("slanted", glyphs=(0, 5, 0, 4, 2, 2, 2, 7, 3, 2), slant=0.8),
    Owner(
        "thin pencil",
        glyphs=(3, 1, 3, 5, 1, 3, 3, 5, 4, 0),
        # The tail comes back to where it left.
        habits={9: "46,10 40,2 10,6 4,34 30,44 48,14! 40,60 10,100 -8,84 40,60"},
        pens=(Pen("pencil", 0.022, 0.2, 0.4), Pen("pencil", 0.034, 0.2, 0.6)),
        ink=(0.4, 0.65),
    ),
    Owner(
        "thick marker",
        glyphs=(4, 6, 4, 6, 4, 4, 4, 3, 0, 6),
        # What is open in them fills with ink.
        habits={
            6: "46,0 14,30 4,70 16,100 36,100 40,84 24,74 8,84",
            9: "40,12 30,2 12,8 10,24 28,30 42,14! 40,60 30,100",
        },
        pens=(Pen("marker", 0.2), Pen("marker", 0.27)),
        ink=(0.8, 1.0),
    ),
    Owner(
        "looped 2",
        glyphs=(1, 3, 1, 7, 2, 0, 0, 1, 1, 3),
        # A closed head, and a large loop at the foot.
        habits={2: "16,34 2,16 24,0 46,14 24,46 0,76 12,98 34,84 20,64 2,82 40,104"},
    ),
)
