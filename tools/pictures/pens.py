"""Which pen on which paper: sheets of each, and how many of them were read.

Drawn by ``tools.pictures`` for those who look for a pen. A digit is 5 cm tall, so a width of
0.02 is a line of 1 mm; lines 8 mm apart and squares of 5 mm are what paper is sold with.
"""

from __future__ import annotations

from typing import Any

from PIL import Image, ImageDraw

from core.reading.reader import Reader
from core.synthesis.pen import Pen
from tools.pictures.misreads import FAINT, PAPER, RIGHT, TEXT, TRIES, WRONG, Kind, sheets, write

PENS: tuple[tuple[str, dict[str, Any]], ...] = (
    ("marker, 5 mm", {"pen": Pen("marker", 0.10), "ink": 0.9}),
    ("felt pen, 2.5 mm", {"pen": Pen("felt", 0.05), "ink": 0.85}),
    ("fine liner, 1 mm", {"pen": Pen("felt", 0.02), "ink": 0.8}),
    ("ballpoint, 0.6 mm", {"pen": Pen("ballpoint", 0.012, 0.2, 0.15), "ink": 0.7}),
    ("soft pencil, 0.8 mm", {"pen": Pen("pencil", 0.016, 0.3, 0.5), "ink": 0.4}),
)

PAPERS: tuple[tuple[str, str, dict[str, Any]], ...] = (
    ("plain paper,", "half of the height", {"height": 0.5}),
    ("plain paper,", "a sixth of it", {"height": 0.17}),
    ("8 mm ruled,", "half of the height", {"paper": "ruled", "height": 0.5}),
    ("8 mm ruled,", "a sixth of it", {"paper": "ruled", "height": 0.17}),
    ("5 mm squared,", "half of the height", {"paper": "squared", "height": 0.5}),
    ("5 mm squared,", "a quarter of it", {"paper": "squared", "height": 0.25}),
)

CAMERA = {"noise": 3.0, "blur": 0.7, "line_ink": 0.2}
SPACING = {"ruled": 0.16, "squared": 0.1}

GOOD = 0.95
"""Share read from which a pen is good for a paper."""

SHOWN = 5
"""Which of the sheets is shown: a 5, as everybody writes it."""

WIDE, TALL = 132, 99
GAP = 12
LEFT, TOP, CAPTION = 140, 46, 20


def draw_pens(reader: Reader, seed: int, tries: int = TRIES) -> Image.Image:
    """A row for each pen and a column for each paper, ``tries`` sheets read of each; RGB."""
    size = (LEFT + len(PAPERS) * (WIDE + GAP), TOP + len(PENS) * (TALL + CAPTION + GAP))
    picture = Image.new("RGB", size, PAPER)
    pen = ImageDraw.Draw(picture)
    for column, words in enumerate(PAPERS):
        for line, said in enumerate(words[:2]):
            write(pen, (LEFT + column * (WIDE + GAP), 8 + 17 * line), said, 12, FAINT)
    for row, (name, wielded) in enumerate(PENS):
        y = TOP + row * (TALL + CAPTION + GAP)
        write(pen, (GAP, y + TALL // 2 - 8), name, 12, TEXT)
        for column, (_, _, paper) in enumerate(PAPERS):
            kind = _kind(name, wielded | paper)
            drawn = [(frame, label) for frame, label, _ in sheets(kind, seed, tries)]
            right = sum(reader.read(frame).digit == label for frame, label in drawn)
            photo = Image.fromarray(drawn[min(SHOWN, tries - 1)][0])
            photo = photo.resize((WIDE, TALL), Image.Resampling.LANCZOS)
            x = LEFT + column * (WIDE + GAP)
            picture.paste(photo.convert("RGB"), (x, y))
            colour = RIGHT if right >= GOOD * tries else WRONG
            write(pen, (x, y + TALL + 3), f"{right} of {tries}", 12, colour)
    return picture


def _kind(name: str, look: dict[str, Any]) -> Kind:
    spacing = {"spacing": SPACING[look["paper"]]} if "paper" in look else {}
    return Kind(name, "0123456789", None, CAMERA | look | spacing)
