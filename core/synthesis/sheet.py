"""Sheet and Pose: the marks on a sheet of paper, and how it lies before the camera.

Everything on the sheet is in sheet coordinates: x to the right, y down, the digit's middle at
the origin, its height 1. A :class:`Pose` takes them to pixels through a perspective.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from core.synthesis.pen import Strokes
from core.synthesis.strokes import character_strokes
from core.synthesis.style import Style, between, chance

Float = NDArray[np.float32]


Line = tuple[float, float, float, float]


_FAR = 12.0
"""Outside any frame, in heights of the digit: the digit is at least a tenth of the frame."""

_SHOWING = "adehkmnprvwx23456789"
"""Characters that show through from the other side."""


@dataclass(frozen=True)
class Pose:
    """Where the sheet lies in the frame.

    centre: pixels at which the sheet's origin lies; scale: pixels per digit height; angle:
    radians; lean: the perspective's two terms, per pixel from the centre.
    """

    centre: tuple[float, float]
    scale: float
    angle: float = 0.0
    lean: tuple[float, float] = (0.0, 0.0)

    def to_frame(self, points: NDArray[np.floating]) -> Float:
        """(n, 2) points on the sheet to (n, 2) pixels."""
        cosine, sine = np.cos(self.angle) * self.scale, np.sin(self.angle) * self.scale
        x = points[:, 0] * cosine - points[:, 1] * sine
        y = points[:, 0] * sine + points[:, 1] * cosine
        # Never behind the camera, however far out on the sheet.
        depth = np.maximum(1.0 + self.lean[0] * x + self.lean[1] * y, 0.25)
        return np.stack(
            [x / depth + self.centre[0], y / depth + self.centre[1]], axis=1
        ).astype(np.float32)


@dataclass(frozen=True)
class Sheet:
    """The marks on a sheet, in sheet coordinates.

    lines: groups of straight lines, each with its width and darkness. stray: marks and pieces
    of writing, each with its width and darkness. corners: of the page, float32 (4, 2), or None
    if it ends beyond the frame. rings: of the binding, float32 (n, 2), or None.
    showing_through: writing on the other side.
    """

    lines: tuple[tuple[tuple[Line, ...], float, float], ...]
    stray: tuple[tuple[Strokes, float, float], ...]
    corners: Float | None
    rings: Float | None
    showing_through: tuple[Strokes, ...]


def sample_sheet(rng: np.random.Generator, style: Style) -> Sheet:
    """A random sheet of this style: printed lines, stray marks, bleed-through, page edge."""
    lines: list[tuple[tuple[Line, ...], float, float]] = []
    if style.paper != "plain":
        lines.extend(_ruling(rng, style))
    if style.margin_line:
        x = between(rng, -2.2, -0.75) * (1 if chance(rng, 0.8) else -1)
        lines.append((((x, -_FAR, x, _FAR),), 0.012, min(1.0, style.line_ink * 1.4)))
    if style.underline:
        y = between(rng, 0.58, 0.75)
        start, end = between(rng, -0.6, -0.3), between(rng, 0.3, 0.6)
        line = (start, y, end, y + between(rng, -0.05, 0.05))
        lines.append(((line,), style.pen.width, style.ink))
    if style.frame:
        lines.append((_box_round(rng), between(rng, 0.02, 0.08), 0.9))
    corners = rings = None
    if style.edge is not None:
        corners = _corners(rng, style)
        if style.binding:
            count = int(rng.integers(12, 30))
            along = np.linspace(0.02, 0.98, count)[:, None]
            rings = (corners[0] + (corners[1] - corners[0]) * along).astype(np.float32)
    through: list[Strokes] = []
    if style.bleed:
        for _ in range(int(rng.integers(4, 14))):
            letter = _SHOWING[int(rng.integers(0, len(_SHOWING)))]
            mark = character_strokes(rng, letter)
            mirror = np.array([-1.0, 1.0], np.float32)
            size = np.float32(between(rng, 0.2, 0.7))
            place = rng.uniform(-1.6, 1.6, 2).astype(np.float32)
            mark = replace(mark, start=mark.start * mirror, end=mark.end * mirror)
            through.append(mark.moved(size, place))
    return Sheet(tuple(lines), tuple(_stray(rng, style)), corners, rings, tuple(through))


def _ruling(
    rng: np.random.Generator, style: Style
) -> list[tuple[tuple[Line, ...], float, float]]:
    spacing = max(style.spacing, 0.12)
    first = between(rng, 0.0, spacing)
    width = between(rng, 0.006, 0.022)
    places = np.arange(first - spacing * np.ceil(4.5 / spacing), 4.5, spacing).tolist()
    level = tuple((-_FAR, y, _FAR, y) for y in places)
    upright = tuple((x, -_FAR, x, _FAR) for x in places)
    if style.paper == "ruled":
        return [(upright if chance(rng, 0.2) else level, width, style.line_ink)]
    if style.paper == "squared":
        return [(level + upright, width, style.line_ink)]
    # "dotted": a coarse square grid with finer upright lines of dots between.
    step = spacing / 3.7
    dots = tuple(
        (x, y, x, y + 0.012)
        for x in np.arange(-2.2, 2.2, step).tolist()
        for y in np.arange(-1.8, 1.8, 0.05).tolist()
    )
    return [(level + upright, width, style.line_ink), (dots, width, style.line_ink)]


def _box_round(rng: np.random.Generator) -> tuple[Line, ...]:
    left, top = -between(rng, 0.6, 1.0), -between(rng, 0.65, 1.0)
    right, bottom = between(rng, 0.6, 1.0), between(rng, 0.65, 1.0)
    return (
        (left, top, right, top),
        (right, top, right, bottom),
        (right, bottom, left, bottom),
        (left, bottom, left, top),
    )


def _corners(rng: np.random.Generator, style: Style) -> Float:
    """The page: one or two sides near, the others far away. From the top left, clockwise."""
    edge = style.edge or 1.0
    far = [_FAR] * 4
    far[0 if style.binding else int(rng.integers(0, 4))] = edge
    if chance(rng, 0.5):
        far[int(rng.integers(0, 4))] = edge * between(rng, 1.0, 1.6)
    top, right, bottom, left = far
    skew = rng.normal(0, 0.02, 4)
    return np.array(
        [
            [-left, -top * (1 + skew[0])],
            [right, -top * (1 + skew[1])],
            [right * (1 + skew[2]), bottom],
            [-left * (1 + skew[3]), bottom],
        ],
        np.float32,
    )


def _stray(rng: np.random.Generator, style: Style) -> list[tuple[Strokes, float, float]]:
    """Specks all over, and neighbouring writing outside the digit: (strokes, width, ink)."""
    marks = []
    for _ in range(style.specks):
        place = rng.uniform(-1.6, 1.6, 2)
        if np.hypot(*place) < 0.75:
            continue
        step = rng.normal(0, 0.03, 2)
        speck = Strokes.along(np.stack([place, place + step]))
        marks.append((speck, between(rng, 0.01, 0.05), between(rng, 0.2, 1.0) * style.ink))
    for _ in range(style.neighbours):
        angle = between(rng, 0, 6.283)
        away = np.array([np.cos(angle), np.sin(angle)], np.float32)
        away *= np.float32(between(rng, 1.0, 1.5))
        strokes = character_strokes(rng, "aehnrkmux"[int(rng.integers(0, 9))])
        size = np.float32(between(rng, 0.25, 0.6))
        marks.append((strokes.moved(size, away), style.pen.width * 0.7, style.ink))
    return marks
