"""Simulated sheets with rows of several digits, for measuring how rows are read.

Paper, pens, light and camera are those of :mod:`core.synthesis.scene`. Digits stand side by
side: nearly on a line, nearly of one height, with gaps between them.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from core.synthesis.pen import Strokes
from core.synthesis.scene import sample_scene
from core.synthesis.strokes import character_strokes
from core.synthesis.style import Style, between, chance
from core.vision import Frame

SIZES = ((240, 320), (240, 320), (480, 640), (480, 640), (640, 480))

LONGEST = 6
"""A row has at most this many digits."""

BROADEST_PEN = 0.15
"""Pens are at most this wide, in heights of a digit: nobody writes rows with broader ones."""


@dataclass(frozen=True)
class RowScene:
    """frame: uint8 (h, w), 0 = black. rows: the digits on it, top to bottom."""

    frame: Frame
    rows: tuple[str, ...]
    note: str


def sample_rows(
    rng: np.random.Generator,
    rows: tuple[str, ...] | None = None,
    *,
    size: tuple[int, int] | None = None,
    style: Style | None = None,
) -> RowScene:
    """One simulated photograph of a sheet with rows of digits.

    rows: what to write, or None for one to three rows of one to six digits each. size:
    (height, width), or None to draw one as cameras have. style: None draws one;
    marks that belong to a single digit (underline, box, neighbours, specks) are left out.
    """
    if rows is None:
        count = int(np.searchsorted((0.6, 0.85), rng.random())) + 1
        rows = tuple(_number(rng) for _ in range(count))
    if style is None:
        style = Style.sample(rng, crop=False)
    if size is None:
        size = SIZES[int(rng.integers(0, len(SIZES)))]
    gap = between(rng, 0.15, 0.6)
    pitch = between(rng, 1.35, 2.1)
    ragged = between(rng, 0.0, 0.06)
    broad = min(style.pen.width, BROADEST_PEN)
    for _ in range(2):
        # The same pen is broader against smaller digits, and those need more room.
        lines = [_row(rng, digits, gap + broad, ragged) for digits in rows]
        strokes = _stacked(rng, lines, pitch + broad)
        left, top, right, bottom = strokes.box()
        fitting = 0.9 * size[1] / size[0] / (right - left + broad)
        height = min(style.height, fitting, 0.9 / (bottom - top + broad))
        broad = min(style.pen.width * max(1.0, style.height / height), BROADEST_PEN)
    around = float(np.hypot(right, bottom))
    row_style = replace(
        style,
        pen=replace(style.pen, width=broad),
        height=height * (bottom - top + broad),
        # With more tilt the ends of a long row would leave the frame.
        tilt=min(style.tilt, 0.08),
        edge=None if style.edge is None else style.edge + around,
        underline=False,
        frame=False,
        neighbours=0,
        specks=0,
    )
    scene = sample_scene(rng, strokes=strokes, digit=None, size=size, style=row_style)
    return RowScene(scene.frame, rows, scene.note)


def _number(rng: np.random.Generator) -> str:
    length = int(rng.integers(1, LONGEST + 1))
    return "".join(str(digit) for digit in rng.integers(0, 10, length))


def _row(rng: np.random.Generator, digits: str, gap: float, ragged: float) -> Strokes:
    """Digits about 1 high from x = 0 to the right, their feet about on y = 0."""
    parts, place = [], 0.0
    for digit in digits:
        strokes = character_strokes(rng, digit)
        height = np.float32(between(rng, 0.85, 1.15))
        # A hand goes on as far as the digit before needed, never quite evenly.
        left, _, right, bottom = (float(height) * side for side in strokes.box())
        # A 1 is written with as much room as a digit of some width.
        lean = max(0.0, 0.3 - (right - left)) / 2
        move = np.array([place - left + lean, rng.normal(0, ragged) - bottom])
        parts.append(strokes.moved(height, move))
        place += right - left + 2 * lean + gap * between(rng, 0.7, 1.4)
    return Strokes.joined(parts)


def _stacked(rng: np.random.Generator, lines: list[Strokes], pitch: float) -> Strokes:
    """Rows below each other, with a common margin or centred, around the origin."""
    centred = chance(rng, 0.3)
    parts = []
    for number, line in enumerate(lines):
        _, _, right, _ = line.box()
        indent = -right / 2 if centred else between(rng, -0.15, 0.15)
        parts.append(line.moved(1, np.array([indent, number * pitch])))
    rows = Strokes.joined(parts)
    left, top, right, bottom = rows.box()
    return rows.moved(1, -np.array([(left + right) / 2, (top + bottom) / 2]))
