"""Simulated sheets with rows of several digits, for measuring how rows are read.

Paper, pens, light and camera are those of :mod:`core.synthesis.scene`; here the digits are set
side by side as a hand does: nearly on a line, nearly as high as each other, with gaps between.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from core.synthesis.camera_model import Frame
from core.synthesis.pen import Strokes
from core.synthesis.scene import sample_scene
from core.synthesis.strokes import character_strokes
from core.synthesis.style import Style, between, chance

SIZES = ((240, 320), (240, 320), (480, 640), (480, 640), (640, 480))

LONGEST = 6
"""Digits in a row at most."""

BROADEST_PEN = 0.15
"""Width of the pen in heights of a digit beyond which nobody writes digits side by side."""


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
    (height, width), or None to draw one as cameras have. style: the look, or None to draw one;
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
    look = replace(
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
    scene = sample_scene(rng, strokes=strokes, digit=None, size=size, style=look)
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
        move = np.array([place - left + lean, rng.normal(0, ragged) - bottom], np.float32)
        parts.append(
            Strokes(strokes.start * height + move, strokes.end * height + move, strokes.weight)
        )
        place += right - left + 2 * lean + gap * between(rng, 0.7, 1.4)
    return _joined(parts)


def _stacked(rng: np.random.Generator, lines: list[Strokes], pitch: float) -> Strokes:
    """Rows under each other, begun about the same margin or centred, about the origin."""
    centred = chance(rng, 0.3)
    parts = []
    for number, line in enumerate(lines):
        _, _, right, _ = line.box()
        indent = -right / 2 if centred else between(rng, -0.15, 0.15)
        move = np.array([indent, number * pitch], np.float32)
        parts.append(Strokes(line.start + move, line.end + move, line.weight))
    whole = _joined(parts)
    left, top, right, bottom = whole.box()
    middle = np.array([(left + right) / 2, (top + bottom) / 2], np.float32)
    return Strokes(whole.start - middle, whole.end - middle, whole.weight)


def _joined(parts: list[Strokes]) -> Strokes:
    return Strokes(
        np.concatenate([part.start for part in parts]),
        np.concatenate([part.end for part in parts]),
        np.concatenate([part.weight for part in parts]),
    )
