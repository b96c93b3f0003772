"""The seven segments: which are lit for which sign, and a drawing of them in text.

The segments are named as in every data sheet::

     aaa
    f   b
    f   b
     ggg
    e   c
    e   c
     ddd

:data:`GLYPHS` is the only table of them, for displays of light and of text.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable

NAMES = "abcdefg"

GLYPHS: dict[str, str] = {
    " ": "",
    "0": "abcdef",
    "1": "bc",
    "2": "abdeg",
    "3": "abcdg",
    "4": "bcfg",
    "5": "acdfg",
    "6": "acdefg",
    "7": "abc",
    "8": "abcdefg",
    "9": "abcdfg",
    "-": "g",
    "E": "adefg",
    "L": "def",
}

# Each letter is one character cell. Uprights are two cells wide because a cell of a
# terminal is about twice as high as it is wide.
_SHAPE = (
    " aaaaaaaa ",
    "ff      bb",
    "ff      bb",
    "ff      bb",
    "ff      bb",
    " gggggggg ",
    "ee      cc",
    "ee      cc",
    "ee      cc",
    "ee      cc",
    " dddddddd ",
)
WIDTH = len(_SHAPE[0])
HEIGHT = len(_SHAPE)


def draw(
    glyph: str,
    on: str = "#",
    off: str = " ",
    paint: Callable[[str, bool], str] = lambda cells, lit: cells,
) -> list[str]:
    """Draw one glyph of :data:`GLYPHS` as :data:`HEIGHT` lines of :data:`WIDTH` cells.

    ``on`` and ``off`` are the characters of a lit and an unlit segment. ``paint`` is handed
    every run of cells of one kind, and whether it is lit, and may wrap it in colour.

    >>> print("\\n".join(line.rstrip() for line in draw("7")))
     ########
            ##
            ##
            ##
            ##
    <BLANKLINE>
            ##
            ##
            ##
            ##
    <BLANKLINE>
    """
    lit = GLYPHS[glyph]
    lines = []
    for row in _SHAPE:
        line = ""
        for segment, run in itertools.groupby(row):
            count = len(list(run))
            if segment == " ":
                line += " " * count
            elif segment in lit:
                line += paint(on * count, True)
            else:
                line += paint(off * count, False)
        lines.append(line)
    return lines
