"""Handwriting drawn by our own code: skeletons, pens, and bitmaps written anew.

A character starts as a skeleton of :mod:`core.glyphs`, is bent by a random hand, and is drawn
with a pen of any width. A 28x28 bitmap (an MNIST digit) is reduced to its skeleton first and
can then be written with any pen too, at camera resolution.

Between the two halves stands :class:`Strokes`: pieces of pen movement in any coordinates, so
that a caller may put them through a perspective before they are drawn.
"""

from __future__ import annotations

import itertools
from dataclasses import dataclass, replace
from functools import cache

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFilter

from core.glyphs import DIGITS, GLYPHS, LETTERS, LOOKALIKES, SYMBOLS
from core.skeleton import skeleton_graph
from core.tiles import grain_tile

Float = NDArray[np.float32]

DIGIT_CHARACTERS = tuple(DIGITS)
LETTER_CHARACTERS = tuple(LETTERS)
LOOKALIKE_CHARACTERS = tuple(LOOKALIKES)
SYMBOL_CHARACTERS = tuple(SYMBOLS)

PEN_KINDS = ("ballpoint", "felt", "marker", "pencil", "scribble", "chalk")


@dataclass(frozen=True)
class Pen:
    """What writes. Lengths are parts of the character's height.

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
        """A pen as people have it at hand; `kind` is one of PEN_KINDS or None for any."""
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
            return Pen(
                kind,
                0.07 * 2.3**u,
                pressure,
                rng.uniform(0.0, 0.7),
                0.0,
                int(rng.integers(3, 9)),
            )
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

    def normalised(self) -> Strokes:
        """Centred on the origin, height 1; lower where that would be very wide (a dash)."""
        left, top, right, bottom = self.box()
        scale = np.float32(1.0 / max(bottom - top, 0.62 * (right - left), 1e-6))
        centre = np.array([(left + right) / 2, (top + bottom) / 2], np.float32)
        return Strokes((self.start - centre) * scale, (self.end - centre) * scale, self.weight)


def character_strokes(
    rng: np.random.Generator,
    character: str,
    *,
    wildness: float = 1.0,
    variant: int | None = None,
) -> Strokes:
    """The strokes of a character as one random hand writes it, normalised to height 1.

    wildness scales how far the hand strays from the skeleton (0: not at all). variant picks a
    way of writing; None draws one by its weight. Raises KeyError for an unknown character.
    """
    weights, variants = _parsed(character)
    if variant is None:
        variant = int(np.searchsorted(weights, rng.random()))
    paths = [
        _smooth(_jittered(rng, points, wildness), corners)
        for points, corners in variants[min(variant, len(variants) - 1)]
    ]
    paths = _bent(rng, paths, wildness)
    return _join(rng, paths).normalised()


def bitmap_strokes(rng: np.random.Generator, ink: NDArray[np.generic]) -> Strokes | None:
    """The strokes behind a 28x28 bitmap (uint8 or float, ink high), normalised to height 1.

    None if the bitmap holds no line to follow.
    """
    nodes, edges = skeleton_graph(ink)
    if len(edges) < 3:
        return None
    start, end = nodes[edges[:, 0]], nodes[edges[:, 1]]
    phase = rng.uniform(0, 6.283, 2)
    wave = np.sin(start @ rng.normal(0, 0.12, 2) + phase[0])
    return Strokes(start, end, (1.0 + wave).astype(np.float32) - 1.0).normalised()


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


def draw_glyph(
    rng: np.random.Generator,
    character: str,
    size: int = 160,
    *,
    pen: Pen | None = None,
    variant: int | None = None,
    wildness: float = 1.0,
) -> Float:
    """One handwritten character on a square: float32 (size, size), ink = 1.

    characters: those of core.glyphs (digits, letters, symbols by name).
    """
    pen = pen or Pen.sample(rng)
    strokes = character_strokes(rng, character, wildness=wildness, variant=variant)
    return _draw_in_square(rng, strokes, pen, size)


def redraw_bitmap(
    rng: np.random.Generator,
    ink: NDArray[np.generic],
    size: int = 160,
    *,
    pen: Pen | None = None,
) -> Float:
    """A 28x28 bitmap written anew with a pen: float32 (size, size), ink = 1.

    The bitmap's line is reduced to its skeleton (Zhang and Suen 1984), smoothed, and drawn.
    Where there is no line to follow (a blank) the result is blank.
    """
    strokes = bitmap_strokes(rng, ink)
    if strokes is None:
        return np.zeros((size, size), np.float32)
    return _draw_in_square(rng, strokes, pen or Pen.sample(rng), size)


def enlarge_bitmap(
    rng: np.random.Generator, ink: NDArray[np.generic], size: int, *, bolder: float = 0.0
) -> Float:
    """A 28x28 bitmap at camera resolution with crisp edges: float32 (size, size), ink = 1.

    bolder moves the edge: about -0.3 (thinner) to 0.3 (thicker); 0 keeps the line's own width.
    """
    grey = np.asarray(ink, np.float32)
    if np.asarray(ink).dtype == np.uint8:
        grey = grey / np.float32(255)
    smooth = (
        Image.fromarray((grey * 255).astype(np.uint8))
        .resize((size, size), Image.Resampling.BICUBIC)
        .filter(ImageFilter.GaussianBlur(max(0.5, size / 28 * 0.45)))
    )
    field = np.asarray(smooth, np.float32) * np.float32(1 / 255)
    steep = np.float32(max(2.0, size / 28 * 1.2))
    return np.clip((field - np.float32(0.42 - bolder)) * steep + np.float32(0.5), 0.0, 1.0)


def _draw_in_square(rng: np.random.Generator, strokes: Strokes, pen: Pen, size: int) -> Float:
    left, top, right, bottom = strokes.box()
    extent = max(bottom - top, right - left) + 1.2 * pen.width
    scale = np.float32(size * rng.uniform(0.80, 0.94) / extent)
    middle = np.float32(size / 2)
    placed = replace(
        strokes, start=strokes.start * scale + middle, end=strokes.end * scale + middle
    )
    return draw_strokes(rng, placed, pen, float(pen.width * scale), (size, size))


@cache
def _parsed(
    character: str,
) -> tuple[Float, tuple[tuple[tuple[Float, tuple[int, ...]], ...], ...]]:
    """Cumulated weights, and per variant its strokes as (points (n, 2), corner indices)."""
    weights, variants = [], []
    for line in GLYPHS[character]:
        weight, text = line.split(":")
        weights.append(float(weight))
        strokes = []
        for stroke in text.split("/"):
            words = stroke.split()
            points = [[float(v) for v in word.rstrip("!").split(",")] for word in words]
            corners = tuple(i for i, word in enumerate(words) if word.endswith("!"))
            strokes.append((np.array(points, np.float32) / np.float32(100), corners))
        variants.append(tuple(strokes))
    total = np.cumsum(np.array(weights, np.float32))
    share: Float = total / total[-1]
    return share, tuple(variants)


def _jittered(rng: np.random.Generator, points: Float, wildness: float) -> Float:
    """Points moved a little; ends also overshoot or fall short along their stroke."""
    moved = points + rng.normal(0, 0.018 * wildness, points.shape).astype(np.float32)
    for end, inner in ((0, 1), (-1, -2)):
        reach = np.float32(np.clip(rng.normal(0.02, 0.07), -0.15, 0.25) * wildness)
        moved[end] += (points[end] - points[inner]) * reach
    return moved


_STEPS = np.linspace(0, 1, 8, endpoint=False, dtype=np.float32)
# Catmull-Rom basis: the curve's point at t is _BASIS[t] @ (previous, from, to, next).
_BASIS = (
    np.stack([np.ones_like(_STEPS), _STEPS, _STEPS**2, _STEPS**3], axis=1)
    @ np.array([[0, 2, 0, 0], [-1, 0, 1, 0], [2, -5, 4, -1], [-1, 3, -3, 1]], np.float32)
    / np.float32(2)
)


def _smooth(points: Float, corners: tuple[int, ...]) -> Float:
    """The polyline of the Catmull-Rom curve through points, broken at the corners."""
    parts = []
    marks = [0, *[c for c in corners if 0 < c < len(points) - 1], len(points) - 1]
    for first, last in itertools.pairwise(marks):
        piece = points[first : last + 1]
        padded = np.concatenate(
            [2 * piece[:1] - piece[1:2], piece, 2 * piece[-1:] - piece[-2:-1]]
        )
        windows = np.stack([padded[:-3], padded[1:-2], padded[2:-1], padded[3:]], axis=1)
        parts.append((_BASIS @ windows).reshape(-1, 2))
    parts.append(points[-1:])
    return np.concatenate(parts)


def _bent(rng: np.random.Generator, paths: list[Float], wildness: float) -> list[Float]:
    """The hand as a whole: slant, aspect, rotation, a slow wave over the character."""
    slant = rng.normal(-0.06, 0.17) * wildness
    angle = np.clip(rng.normal(0, 0.09), -0.26, 0.26) * wildness
    aspect = np.exp(np.clip(rng.normal(0, 0.2), -0.5, 0.5) * wildness)
    turn = np.array([[np.cos(angle), np.sin(angle)], [-np.sin(angle), np.cos(angle)]])
    matrix = (turn @ np.array([[aspect, slant], [0, 1]])).T.astype(np.float32)
    pull = rng.normal(0, 3.2, (2, 2)).astype(np.float32)
    phase = rng.uniform(0, 6.283, 2).astype(np.float32)
    depth = np.float32(0.022 * wildness)
    bent = []
    for path in paths:
        shift = rng.normal(0, 0.014 * wildness, 2).astype(np.float32)
        moved = path + np.sin(path @ pull + phase) * depth + shift
        bent.append((moved @ matrix).astype(np.float32))
    return bent


def _join(rng: np.random.Generator, paths: list[Float]) -> Strokes:
    """Polylines to pieces; the pen presses in slow waves, and differently at the two ends."""
    weights = []
    for path in paths:
        along = np.linspace(0, 1, len(path) - 1, dtype=np.float32)
        wave = np.sin(
            along * np.float32(rng.uniform(3, 14)) + np.float32(rng.uniform(0, 6.283))
        )
        taper = np.float32(rng.normal(0, 0.5)) * (along - np.float32(0.5))
        weights.append(np.clip(wave * np.float32(0.7) + taper, -1, 1).astype(np.float32))
    return Strokes(
        np.concatenate([path[:-1] for path in paths]),
        np.concatenate([path[1:] for path in paths]),
        np.concatenate(weights),
    )


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
        result.append(
            (
                (place + np.clip(wander, -width * 0.3, width * 0.3)).astype(np.float32),
                float(max(thin, 0.7)),
            )
        )
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
    """Each piece as a four-cornered bar and a round joint, on the enlarged canvas."""
    direction = strokes.end - strokes.start
    length = np.maximum(np.hypot(direction[:, 0], direction[:, 1]), np.float32(1e-3))
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
    caps = np.concatenate(
        [
            start - radius[:, None],
            start + radius[:, None],
            end - radius[:, None],
            end + radius[:, None],
        ],
        axis=1,
    )
    rounds = np.rint(caps - np.float32(0.5)).astype(np.int32).tolist()
    jointed = (radius > 1.2).tolist()
    for bar, cap, fill, joint in zip(bars, rounds, fills, jointed, strict=True):
        if joint:
            draw.polygon(bar, fill=fill)
            draw.ellipse(cap[:4], fill=fill)
            draw.ellipse(cap[4:], fill=fill)
        else:
            draw.line(
                [
                    (bar[0] + bar[6]) // 2,
                    (bar[1] + bar[7]) // 2,
                    (bar[2] + bar[4]) // 2,
                    (bar[3] + bar[5]) // 2,
                ],
                fill=fill,
                width=max(1, round(thickness * factor)),
            )
