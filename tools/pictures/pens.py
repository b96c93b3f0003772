"""Which pen on which paper: sheets of each, and how many of them were read.

Drawn by ``tools.pictures`` for those who look for a pen. A digit is 5 cm tall, so a width of
0.02 is a line of 1 mm; lines 8 mm apart and squares of 5 mm are what paper is sold with.
"""

from __future__ import annotations

from typing import Any

from PIL import Image

from core.reading.reader import Reader
from core.synthesis.pen import Pen
from pi.diagnostics.canvas import FAINT, GREEN, RED
from tools.pictures.misreads import TRIES, Kind, sheets
from tools.plotting.canvas import Tile, grid

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
LEFT, TOP = 140, 46


def draw_pens(reader: Reader, seed: int, tries: int = TRIES) -> Image.Image:
    """A row for each pen and a column for each paper, ``tries`` sheets read of each; RGB."""
    tiles = []
    for name, wielded in PENS:
        for _, _, paper in PAPERS:
            drawn = list(sheets(_kind(name, wielded | paper), seed, tries))
            right = sum(reader.read(frame).digit == label for frame, label, _ in drawn)
            photo = Image.fromarray(drawn[min(SHOWN, tries - 1)][0])
            photo = photo.resize((WIDE, TALL), Image.Resampling.LANCZOS)
            colour = GREEN if right >= GOOD * tries else RED
            tiles.append(Tile(photo, [(f"{right} of {tries}", colour)]))
    canvas = grid(tiles, len(PAPERS), gap=GAP, left=LEFT, top=TOP)
    for column, (paper_name, distance, _) in enumerate(PAPERS):
        x = LEFT + column * (WIDE + GAP)
        canvas.text(x, 8, paper_name, 12, FAINT)
        canvas.text(x, 25, distance, 12, FAINT)
    step = (canvas.image.height - TOP) // len(PENS)
    for row, (name, _) in enumerate(PENS):
        canvas.text(GAP, TOP + row * step + TALL // 2 - 8, name, 12)
    return canvas.image


def _kind(name: str, look: dict[str, Any]) -> Kind:
    spacing = {"spacing": SPACING[look["paper"]]} if "paper" in look else {}
    return Kind(name, "0123456789", None, CAMERA | look | spacing)
