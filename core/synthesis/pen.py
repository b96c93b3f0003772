"""Pen and Strokes: pen movement in any coordinates, drawn with a pen of any width.

A :class:`Pen` is anything from a hairline to a marker. :func:`draw_strokes` draws at a frame's
resolution.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFilter

from core.synthesis.noise import grain_tile

Float = NDArray[np.float32]


PEN_KINDS = ("ballpoint", "felt", "marker", "pencil", "scribble", "chalk")


@dataclass(frozen=True)
class Pen:
    """A pen. Lengths are in heights of the character.

    width: thickness of the line, 0.015 (hairline) to 0.22 (marker).
    pressure: how much the width varies along a stroke, 0..1.
    grain: how much of the paper's tooth shows through, 0..1 (pencil, chalk).
    skip: chance that a piece of stroke is left faint, 0..1 (a ballpoint running dry).
    passes: how many times each stroke is drawn; more than 1 is a scribbled, thick line.
    """

    kind: str = "felt"
    width: float = 0.06
    pressure: float = 0.15
    grain: float = 0.0
    skip: float = 0.0
    passes: int = 1

    @staticmethod
    def sample(rng: np.random.Generator, kind: str | None = None) -> Pen:
        """A random pen, as common as it is; `kind` is one of PEN_KINDS or None for any."""
        if kind is None:
            kind = PEN_KINDS[int(np.searchsorted((0.34, 0.55, 0.68, 0.90, 0.97), rng.random()))]
        u, pressure = rng.random(), rng.uniform(0.0, 0.35)
        if kind == "ballpoint":
            skip = 0.10 * rng.random() if rng.random() < 0.3 else 0.0
            return Pen(kind, 0.014 * 4.0**u, pressure, 0.25 * rng.random(), skip)
        if kind == "felt":
            return Pen(kind, 0.035 * 2.6**u, pressure)
        if kind == "marker":
            return Pen(kind, 0.08 * 2.6**u, pressure * 0.6)
        if kind == "pencil":
            return Pen(kind, 0.022 * 4.0**u, pressure, rng.uniform(0.25, 0.85))
        if kind == "scribble":
            grain = rng.uniform(0.0, 0.7)
            return Pen(kind, 0.07 * 2.3**u, pressure, grain, 0.0, int(rng.integers(3, 9)))
        return Pen("chalk", 0.035 * 3.2**u, pressure, rng.uniform(0.3, 0.9))


@dataclass(frozen=True)
class Strokes:
    """Pen movement as straight pieces: piece i goes from start[i] to end[i].

    start, end: (n, 2) float32, x and y. weight: (n,) float32, relative pen width at the piece.
    """

    start: Float
    end: Float
    weight: Float

    def box(self) -> tuple[float, float, float, float]:
        """Left, top, right, bottom of the pen's path (without the pen's own width)."""
        low = np.minimum(self.start.min(axis=0), self.end.min(axis=0))
        high = np.maximum(self.start.max(axis=0), self.end.max(axis=0))
        return float(low[0]), float(low[1]), float(high[0]), float(high[1])

    def moved(self, scale: float | np.float32, shift: NDArray[np.floating]) -> Strokes:
        """The strokes scaled about the origin, then shifted by (x, y)."""
        size, place = np.float32(scale), np.asarray(shift, np.float32)
        return Strokes(self.start * size + place, self.end * size + place, self.weight)

    @staticmethod
    def joined(parts: Sequence[Strokes]) -> Strokes:
        """All strokes of the parts, one after the other."""
        return Strokes(
            np.concatenate([part.start for part in parts]),
            np.concatenate([part.end for part in parts]),
            np.concatenate([part.weight for part in parts]),
        )

    @staticmethod
    def along(points: NDArray[np.floating]) -> Strokes:
        """The stroke through points (n, 2), of even weight."""
        path = np.asarray(points, np.float32)
        return Strokes(path[:-1], path[1:], np.zeros(len(path) - 1, np.float32))

    def normalised(self) -> Strokes:
        """Centred on the origin, height 1; less where that would be very wide (a dash)."""
        left, top, right, bottom = self.box()
        scale = np.float32(1.0 / max(bottom - top, 0.62 * (right - left), 1e-6))
        centre = np.array([(left + right) / 2, (top + bottom) / 2], np.float32)
        return Strokes((self.start - centre) * scale, (self.end - centre) * scale, self.weight)


def draw_strokes(
    rng: np.random.Generator, strokes: Strokes, pen: Pen, width: float, shape: tuple[int, int]
) -> Float:
    """Draw strokes given in pixels with a pen `width` pixels wide.

    Returns float32 of `shape` (height, width), 0 = bare paper, 1 = full ink.
    """
    height, across = shape
    fine = width < 3.5 and max(shape) <= 420
    factor = 4 if fine else (2 if max(shape) > 90 or width > 3.5 else 4)
    canvas = Image.new("L", (across * factor, height * factor))
    draw = ImageDraw.Draw(canvas)
    for offset, thickness in _passes(rng, strokes, pen, width):
        _draw_pass(rng, draw, strokes, offset, thickness, pen, factor)
    canvas = canvas.reduce(factor)
    if width > 5 and pen.kind in ("felt", "marker"):
        canvas = canvas.filter(ImageFilter.GaussianBlur(min(1.2, width * 0.05)))
    ink = np.asarray(canvas, np.float32) * np.float32(1 / 255)
    if pen.grain > 0:
        tooth = grain_tile(rng, shape, coarse=width > 7)
        ink = np.clip(
            ink * np.float32(1.0 + 0.5 * pen.grain) - np.float32(pen.grain) * tooth * (ink > 0),
            0.0,
            1.0,
        )
    return ink


def _passes(
    rng: np.random.Generator, strokes: Strokes, pen: Pen, width: float
) -> list[tuple[Float, float]]:
    """Offset across the stroke and thickness for each time the pen goes over it."""
    still = np.zeros(len(strokes.start), np.float32)
    if pen.passes <= 1:
        return [(still, width)]
    thin = width / pen.passes * rng.uniform(1.0, 1.7)
    places = np.linspace(-0.5, 0.5, pen.passes) * (width - thin)
    result = []
    for place in places:
        wander = np.cumsum(rng.normal(0, 0.04 * width, len(still)))
        wander -= np.linspace(wander[0], wander[-1], len(still))
        offset = place + np.clip(wander, -width * 0.3, width * 0.3)
        result.append((offset.astype(np.float32), float(max(thin, 0.7))))
    return result


def _draw_pass(
    rng: np.random.Generator,
    draw: ImageDraw.ImageDraw,
    strokes: Strokes,
    offset: Float,
    thickness: float,
    pen: Pen,
    factor: int,
) -> None:
    """Draw each piece as a four-cornered bar with round ends, on the enlarged canvas."""
    direction = strokes.end - strokes.start
    length = np.maximum(np.sqrt((direction * direction).sum(axis=1)), np.float32(1e-3))
    normal = np.stack([-direction[:, 1], direction[:, 0]], axis=1) / length[:, None]
    radius = np.maximum(
        np.float32(thickness * factor / 2) * (1 + np.float32(pen.pressure) * strokes.weight),
        0.7,
    )
    start = strokes.start * factor + normal * (offset * factor)[:, None]
    end = strokes.end * factor + normal * (offset * factor)[:, None]
    side = normal * radius[:, None]
    corners = np.concatenate([start + side, end + side, end - side, start - side], axis=1)
    bars = np.rint(corners - np.float32(0.5)).astype(np.int32).tolist()
    level = 255 - 50 * rng.random()
    levels = np.clip(level + 25 * strokes.weight * pen.pressure, 0, 255)
    if pen.skip > 0:
        faint = np.repeat(rng.random(len(bars) // 4 + 1) < pen.skip, 4)[: len(bars)]
        levels = np.where(faint, levels * rng.uniform(0.0, 0.6), levels)
    fills = levels.astype(np.int32).tolist()
    across = radius[:, None]
    caps = np.concatenate([start - across, start + across, end - across, end + across], axis=1)
    rounds = np.rint(caps - np.float32(0.5)).astype(np.int32).tolist()
    jointed = (radius > 1.2).tolist()
    for bar, cap, fill, joint in zip(bars, rounds, fills, jointed, strict=True):
        if joint:
            draw.polygon(bar, fill=fill)
            draw.ellipse(cap[:4], fill=fill)
            draw.ellipse(cap[4:], fill=fill)
        else:
            pairs = ((0, 6), (1, 7), (2, 4), (3, 5))
            middle = [(bar[one] + bar[other]) // 2 for one, other in pairs]
            draw.line(middle, fill=fill, width=max(1, round(thickness * factor)))
