"""Negatives: frames without a digit, to train and test the class NO_DIGIT.

:func:`sample_negative` gives whole frames, which are then digitised as those with digits are;
:func:`core.synthesis.hard_negatives.make_hard_negatives` makes 28x28 negatives of digits.
Letters that a reader could take for a digit (O, l, Z, S, ...) are a kind of their own,
"lookalike", which is not in KINDS: nobody can say that such a picture is not a digit. Nor is
"signs", a row of signs and brackets, of which a slash alone would be a 1: only who looks at
places of a frame has to know that kind.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from core.synthesis.camera_model import expose, illumination
from core.synthesis.distractors import (
    cable_outline,
    cloth,
    hand_outline,
    object_outline,
    shade,
    weave,
)
from core.synthesis.hard_negatives import HALVES
from core.synthesis.paper import table_texture
from core.synthesis.pen import Strokes
from core.synthesis.scene import sample_scene, sample_size
from core.synthesis.strokes import (
    LETTER_CHARACTERS,
    LOOKALIKE_CHARACTERS,
    SYMBOL_CHARACTERS,
    character_strokes,
)
from core.synthesis.style import Style, between, chance
from core.vision import Frame

Float = NDArray[np.float32]


KINDS = (
    "empty", "ruled", "squared", "shadow", "page_edge", "letter", "word", "symbol",
    "punctuation", "scribble", "partial", "lines", "texture", "hand", "object", "cable",
)  # fmt: skip
"""The kinds of negatives that are drawn."""

LOOKALIKE = "lookalike"
"""The kind of letters that a reader could take for a digit; drawn only on request."""

SIGNS = "signs"
"""The kind of rows of signs and brackets; drawn only on request."""


@dataclass(frozen=True)
class Negative:
    """frame: uint8 (h, w). kind: one of KINDS, "lookalike" or "signs"."""

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
        style = replace(Style.sample(rng), underline=False, frame=False, neighbours=0)
        style = replace(style, **_PAPERS[kind](rng))
        return Negative(sample_scene(rng, digit=None, size=size, style=style).frame, kind)
    if kind in _STROKES:
        style = Style.sample(rng)
        scene = sample_scene(rng, strokes=_STROKES[kind](rng), size=size, style=style)
        return Negative(scene.frame, kind)
    if kind in _OBJECTS:
        return Negative(_object(rng, kind, size), kind)
    known = ", ".join((*KINDS, LOOKALIKE, SIGNS))
    raise ValueError(f"no kind of negative is called {kind!r}: use one of {known}")


_PAPERS: dict[str, Callable[[np.random.Generator], dict[str, Any]]] = {
    "empty": lambda rng: {"paper": "plain", "specks": int(rng.integers(0, 12))},
    "ruled": lambda rng: {
        "paper": "ruled",
        "margin_line": chance(rng, 0.4),
        "line_ink": between(rng, 0.1, 0.8),
    },
    "squared": lambda rng: {
        "paper": "squared" if chance(rng, 0.8) else "dotted",
        "line_ink": between(rng, 0.1, 0.8),
    },
    "shadow": lambda rng: {
        "paper": "plain",
        "shadow": between(rng, 0.3, 0.75),
        "vignette": between(rng, 0, 0.7),
        "thumb": chance(rng, 0.3),
    },
    "page_edge": lambda rng: {
        "edge": between(rng, 0.05, 0.7),
        "binding": chance(rng, 0.5),
        "place": (between(rng, 0.2, 0.8), between(rng, 0.2, 0.8)),
    },
}
"""What sets the style of bare paper apart, by kind."""


def _one_of(characters: tuple[str, ...]) -> Callable[[np.random.Generator], Strokes]:
    return lambda rng: character_strokes(rng, characters[int(rng.integers(0, len(characters)))])


def _word(rng: np.random.Generator) -> Strokes:
    letters = _one_of(LETTER_CHARACTERS)
    parts, place = [], 0.0
    for _ in range(int(rng.integers(2, 6))):
        letter = letters(rng)
        left, _, right, _ = letter.box()
        parts.append(letter.moved(1, np.array([place - left, rng.normal(0, 0.05)])))
        place += right - left + between(rng, -0.1, 0.12)
    return Strokes.joined(parts).normalised()


def _scribble(rng: np.random.Generator) -> Strokes:
    """A zigzag, a spiral or a random walk."""
    choice = rng.random()
    time = np.linspace(0, 1, 160)
    if choice < 0.35:
        turns = between(rng, 4, 14)
        x = time * between(rng, 0.2, 1.2) + 0.04 * np.sin(time * 40)
        y = np.abs((time * turns) % 2 - 1) * between(rng, 0.4, 1.0)
        path = np.stack([x, y], axis=1)
    elif choice < 0.65:
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
    return Strokes.along(path @ turn).normalised()


def _partial(rng: np.random.Generator) -> Strokes:
    """Half of a digit, one of HALVES."""
    side = tuple(HALVES)[int(rng.integers(0, 4))]
    digits = HALVES[side]
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
        parts.append(Strokes.along(middle + along * direction + bow))
    return Strokes.joined(parts).normalised()


def _punctuation(rng: np.random.Generator) -> Strokes:
    """Dots, dashes, commas, quotes, brackets in a row."""
    parts, place = [], 0.0
    for _ in range(int(rng.integers(2, 6))):
        choice = rng.random()
        if choice < 0.35:
            path = np.array([[0, 0.0], [0.02, 0.015], [0.0, 0.03]])
        elif choice < 0.6:
            path = np.array([[0, 0.0], [0.15, -0.01], [0.3, 0.0]])
        elif choice < 0.85:
            path = np.array([[0.04, 0.0], [0.05, 0.06], [0.0, 0.14]])
        else:
            path = np.array([[0.0, 0.0], [0.12, 0.0], [0.24, -0.02], [0.3, -0.06]])
        parts.append(Strokes.along(path + np.array([place, rng.choice([0.0, -0.3, 0.1])])))
        place += between(rng, 0.15, 0.45)
    return Strokes.joined(parts).normalised()


def signs(rng: np.random.Generator) -> Strokes:
    """A row of signs, brackets and slashes, some tall and some small, well apart."""
    parts, place = [], 0.0
    for _ in range(int(rng.integers(4, 9))):
        if chance(rng, 0.5):
            tall, slant, bow = (
                between(rng, 0.7, 1.4),
                between(rng, -0.2, 0.5),
                rng.normal(0, 0.2),
            )
            along = np.linspace(-0.5, 0.5, 12)[:, None]
            sign = Strokes.along(
                along * np.array([[-slant, 1.0]]) * tall
                + (along**2 - 0.1) * np.array([[bow * float(rng.integers(2)), 0.0]]) * 3
            )
        else:
            character = SYMBOL_CHARACTERS[int(rng.integers(len(SYMBOL_CHARACTERS)))]
            drawn, tall = character_strokes(rng, character), between(rng, 0.25, 0.8)
            sign = Strokes(drawn.start * tall, drawn.end * tall, drawn.weight)
        left, _, right, _ = sign.box()
        parts.append(sign.moved(1, np.array([place - left, rng.normal(0, 0.08)])))
        place += right - left + between(rng, 0.12, 0.5)
    return Strokes.joined(parts).normalised()


_STROKES: dict[str, Callable[[np.random.Generator], Strokes]] = {
    "letter": _one_of(LETTER_CHARACTERS),
    "word": _word,
    "symbol": _one_of(SYMBOL_CHARACTERS),
    "punctuation": _punctuation,
    "scribble": _scribble,
    "partial": _partial,
    "lines": _lines,
    LOOKALIKE: _one_of(LOOKALIKE_CHARACTERS),
    SIGNS: signs,
}


_OBJECTS = ("texture", "hand", "object", "cable")


def _object(rng: np.random.Generator, kind: str, size: tuple[int, int] | None) -> Frame:
    style = replace(Style.sample(rng, crop=False), inverted=False)
    if size is None:
        size = sample_size(rng, style)
    surface = (
        cloth(rng, size)
        if chance(rng, 0.6)
        else table_texture(rng, size, ("dark", "light", "wood")[int(rng.integers(0, 3))])
    )
    if kind == "texture":
        if chance(rng, 0.3):
            surface = weave(rng, size)
    elif kind == "hand":
        shade(rng, surface, hand_outline(rng, size), between(rng, 0.25, 0.7), folds=True)
    elif kind == "object":
        shade(rng, surface, object_outline(rng, size), between(rng, 0.05, 0.8), folds=False)
    else:
        for _ in range(int(rng.integers(1, 4))):
            shade(rng, surface, cable_outline(rng, size), between(rng, 0.03, 0.6), folds=False)
    surface *= illumination(rng, style, size)
    return expose(rng, surface, style)
