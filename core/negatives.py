"""What is not a digit: training and test pictures for the eleventh class.

:func:`sample_negative` gives whole frames, so that they meet the same digitising as digits do;
:func:`spoil` makes negatives of a batch of 28x28 digits: halves, two on one place, cut ones.
Letters that a reader could take for a digit (O, l, Z, S, ...) are a kind of their own,
"lookalike", which is not in KINDS and is never drawn unless asked for: nobody can say that such
a picture is not a digit.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFilter

from core.camera_model import Frame, expose, illumination
from core.paper import table_texture
from core.scene import sample_scene, sample_size
from core.strokes import (
    LETTER_CHARACTERS,
    LOOKALIKE_CHARACTERS,
    SYMBOL_CHARACTERS,
    Strokes,
    character_strokes,
)
from core.style import Style, between, chance
from core.tiles import noise_tile

Float = NDArray[np.float32]

KINDS = (
    "empty",
    "ruled",
    "squared",
    "shadow",
    "page_edge",
    "letter",
    "word",
    "symbol",
    "punctuation",
    "scribble",
    "partial",
    "lines",
    "texture",
    "hand",
    "object",
    "cable",
)
LOOKALIKE = "lookalike"


@dataclass(frozen=True)
class Negative:
    """frame: uint8 (h, w). kind: one of KINDS, or "lookalike"."""

    frame: Frame
    kind: str


def sample_negative(
    rng: np.random.Generator,
    kind: str | None = None,
    *,
    size: tuple[int, int] | None = (240, 320),
) -> Negative:
    """A frame without a digit. kind None draws one of KINDS; size None draws one too.

    Raises ValueError for an unknown kind.
    """
    if kind is None:
        kind = KINDS[int(rng.integers(0, len(KINDS)))]
    if kind in _PAPERS:
        return Negative(_paper(rng, kind, size), kind)
    if kind in _STROKES:
        style = Style.sample(rng)
        scene = sample_scene(rng, strokes=_STROKES[kind](rng), size=size, style=style)
        return Negative(scene.frame, kind)
    if kind in _THINGS:
        return Negative(_thing(rng, kind, size), kind)
    known = ", ".join((*KINDS, LOOKALIKE))
    raise ValueError(f"no kind of negative is called {kind!r}: use one of {known}")


def spoil(
    images: NDArray[np.generic], labels: NDArray[np.generic], rng: np.random.Generator
) -> Float:
    """Pictures that are digits no longer, one from each of a batch of digits.

    images: (n, 28, 28) uint8 or float 0..1, unchanged; labels: (n,), what they show, since half a
    1 is a 1 and the upper half of a 9 is a 0. Returns float32 (n, 28, 28), 0..1: a half, two laid
    over each other, or two side by side, moved to the middle and enlarged as digitising would do.
    """
    ink = np.asarray(images, np.float32)
    if np.asarray(images).dtype == np.uint8:
        ink = ink * np.float32(1 / 255)
    partner = rng.integers(0, len(ink), len(ink))
    out = np.empty_like(ink)
    for index, image in enumerate(ink):
        other = ink[partner[index]]
        piece: Float | None = None
        way = rng.random()
        if way < 0.5:
            piece = _half(rng, image, int(labels[index]))
        if piece is None and way < 0.8 and 1 not in (labels[index], labels[partner[index]]):
            piece = _overlaid(rng, image, other)
        out[index] = _framed(_side_by_side(rng, image, other) if piece is None else piece)
    return out


# The halves that nobody reads as a digit: the side that is kept, and of which digits.
_HALVES = {"top": "05", "bottom": "0235", "left": "025", "right": "0256"}


def _half(rng: np.random.Generator, image: Float, label: int) -> Float | None:
    """One half, or None where it could still be read, or is a bare stroke."""
    sides = [side for side, digits in _HALVES.items() if str(label) in digits]
    rows = np.nonzero((image > 0.3).any(axis=1))[0]
    columns = np.nonzero((image > 0.3).any(axis=0))[0]
    if not sides or len(rows) < 6 or len(columns) < 6:
        return None
    side = sides[int(rng.integers(0, len(sides)))]
    share = between(rng, 0.36, 0.48)
    part = image.copy()
    row = round(rows[0] + share * len(rows))
    column = round(columns[0] + share * len(columns))
    if side == "top":
        part[row:] = 0
    elif side == "bottom":
        part[: rows[0] + rows[-1] - row] = 0
    elif side == "left":
        part[:, column:] = 0
    else:
        part[:, : columns[0] + columns[-1] - column] = 0
    high = int((part > 0.3).any(axis=1).sum())
    wide = int((part > 0.3).any(axis=0).sum())
    return part if high and wide > 0.38 * high else None


def _overlaid(rng: np.random.Generator, image: Float, other: Float) -> Float | None:
    """Two digits in one place, one of them turned; None if they hide each other."""
    turned = np.roll(np.rot90(other, int(rng.integers(1, 4))), int(rng.integers(-5, 6)), axis=1)
    both = np.maximum(image, turned)
    return both if both.sum() > 1.35 * max(image.sum(), turned.sum()) else None


def _side_by_side(rng: np.random.Generator, image: Float, other: Float) -> Float:
    wide = np.zeros((28, 56), np.float32)
    gap = int(rng.integers(13, 22))
    wide[:, :28] = image
    wide[:, gap : gap + 28] = np.maximum(wide[:, gap : gap + 28], other)
    return wide


def _framed(part: Float) -> Float:
    """The ink enlarged to 20 pixels and its middle put to the middle: (28, 28) float32."""
    result = np.zeros((28, 28), np.float32)
    rows = np.nonzero((part > 0.2).any(axis=1))[0]
    columns = np.nonzero((part > 0.2).any(axis=0))[0]
    if not len(rows):
        return result
    piece = part[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]
    scale = 20 / max(piece.shape)
    width = max(1, round(piece.shape[1] * scale))
    height = max(1, round(piece.shape[0] * scale))
    large = Image.fromarray((piece * 255).astype(np.uint8)).resize(
        (width, height), Image.Resampling.BILINEAR
    )
    top, left = (28 - height) // 2, (28 - width) // 2
    result[top : top + height, left : left + width] = np.asarray(
        large, np.float32
    ) / np.float32(255)
    return result


# --- paper with nothing written on it -----------------------------------------------------------

_PAPERS = ("empty", "ruled", "squared", "shadow", "page_edge")


def _paper(rng: np.random.Generator, kind: str, size: tuple[int, int] | None) -> Frame:
    style = replace(Style.sample(rng), underline=False, frame=False, neighbours=0)
    if kind == "empty":
        style = replace(style, paper="plain", specks=int(rng.integers(0, 12)))
    elif kind == "ruled":
        style = replace(
            style, paper="ruled", margin_line=chance(rng, 0.4), line_ink=between(rng, 0.1, 0.8)
        )
    elif kind == "squared":
        style = replace(
            style,
            paper="squared" if chance(rng, 0.8) else "dotted",
            line_ink=between(rng, 0.1, 0.8),
        )
    elif kind == "shadow":
        style = replace(
            style,
            paper="plain",
            shadow=between(rng, 0.3, 0.75),
            vignette=between(rng, 0, 0.7),
            thumb=chance(rng, 0.3),
        )
    else:
        style = replace(
            style,
            edge=between(rng, 0.05, 0.7),
            binding=chance(rng, 0.5),
            place=(between(rng, 0.2, 0.8), between(rng, 0.2, 0.8)),
        )
    return sample_scene(rng, digit=None, size=size, style=style).frame


# --- writing that is no digit -------------------------------------------------------------------


def _one_of(characters: tuple[str, ...]) -> Callable[[np.random.Generator], Strokes]:
    return lambda rng: character_strokes(rng, characters[int(rng.integers(0, len(characters)))])


def _joined(parts: list[Strokes]) -> Strokes:
    return Strokes(
        np.concatenate([p.start for p in parts]),
        np.concatenate([p.end for p in parts]),
        np.concatenate([p.weight for p in parts]),
    ).normalised()


def _moved(strokes: Strokes, scale: float, shift: NDArray[np.floating]) -> Strokes:
    size, place = np.float32(scale), np.asarray(shift, np.float32)
    return Strokes(strokes.start * size + place, strokes.end * size + place, strokes.weight)


def _word(rng: np.random.Generator) -> Strokes:
    letters = _one_of(LETTER_CHARACTERS)
    parts, place = [], 0.0
    for _ in range(int(rng.integers(2, 6))):
        letter = letters(rng)
        left, _, right, _ = letter.box()
        parts.append(_moved(letter, 1.0, np.array([place - left, rng.normal(0, 0.05)])))
        place += right - left + between(rng, -0.1, 0.12)
    return _joined(parts)


def _polyline(points: NDArray[np.floating]) -> Strokes:
    path = np.asarray(points, np.float32)
    return Strokes(path[:-1], path[1:], np.zeros(len(path) - 1, np.float32))


def _scribble(rng: np.random.Generator) -> Strokes:
    """A pen going to and fro, round and round, or nowhere in particular."""
    way = rng.random()
    time = np.linspace(0, 1, 160)
    if way < 0.35:
        turns = between(rng, 4, 14)
        x = time * between(rng, 0.2, 1.2) + 0.04 * np.sin(time * 40)
        y = np.abs((time * turns) % 2 - 1) * between(rng, 0.4, 1.0)
        path = np.stack([x, y], axis=1)
    elif way < 0.65:
        turns = between(rng, 2.6, 8) * 2 * np.pi
        radius = 0.3 + 0.2 * np.sin(time * between(rng, 3, 20) + rng.uniform(0, 6))
        drift = between(rng, 0.0, 1.2) * time
        path = np.stack(
            [radius * np.cos(time * turns) + drift, radius * np.sin(time * turns)], 1
        )
    else:
        knots = rng.normal(0, 1, (int(rng.integers(8, 18)), 2))
        at = np.linspace(0, 1, len(knots))
        path = np.stack([np.interp(time, at, knots[:, i]) for i in (0, 1)], axis=1)
        kernel = np.ones(9) / 9
        path = np.stack([np.convolve(path[:, i], kernel, "valid") for i in (0, 1)], axis=1)
    angle = between(rng, 0, 2 * np.pi)
    turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    return _polyline(path @ turn).normalised()


def _partial(rng: np.random.Generator) -> Strokes:
    """Half of a digit, of those halves that nobody reads as another."""
    side = tuple(_HALVES)[int(rng.integers(0, 4))]
    digits = _HALVES[side]
    whole = character_strokes(rng, digits[int(rng.integers(0, len(digits)))])
    axis = 1 if side in ("top", "bottom") else 0
    sign = np.float32(-1 if side in ("top", "left") else 1)
    kept = whole.start[:, axis] * sign > np.float32(between(rng, 0.03, 0.13))
    if kept.sum() < 4:
        return _lines(rng)
    part = Strokes(whole.start[kept], whole.end[kept], whole.weight[kept])
    left, top, right, bottom = part.box()
    if right - left < 0.3 * (bottom - top):
        return _lines(rng)
    return part.normalised()


def _lines(rng: np.random.Generator) -> Strokes:
    """Several straight or bent strokes across each other, none of them a 1, a 4 or a 7."""
    parts = []
    for _ in range(int(rng.integers(3, 8))):
        middle, angle = rng.uniform(-0.4, 0.4, 2), between(rng, 0, np.pi)
        along = np.linspace(-0.5, 0.5, 12)[:, None] * between(rng, 0.4, 1.0)
        direction = np.array([[np.cos(angle), np.sin(angle)]])
        bow = (along**2 - 0.1) * direction[:, ::-1] * np.array([[1, -1]]) * rng.normal(0, 0.6)
        parts.append(_polyline(middle + along * direction + bow))
    return _joined(parts)


def _punctuation(rng: np.random.Generator) -> Strokes:
    """Dots, dashes, commas, quotes, brackets in a row."""
    parts, place = [], 0.0
    for _ in range(int(rng.integers(2, 6))):
        way = rng.random()
        if way < 0.35:
            path = np.array([[0, 0.0], [0.02, 0.015], [0.0, 0.03]])
        elif way < 0.6:
            path = np.array([[0, 0.0], [0.15, -0.01], [0.3, 0.0]])
        elif way < 0.85:
            path = np.array([[0.04, 0.0], [0.05, 0.06], [0.0, 0.14]])
        else:
            path = np.array([[0.0, 0.0], [0.12, 0.0], [0.24, -0.02], [0.3, -0.06]])
        parts.append(_polyline(path + np.array([place, rng.choice([0.0, -0.3, 0.1])])))
        place += between(rng, 0.15, 0.45)
    return _joined(parts)


_STROKES: dict[str, Callable[[np.random.Generator], Strokes]] = {
    "letter": _one_of(LETTER_CHARACTERS),
    "word": _word,
    "symbol": _one_of(SYMBOL_CHARACTERS),
    "punctuation": _punctuation,
    "scribble": _scribble,
    "partial": _partial,
    "lines": _lines,
    LOOKALIKE: _one_of(LOOKALIKE_CHARACTERS),
}

# --- things before the camera -------------------------------------------------------------------

_THINGS = ("texture", "hand", "object", "cable")


def _thing(rng: np.random.Generator, kind: str, size: tuple[int, int] | None) -> Frame:
    style = replace(Style.sample(rng, crop=False), inverted=False)
    if size is None:
        size = sample_size(rng, style)
    surface = (
        _cloth(rng, size)
        if chance(rng, 0.6)
        else table_texture(rng, size, ("dark", "light", "wood")[int(rng.integers(0, 3))])
    )
    if kind == "texture":
        if chance(rng, 0.3):
            surface = _weave(rng, size)
    elif kind == "hand":
        _shade(rng, surface, _hand_outline(rng, size), between(rng, 0.25, 0.7), folds=True)
    elif kind == "object":
        _shade(rng, surface, _object_outline(rng, size), between(rng, 0.05, 0.8), folds=False)
    else:
        for _ in range(int(rng.integers(1, 4))):
            _shade(
                rng, surface, _cable_outline(rng, size), between(rng, 0.03, 0.6), folds=False
            )
    surface *= illumination(rng, style, size)
    return expose(rng, surface, style)


def _cloth(rng: np.random.Generator, size: tuple[int, int]) -> Float:
    """A sheet with folds: each a light and a dark band side by side, fading out along its way."""
    rows, columns = max(8, size[0] // 3), max(8, size[1] // 3)
    y, x = np.mgrid[0:rows, 0:columns].astype(np.float32) / np.float32(rows)
    relief = np.zeros((rows, columns), np.float32)
    main = between(rng, 0, np.pi)
    for _ in range(int(rng.integers(3, 9))):
        angle = main + rng.normal(0, 0.5)
        cosine, sine = np.float32(np.cos(angle)), np.float32(np.sin(angle))
        px, py = (np.float32(v) for v in rng.uniform(-0.1, 1.1, 2))
        along = (x - px) * cosine + (y - py) * sine
        across = (y - py) * cosine - (x - px) * sine
        across += np.float32(rng.normal(0, 0.06)) * np.sin(
            along * np.float32(between(rng, 2, 7))
        )
        across /= np.float32(0.012 * 12.0 ** float(rng.random()))
        reach = along / np.float32(between(rng, 0.15, 0.8))
        relief += (
            np.float32(rng.normal(0, 1)) * across * np.exp(-across * across - reach * reach)
        )
    large = Image.fromarray(relief).resize((size[1], size[0]), Image.Resampling.BICUBIC)
    folds = np.asarray(large, np.float32) * np.float32(between(rng, 0.08, 0.35))
    cloth = np.float32(between(rng, 0.45, 0.98)) * (1 + folds)
    cloth += noise_tile(rng, size, 0.7) * np.float32(between(rng, 0.0, 0.02))
    return np.clip(cloth, 0, 1).astype(np.float32)


def _weave(rng: np.random.Generator, size: tuple[int, int]) -> Float:
    """Threads crossing, bricks, stripes: a repeating pattern."""
    y, x = np.mgrid[0 : size[0], 0 : size[1]].astype(np.float32)
    angle = between(rng, 0, np.pi)
    u = x * np.float32(np.cos(angle)) + y * np.float32(np.sin(angle))
    v = y * np.float32(np.cos(angle)) - x * np.float32(np.sin(angle))
    first, second = (np.float32(0.15 * 10.0 ** float(v)) for v in -rng.random(2))
    pattern = np.sin(u * first) * np.float32(rng.random()) + np.sin(v * second)
    depth = np.float32(between(rng, 0.05, 0.35))
    base = np.float32(between(rng, 0.3, 0.8))
    return np.clip(base + depth * np.tanh(pattern * np.float32(between(rng, 0.5, 4))), 0, 1)


def _hand_outline(rng: np.random.Generator, size: tuple[int, int]) -> Image.Image:
    """A palm with fingers stretched or folded, and an arm out of the frame; grey is its tone."""
    height, width = size
    image = Image.new("L", (width, height))
    draw = ImageDraw.Draw(image)
    unit = height * between(rng, 0.14, 0.26)
    cx, cy = width * between(rng, 0.35, 0.65), height * between(rng, 0.45, 0.7)
    up = between(rng, 0, 2 * np.pi) if chance(rng, 0.4) else float(rng.normal(0, 0.35))

    def bar(
        x: float, y: float, angle: float, length: float, thick: float
    ) -> tuple[float, float]:
        ex, ey = float(x + np.sin(angle) * length), float(y - np.cos(angle) * length)
        tone = int(rng.integers(205, 256))
        # A darker rim sets a finger off from the one behind.
        for part, fill in ((1.14, 120), (1.0, tone)):
            radius = thick * part / 2
            draw.line([x, y, ex, ey], fill=fill, width=max(2, round(2 * radius)))
            for px, py in ((x, y), (ex, ey)):
                draw.ellipse([px - radius, py - radius, px + radius, py + radius], fill=fill)
        return ex, ey

    bar(cx, cy, up + np.pi, height * 1.2, unit * between(rng, 1.2, 1.8))
    draw.ellipse([cx - unit, cy - unit, cx + unit, cy + unit], fill=230)
    spread = between(rng, 0.26, 0.4)
    for finger in range(5):
        long = unit * (between(rng, 1.5, 2.2) if chance(rng, 0.5) else between(rng, 0.3, 0.8))
        root = up + (finger - 2) * spread
        x, y = float(cx + np.sin(root) * unit * 0.8), float(cy - np.cos(root) * unit * 0.8)
        thick = unit * between(rng, 0.42, 0.56)
        x, y = bar(x, y, root * 0.6 + up * 0.4, long * 0.6, thick)
        bar(x, y, root * 0.6 + up * 0.4 + float(rng.normal(0, 0.4)), long * 0.4, thick * 0.92)
    return image


def _object_outline(rng: np.random.Generator, size: tuple[int, int]) -> Image.Image:
    """A rounded or angular silhouette, with or without a hole, a handle, legs."""
    height, width = size
    image = Image.new("L", (width, height))
    draw = ImageDraw.Draw(image)
    cx, cy = width * between(rng, 0.3, 0.7), height * between(rng, 0.3, 0.7)
    corners = int(rng.integers(4, 14))
    angles = np.sort(rng.uniform(0, 2 * np.pi, corners))
    radii = rng.uniform(0.35, 1.0, corners) * height * between(rng, 0.2, 0.5)
    stretch = between(rng, 0.5, 1.6)
    outline = [
        (float(cx + r * np.cos(a) * stretch), float(cy + r * np.sin(a)))
        for r, a in zip(radii, angles, strict=True)
    ]
    draw.polygon(outline, fill=255)
    if chance(rng, 0.3):
        radius = float(radii.min()) * 0.6
        draw.ellipse([cx - radius, cy - radius, cx + radius, cy + radius], fill=0)
    for _ in range(int(rng.integers(0, 3))):
        x, y = outline[int(rng.integers(0, corners))]
        draw.line(
            [x, y, x + rng.normal(0, width / 5), y + rng.normal(0, height / 5)],
            fill=255,
            width=max(2, round(height * between(rng, 0.02, 0.08))),
        )
    return image.filter(ImageFilter.GaussianBlur(height * between(rng, 0.003, 0.015)))


def _cable_outline(rng: np.random.Generator, size: tuple[int, int]) -> Image.Image:
    """A long thick line in loops across the frame."""
    height, width = size
    image = Image.new("L", (width, height))
    knots = np.cumsum(rng.normal(0, 0.5, (7, 2)), axis=0)
    knots = (knots - knots.mean(axis=0)) * (0.4 * height) + [width / 2, height / 2]
    knots[0], knots[-1] = rng.uniform(-1, 2, 2) * size[::-1], rng.uniform(-1, 2, 2) * size[::-1]
    time, at = np.linspace(0, 1, 220), np.linspace(0, 1, 7)
    path = np.stack([np.interp(time, at, knots[:, i]) for i in (0, 1)], axis=1)
    kernel = np.hanning(51) / np.hanning(51).sum()
    path = np.stack([np.convolve(path[:, i], kernel, "valid") for i in (0, 1)], axis=1)
    ImageDraw.Draw(image).line(
        [(float(p[0]), float(p[1])) for p in path],
        fill=255,
        width=max(2, round(height * between(rng, 0.008, 0.05))),
        joint="curve",
    )
    return image


def _shade(
    rng: np.random.Generator, surface: Float, outline: Image.Image, tone: float, *, folds: bool
) -> None:
    """Put a body of this outline on the surface, in place, rounded by light, with its shadow."""
    height = surface.shape[0]
    shape = outline.point(lambda level: 255 if level > 40 else 0)
    mask = np.asarray(shape.filter(ImageFilter.GaussianBlur(0.8)), np.float32) / np.float32(255)
    tint = np.asarray(outline.filter(ImageFilter.GaussianBlur(1.2)), np.float32) / np.float32(
        255
    )
    soft = np.asarray(shape.filter(ImageFilter.BoxBlur(height * 0.04)), np.float32)
    soft = soft / np.float32(255)
    step = max(1, round(height * 0.02))
    cast = np.roll(soft, (step, int(rng.choice([-step, step]))), axis=(0, 1))
    surface *= 1 - np.float32(between(rng, 0.1, 0.5)) * cast
    # Light from the side: the slope of the softened outline is the body's roundness.
    slope = np.gradient(soft, axis=1) * np.float32(between(rng, -1, 1) * height * 0.12)
    body = np.float32(tone) * (np.float32(0.7) + np.float32(0.35) * soft + slope)
    body *= np.float32(0.35) + np.float32(0.65) * np.minimum(tint + (1 - mask), 1)
    if folds:
        cloth = _cloth(rng, (surface.shape[0], surface.shape[1]))
        body *= np.float32(0.6) + np.float32(0.5) * cloth
    surface += (np.clip(body, 0, 1) - surface) * mask
