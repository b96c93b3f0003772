"""Glyphs: skeletons of handwritten characters, as text.

One line is one form of a character. ``3: 0,30 28,0! 28,100 / 0,100 54,98`` reads:
weight 3 (how often people write it so, roughly), then strokes separated by ``/``, each a
list of points ``x,y`` that the pen passes through. x grows to the right and y downwards; a
digit is about 60 wide and 100 high. Between points the pen moves on a Catmull-Rom curve;
``!`` marks a corner, where the curve breaks.

Digits cover the world's habits: hooked and based 1, barred 7, open and closed 4, looped 2,
flat-topped 3, 5 with a detached hat, curly 6, 9 with a tail, slashed 0. The forms are in
``glyphs.json``: four groups of characters, and for each character a list.
"""

from __future__ import annotations

import json
from pathlib import Path

Forms = dict[str, tuple[str, ...]]
"""The forms of each character, most usual first."""


def _read() -> list[Forms]:
    groups = json.loads(Path(__file__).with_suffix(".json").read_text(encoding="utf-8"))
    return [
        {character: tuple(forms) for character, forms in groups[name].items()}
        for name in ("digits", "letters", "lookalikes", "symbols")
    ]


# LETTERS: nobody sees a digit in them. LOOKALIKES: letters that a reader could take for a
# digit, kept apart and never taught as "not a digit".
DIGIT_GLYPHS, LETTERS, LOOKALIKES, SYMBOLS = _read()

GLYPHS: Forms = {**DIGIT_GLYPHS, **LETTERS, **LOOKALIKES, **SYMBOLS}
