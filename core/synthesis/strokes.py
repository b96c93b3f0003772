"""Strokes of handwritten characters: from written-down skeletons, or from 28x28 bitmaps.

A character starts as a skeleton of :mod:`core.synthesis.glyphs`, and is varied as hands vary. A
bitmap (an MNIST digit) is reduced to its skeleton. Either gives
:class:`core.synthesis.pen.Strokes`, which can be put through a perspective and drawn with any
pen at camera resolution.
"""

from __future__ import annotations

import itertools
from dataclasses import replace
from functools import cache

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageFilter

from core.synthesis.glyphs import GLYPHS, LETTERS, LOOKALIKES, SYMBOLS
from core.synthesis.pen import Pen, Strokes, draw_strokes
from core.synthesis.skeleton import skeleton_graph

Float = NDArray[np.float32]

_Skeleton = tuple[tuple[Float, tuple[int, ...]], ...]

LETTER_CHARACTERS = tuple(LETTERS)
LOOKALIKE_CHARACTERS = tuple(LOOKALIKES)
SYMBOL_CHARACTERS = tuple(SYMBOLS)


def character_strokes(
    rng: np.random.Generator,
    character: str,
    *,
    wildness: float = 1.0,
    variant: int | None = None,
) -> Strokes:
    """The strokes of a character in a random handwriting, normalised to height 1.

    wildness scales the deviation from the skeleton (0: none). variant is the index of one of
    the character's glyphs; None draws one by its weight. Raises KeyError for an unknown
    character.
    """
    weights, variants = _parsed(character)
    if variant is None:
        variant = int(np.searchsorted(weights, rng.random()))
    return _varied(rng, variants[min(variant, len(variants) - 1)], wildness)


def skeleton_strokes(
    rng: np.random.Generator, skeleton: str, *, wildness: float = 1.0
) -> Strokes:
    """As :func:`character_strokes`, for a skeleton given as text.

    The text is a line of core.synthesis.glyphs without its weight.
    """
    return _varied(rng, _skeleton(skeleton), wildness)


def _varied(rng: np.random.Generator, skeleton: _Skeleton, wildness: float) -> Strokes:
    paths = [_smooth(_jittered(rng, points, wildness), corners) for points, corners in skeleton]
    paths = _deformed(rng, paths, wildness)
    return _join(rng, paths).normalised()


def bitmap_strokes(rng: np.random.Generator, ink: NDArray[np.generic]) -> Strokes | None:
    """The strokes of a 28x28 bitmap (uint8 or float, ink high), normalised to height 1.

    None if the bitmap has no line.
    """
    nodes, edges = skeleton_graph(ink)
    if len(edges) < 3:
        return None
    start, end = nodes[edges[:, 0]], nodes[edges[:, 1]]
    phase = rng.uniform(0, 6.283, 2)
    wave = np.sin(start.astype(np.float64) @ rng.normal(0, 0.12, 2) + phase[0])
    return Strokes(start, end, wave.astype(np.float32)).normalised()


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

    characters: those of core.synthesis.glyphs (digits, letters, symbols by name).
    """
    pen = pen or Pen.sample(rng)
    strokes = character_strokes(rng, character, wildness=wildness, variant=variant)
    left, top, right, bottom = strokes.box()
    extent = max(bottom - top, right - left) + 1.2 * pen.width
    scale = np.float32(size * rng.uniform(0.80, 0.94) / extent)
    placed = strokes.moved(scale, np.full(2, size / 2))
    return draw_strokes(rng, placed, pen, float(pen.width * scale), (size, size))


def enlarge_bitmap(ink: NDArray[np.generic], size: int, *, bolder: float = 0.0) -> Float:
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
    crisp = (field - np.float32(0.42 - bolder)) * steep + np.float32(0.5)
    return np.asarray(np.clip(crisp, 0.0, 1.0), np.float32)


@cache
def _parsed(character: str) -> tuple[Float, tuple[_Skeleton, ...]]:
    """Cumulated weights, and per variant its strokes as (points (n, 2), corner indices)."""
    weights, variants = [], []
    for line in GLYPHS[character]:
        weight, text = line.split(":")
        weights.append(float(weight))
        variants.append(_skeleton(text))
    total = np.cumsum(np.array(weights, np.float32))
    share: Float = total / total[-1]
    return share, tuple(variants)


@cache
def _skeleton(text: str) -> _Skeleton:
    strokes = []
    for stroke in text.split("/"):
        words = stroke.split()
        points = [[float(v) for v in word.rstrip("!").split(",")] for word in words]
        corners = tuple(i for i, word in enumerate(words) if word.endswith("!"))
        strokes.append((np.array(points, np.float32) / np.float32(100), corners))
    return tuple(strokes)


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


def _deformed(rng: np.random.Generator, paths: list[Float], wildness: float) -> list[Float]:
    """Slant, aspect, rotation and a slow wave, the same for all strokes of a character."""
    slant = rng.normal(-0.06, 0.17) * wildness
    angle = np.clip(rng.normal(0, 0.09), -0.26, 0.26) * wildness
    aspect = np.exp(np.clip(rng.normal(0, 0.2), -0.5, 0.5) * wildness)
    turn = np.array([[np.cos(angle), np.sin(angle)], [-np.sin(angle), np.cos(angle)]])
    matrix = (turn @ np.array([[aspect, slant], [0, 1]])).T
    pull = rng.normal(0, 3.2, (2, 2))
    phase = rng.uniform(0, 6.283, 2)
    bent = []
    # In double precision, rounded at the end: numpy's float32 sine differs between releases,
    # and the same seed shall draw the same digit with each of them.
    for path in paths:
        shift = rng.normal(0, 0.014 * wildness, 2)
        moved = (
            path + np.sin(path.astype(np.float64) @ pull + phase) * (0.022 * wildness) + shift
        )
        bent.append((moved @ matrix).astype(np.float32))
    return bent


def _join(rng: np.random.Generator, paths: list[Float]) -> Strokes:
    """The strokes along polylines; pressure varies in slow waves and from end to end."""
    weights = []
    for path in paths:
        along = np.linspace(0, 1, len(path) - 1)
        wave = np.sin(along * rng.uniform(3, 14) + rng.uniform(0, 6.283))
        taper = rng.normal(0, 0.5) * (along - 0.5)
        weights.append(np.clip(wave * 0.7 + taper, -1, 1).astype(np.float32))
    return replace(
        Strokes.joined([Strokes.along(path) for path in paths]), weight=np.concatenate(weights)
    )
