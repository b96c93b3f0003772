"""Sheets that show what goes wrong: digits that are misread, and what light does to ink.

Drawn by ``tools.pictures``, of our own scenes alone. What is misread is found, not posed: of
each kind of sheet TRIES are drawn and read, the first that went wrong is shown, and how many
of them did stands beside it.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from PIL import Image

from core.reading.reader import Reader, Reading
from core.synthesis.pen import Pen
from core.synthesis.scene import sample_scene
from core.synthesis.strokes import LOOKALIKE_CHARACTERS, character_strokes
from core.synthesis.style import Style
from core.vision import Frame
from pi.cli.format import reading_words
from pi.diagnostics.canvas import GREEN, RED, TEXT
from tools.plotting.canvas import Tile, grid

TRIES = 60

WIDE, TALL = 208, 156


@dataclass(frozen=True)
class Kind:
    """A kind of sheet that is hard to read.

    ``digits`` : what may be written, "" for nothing, "letters" for letters like digits.
    ``variant`` : the way of writing it (``core.synthesis.glyphs``), None for any.
    ``look`` : what of the style is the same on all of them.
    """

    name: str
    digits: str
    variant: int | None = None
    look: dict[str, Any] = field(default_factory=dict)


KINDS = (
    Kind("a 1 with the hook of a 7", "1", 5, {"pen": Pen(width=0.05)}),
    Kind("a hairline as pale as the paper", "0123456789", None, {
        "pen": Pen("pencil", 0.014, 0.3, 0.8), "ink": 0.08, "height": 0.8, "noise": 4.0,
    }),
    Kind("small, on squared paper", "0123456789", None, {
        "paper": "squared", "line_ink": 0.45, "spacing": 0.45, "height": 0.25,
        "pen": Pen("ballpoint", 0.03), "ink": 0.6,
    }),
    Kind("hatched instead of written", "147", None, {
        "pen": Pen("scribble", 0.2, 0.4, 0.6, 0.3, 7), "height": 0.8, "ink": 0.7,
    }),
    Kind("a marker that fills the loops", "0689", None, {
        "pen": Pen("marker", 0.22), "height": 0.5,
    }),
    Kind("far out of focus", "0123456789", None, {
        "blur": 6.0, "height": 0.3, "pen": Pen(width=0.08),
    }),
    Kind("no digit: a crease", "", None, {"crease": 0.5, "lamp": 0.6}),
    Kind("no digit: a letter like one", "letters", None, {"height": 0.4}),
)  # fmt: skip
"""What was misread of real photographs, and of our own sheets, as far as we can draw it."""

LIGHTS = (
    ("light from above, felt pen", {"pen": Pen(width=0.06)}),
    ("half in the shade", {"shadow": 0.55, "lamp": 0.5}),
    ("too dark", {
        "exposure": 0.09, "noise": 7.0, "ink": 0.5, "pen": Pen(width=0.03), "lamp": 0.6,
    }),
    ("light behind the sheet", {
        "contrast": 0.08, "exposure": 0.8, "ink": 0.3, "noise": 5.0, "pen": Pen(width=0.03),
    }),
    ("out of focus, thin pen", {
        "blur": 8.0, "height": 0.3, "pen": Pen(width=0.03), "ink": 0.5,
    }),
    ("too far away", {"height": 0.06, "pen": Pen(width=0.06)}),
)  # fmt: skip
"""The same hand writes a 5; what light, distance and focus leave of it."""


@dataclass(frozen=True)
class Found:
    """What became of one kind of sheets: how many went wrong, and the first that did."""

    kind: Kind
    wrong: int
    frame: Frame | None
    shown: str
    reading: Reading | None


def find(reader: Reader, kind: Kind, seed: int, tries: int = TRIES) -> Found:
    """Draw sheets of a kind and read them."""
    wrong, first = 0, None
    for frame, label, shown in sheets(kind, seed, tries):
        reading = reader.read(frame)
        if reading.digit != label:
            wrong += 1
            first = first or (frame, shown, reading)
    if first is None:
        return Found(kind, 0, None, "", None)
    return Found(kind, wrong, *first)


def sheets(kind: Kind, seed: int, tries: int) -> Iterator[tuple[Frame, int | None, str]]:
    """(frame, its digit, what is written) of a kind, from all sides and in any lamp."""
    for number in range(tries):
        rng = np.random.default_rng([seed, number])
        turned = {"rotation": float(rng.normal(0, 5)), "lamp": float(rng.uniform(0, 0.5))}
        style = replace(Style(), **(turned | kind.look))
        if not kind.digits:
            yield sample_scene(rng, digit=None, style=style).frame, None, "nothing"
            continue
        signs = LOOKALIKE_CHARACTERS if kind.digits == "letters" else tuple(kind.digits)
        sign = signs[number % len(signs)]
        strokes = character_strokes(rng, sign, variant=kind.variant)
        label = None if kind.digits == "letters" else int(sign)
        yield sample_scene(rng, digit=label, strokes=strokes, style=style).frame, label, sign


def draw_wrong(reader: Reader, seed: int, tries: int = TRIES) -> Image.Image:
    """The kinds of which something went wrong, and one sheet of each; RGB."""
    found = [find(reader, kind, seed, tries) for kind in KINDS]
    tiles = []
    for each in found:
        print(f"{each.wrong:5d} of {tries:5d}  {each.kind.name}")
        if each.frame is not None and each.reading is not None:
            note = f"{_wrongly(each.shown, each.reading)}; {each.wrong} of {tries} wrong"
            tiles.append(Tile(_photo(each.frame), ((each.kind.name, TEXT), (note, RED))))
    return grid(tiles, 4).image


def _wrongly(shown: str, reading: Reading) -> str:
    if reading.digit is None:
        return f"{shown}: {'unsure' if reading.guess is not None else 'not seen'}"
    return f"{shown} read as {reading.digit}"


def draw_lights(reader: Reader, seed: int) -> Image.Image:
    """One 5 in several lights, and under it the ink that is left of it; RGB."""
    tiles = []
    for name, look in LIGHTS:
        rng = np.random.default_rng([seed, 2])
        style = replace(Style(), **look)
        strokes = character_strokes(rng, "5", variant=0, wildness=0.3)
        frame = sample_scene(rng, digit=5, strokes=strokes, style=style).frame
        reading = reader.read(frame, trace=True)
        ink = (reading.trace or {})["ink"]
        # As `--explain` draws it: faint things made visible.
        bright = (ink * (255.0 / max(1, int(ink.max())))).astype(np.uint8)
        both = Image.new("L", (WIDE, 2 * TALL + 4), 255)
        both.paste(_photo(frame), (0, 0))
        both.paste(_photo(bright), (0, TALL + 4))
        colour = GREEN if reading.digit == 5 else RED
        tiles.append(Tile(both, ((name, TEXT), (reading_words(reading), colour))))
    return grid(tiles, 3).image


def _photo(frame: Frame) -> Image.Image:
    return Image.fromarray(frame).resize((WIDE, TALL), Image.Resampling.LANCZOS)
