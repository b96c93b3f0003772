"""Draw the README's pictures, from our own scenes and our own weights.

    python -m tools.pictures [--out tools/pictures]

``reads.png``: each column is one sheet of paper as the simulated camera sees it, the 28x28
that the network is given, and the display. ``explain.png``: what ``predict --explain`` says
of one of them. ``wrong.png``: sheets that are misread, ``light.png``: what light and distance
leave of the ink (``tools.pictures.misreads``). ``pens.png``: pens on papers
(``tools.pictures.pens``). Nothing is chosen by hand but the seed and the looks.

The others come from ``python -m tools.evaluate scenes --count 2000 --confusion
tools/pictures/confusion.png`` and, of a training, from ``python -m tools.train_base.curves
.train/training.jsonl tools/pictures/training.png``.
"""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
from PIL import Image

from core.reading.reader import Reader, Reading
from core.synthesis.pen import Pen
from core.synthesis.scene import sample_scene
from core.synthesis.style import Style
from core.vision import Frame
from pi.cli.format import reading_words
from pi.devices.segments import GLYPHS
from pi.diagnostics import explain
from pi.diagnostics.canvas import Canvas
from tools import command
from tools.pictures.misreads import draw_lights, draw_wrong
from tools.pictures.pens import draw_pens
from tools.plotting import small_png

PICTURES = Path(__file__).parent

LOOKS = {
    1: Style(pen=Pen(width=0.03), shadow=0.5, lamp=0.3, height=0.45, rotation=-8),
    7: Style(paper="ruled", pen=Pen(width=0.05), line_ink=0.3, height=0.5, crease=0.2),
    4: Style(paper="squared", pen=Pen(width=0.05), spacing=0.35, vignette=0.4, height=0.5),
    2: Style(inverted=True, pen=Pen(width=0.10), height=0.5, rotation=6, shade=0.2),
    9: Style(pen=Pen(width=0.14), thumb=True, height=0.4, place=(0.35, 0.5), blur=1.0),
    None: Style(shadow=0.4, crease=0.3, specks=4),
}

BOARD = (24, 26, 30)
EDGE = (70, 190, 120)
LIT = (255, 64, 40)
UNLIT = (52, 34, 34)
CARD = (252, 251, 248)

WIDE = 220
TALL = 165
GAP = 18
CROP = 84

# Corners of the seven segments in a box one wide and two high, for a stroke between them.
SEGMENTS = {
    "a": ((0, 0), (1, 0)), "b": ((1, 0), (1, 1)), "c": ((1, 1), (1, 2)), "d": ((0, 2), (1, 2)),
    "e": ((0, 1), (0, 2)), "f": ((0, 0), (0, 1)), "g": ((0, 1), (1, 1)),
}  # fmt: skip


def main(argv: list[str] | None = None) -> int:
    """Draw the pictures; 0 when they are written, 3 where they cannot be."""
    parser = command.parser("tools.pictures", __doc__)
    parser.add_argument("--out", type=Path, default=PICTURES, metavar="FOLDER")
    parser.add_argument("--seed", type=int, default=5)
    parser.add_argument("--model", type=Path, help="weights to read with; default: ours")
    arguments = parser.parse_args(argv)

    def work() -> None:
        reader = Reader.from_file(arguments.model) if arguments.model else Reader.default()
        for name, draw in DRAWN.items():
            small_png.save(draw(reader, arguments.seed), arguments.out / name)
            print(arguments.out / name)

    return command.run("pictures", work)


def draw_explain(reader: Reader, seed: int) -> Image.Image:
    """A 7 on ruled paper, half in the shade, stage by stage; RGB."""
    look = replace(LOOKS[7], shadow=0.5, spacing=0.3)
    frame = sample_scene(np.random.default_rng(seed), digit=7, style=look).frame
    reading = reader.read(frame, trace=True)
    verdict = f"sheet.jpg: {reading_words(reading)}"
    return explain.draw(reader, frame, reading, verdict)


def draw_reads(reader: Reader, seed: int) -> Image.Image:
    """Sheets, crops and displays side by side; RGB."""
    columns = len(LOOKS)
    size = (columns * (WIDE + GAP) + GAP, TALL + CROP + 3 * GAP + 40)
    canvas = Canvas(*size, CARD)
    for number, (digit, style) in enumerate(LOOKS.items()):
        rng = np.random.default_rng([seed, number])
        frame = sample_scene(rng, digit=digit, style=style).frame
        x = GAP + number * (WIDE + GAP)
        _column(canvas, x, frame, reader.read(frame))
    return canvas.image


def _column(canvas: Canvas, x: int, frame: Frame, reading: Reading) -> None:
    photo = Image.fromarray(frame).resize((WIDE, TALL), Image.Resampling.LANCZOS)
    canvas.paste(photo, x, GAP)
    if reading.candidate is not None and reading.digit is not None:
        scale = WIDE / frame.shape[1]
        left, top, right, bottom = (round(side * scale) for side in reading.candidate.box)
        box = (x + left - 4, GAP + top - 4, x + right + 4, GAP + bottom + 4)
        canvas.pen.rectangle(box, outline=EDGE, width=3)
        crop = Image.fromarray((255 - reading.candidate.image * 255).astype(np.uint8))
        y = TALL + 2 * GAP + 20
        canvas.paste(crop.resize((CROP, CROP), Image.Resampling.NEAREST), x, y)
        canvas.pen.rectangle((x, y, x + CROP - 1, y + CROP - 1), outline=(200, 198, 192))
    canvas.paste(_display(reading.digit), x + WIDE - 98, TALL + 2 * GAP)


def _display(digit: int | None) -> Image.Image:
    """A seven-segment display, drawn large and reduced for smooth edges."""
    zoom, width, height = 4, 98, CROP + 40
    panel = Canvas(width * zoom, height * zoom, CARD)
    panel.pen.rounded_rectangle(
        (0, 0, width * zoom - 1, height * zoom - 1), 12 * zoom, fill=BOARD
    )
    lit = GLYPHS[" " if digit is None else str(digit)]
    left, top, side, inset = 30 * zoom, 22 * zoom, 40 * zoom, 5 * zoom
    for name, ends in SEGMENTS.items():
        (ax, ay), (bx, by) = ((left + a * (side - 4 * zoom), top + b * side) for a, b in ends)
        if ay == by:
            ax, bx = ax + inset, bx - inset
        else:
            ay, by = ay + inset, by - inset
        fill = LIT if name in lit else UNLIT
        panel.pen.line((ax, ay, bx, by), fill=fill, width=7 * zoom)
    return panel.image.resize((width, height), Image.Resampling.LANCZOS)


DRAWN = {
    "reads.png": draw_reads,
    "explain.png": draw_explain,
    "light.png": draw_lights,
    "wrong.png": draw_wrong,
    "pens.png": draw_pens,
}
"""The pictures, and what draws each from a reader and a seed."""


if __name__ == "__main__":
    sys.exit(main())
