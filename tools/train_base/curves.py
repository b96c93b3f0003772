"""Draw how a training went.

    python -m tools.train_base.curves .train/training.jsonl curves.png

Loss, accuracy on what was held out, and learning rate, epoch by epoch, of the network (its
phases one after the other) and beside them of the judge, which is another network.
"""

from __future__ import annotations

import itertools
import math
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from PIL import Image

from core.errors import DatasetError
from pi.diagnostics.canvas import BLUE, EDGE, FAINT, GREY, GRID, RED, Canvas, Colour, save
from tools import command
from tools.train_base.log import Line, read

JUDGE, PLACE_JUDGE = "the judge", "the judge of places"
"""Names of the phases that are drawn beside the others."""

SIZE = (1120, 670)
TOP, BETWEEN = 74, 26
LEFT, RIGHT, GUTTER = 62, 20, 74
ZOOM = 3
"""Curves are drawn so many times larger and reduced, which makes them smooth."""


@dataclass(frozen=True)
class Row:
    """A kind of panel: its title, its curves (name, colour, attribute of a Line) and height."""

    title: str
    curves: tuple[tuple[str, Colour, str], ...]
    height: int
    logarithmic: bool = True
    percent: bool = False


TRAINED, HELD_OUT, RATE = RED, BLUE, GREY
BAND: Colour = (243, 241, 236)
"""Ground of every second phase, darker than the white of a panel."""
ERROR = Row("read wrongly, of what was held out", (("", HELD_OUT, "error"),), 188, percent=True)
ROWS = (
    Row("loss", (("trained on", TRAINED, "loss"),
                 ("held out", HELD_OUT, "validation_loss")), 208),
    ERROR,
    Row("learning rate", (("", RATE, "learning_rate"),), 99, logarithmic=False),
)  # fmt: skip


class Axis:
    """From values to shares of a panel's height, by logarithm or evenly; and round ticks."""

    def __init__(self, values: Sequence[float], logarithmic: bool) -> None:
        positive = [value for value in values if value > 0] or [1.0]
        low, high = min(positive), max(positive)
        power = 10.0 ** math.floor(math.log10(high))
        self.scale = math.log10 if logarithmic else float
        if logarithmic:
            decades = range(math.floor(math.log10(low)) - 1, math.ceil(math.log10(high)) + 1)
            every = [float(f"{m}e{decade}") for decade in decades for m in (1, 2, 5)]
            self.ticks = [tick for tick in every if low / 1.3 <= tick <= high * 1.3]
            ends = [low, high, *self.ticks]
            self.low, self.high = min(ends) / 1.25, max(ends) * 1.25
        else:
            step = next(power * m for m in (0.2, 0.5, 1, 2) if high <= 5 * m * power)
            self.ticks = [step * number for number in range(math.floor(high / step) + 1)]
            self.low, self.high = 0.0, high * 1.08

    def height(self, value: float) -> float:
        """0 at the lower end, 1 at the upper one; a value below the axis is at its end."""
        low, high = self.scale(self.low), self.scale(self.high)
        return (self.scale(max(value, self.low)) - low) / (high - low)


def draw(lines: Sequence[Line]) -> Image.Image:
    """The curves of a training, RGB; of no epoch, empty paper."""
    judges = [[each for each in lines if each.phase == name] for name in (JUDGE, PLACE_JUDGE)]
    network = [line for line in lines if line.phase not in (JUDGE, PLACE_JUDGE)]
    groups = [group for group in (network, *judges) if group]
    # As wide as a group has epochs, but legible.
    longest = max(map(len, groups), default=0)
    shares = [max(len(group), 0.6 * longest) for group in groups]
    free = SIZE[0] - LEFT - RIGHT - GUTTER * (len(groups) - 1)
    canvas, left = Canvas(*SIZE), LEFT
    for group, share in zip(groups, shares, strict=True):
        width, y = int(free * share / sum(shares)), TOP
        _name_phases(canvas, group, left, width)
        for row in ROWS:
            _draw_row(canvas, row, group, (left, y, width))
            y += row.height + BETWEEN
        _number_epochs(canvas, len(group), (left, y - BETWEEN, width))
        left += width + GUTTER
    return canvas.image


def _x(number: float, epochs: int, width: int) -> float:
    """Pixels from the left of an epoch; they are numbered from 1 through all phases."""
    return (number - 0.5) / epochs * width


def _draw_row(canvas: Canvas, row: Row, lines: list[Line], place: tuple[int, int, int]) -> None:
    left, top, width = place
    known = [
        (name, colour, [(n, getattr(line, attribute)) for n, line in enumerate(lines, 1)])
        for name, colour, attribute in row.curves
    ]
    values = [value for _, _, curve in known for _, value in curve if value is not None]
    axis = Axis(values, row.logarithmic)

    def at(number: float, value: float) -> tuple[float, float]:
        return _x(number, len(lines), width), row.height * (1 - axis.height(value))

    panel = Canvas(width * ZOOM, row.height * ZOOM, (255, 255, 255))
    for number, (start, end) in enumerate(_phases(lines)):
        if number % 2:
            x, right = (ZOOM * _x(each + 0.5, len(lines), width) for each in (start, end))
            panel.pen.rectangle((x, 0, right, row.height * ZOOM), fill=BAND)
    canvas.text(left, top - 17, row.title, 13)
    for tick in axis.ticks:
        y = at(1, tick)[1]
        panel.pen.line((0, y * ZOOM, width * ZOOM, y * ZOOM), fill=GRID, width=ZOOM)
        text = f"{100 * tick:g} %" if row.percent else f"{tick:g}"
        canvas.text(left - 6, top + y - 8, text, 12, FAINT, align=1)
    for _, colour, curve in known:
        known_at = [(n, at(n, value)) for n, value in curve if value is not None]
        points = {n: (x * ZOOM, y * ZOOM) for n, (x, y) in known_at}
        if len(points) > 1:
            panel.pen.line([*points.values()], fill=colour, width=2 * ZOOM, joint="curve")
        for n, (x, y) in points.items():
            radius = ZOOM * (5 if lines[n - 1].kept and colour == HELD_OUT else 2)
            panel.pen.ellipse((x - radius, y - radius, x + radius, y + radius), fill=colour)
    reduced = panel.image.resize((width, row.height), Image.Resampling.LANCZOS)
    canvas.paste(reduced, left, top, EDGE)
    x = left + width - 8.0
    for name, colour, _ in reversed(known):
        x = canvas.text(x, top + 5, name, 12, colour, align=1) - 14
    for number, line in enumerate(lines, 1):
        if row is ERROR and line.kept and line.error is not None:
            x, y = at(number, line.error)
            middle = left + min(max(x, 44), width - 44)
            kept = f"kept: {100 * line.error:.2f} %"
            canvas.text(middle, top + y - 24, kept, 12, HELD_OUT, align=0.5)


def _number_epochs(canvas: Canvas, epochs: int, place: tuple[int, int, int]) -> None:
    left, bottom, width = place
    step = 5 * math.ceil(epochs / 50) if epochs > 10 else 1
    for number in sorted({1, *range(step, epochs + 1, step)}):
        x = left + _x(number, epochs, width)
        canvas.text(x, bottom + 4, str(number), 12, FAINT, align=0.5)
    canvas.text(left + width / 2, bottom + 20, "epoch", 12, FAINT, align=0.5)


def _name_phases(canvas: Canvas, lines: list[Line], left: int, width: int) -> None:
    for start, end in _phases(lines):
        x = left + start / len(lines) * width
        canvas.text(x, 12, lines[start].phase, 15)
        known = [line.seconds for line in lines[start:end] if line.seconds is not None]
        if known:
            seconds = sum(known)
            time = f"{seconds / 60:.0f} minutes" if seconds >= 120 else f"{seconds:.0f} s"
            canvas.text(x, 30, f"{end - start} epochs, {time}", 12, FAINT)


def _phases(lines: list[Line]) -> list[tuple[int, int]]:
    """(first, end) of each phase, counted in lines from 0, the end exclusive."""
    lengths = [len(list(each)) for _, each in itertools.groupby(lines, lambda line: line.phase)]
    ends = list(itertools.accumulate(lengths))
    return [(end - length, end) for end, length in zip(ends, lengths, strict=True)]


def main(argv: list[str] | None = None) -> int:
    """Draw a log; 0 when the picture is written, 3 for a log that is none."""
    parser = command.parser("tools.train_base.curves", __doc__)
    parser.add_argument("log", type=Path, metavar="LOG", help="training.jsonl")
    parser.add_argument("out", type=Path, metavar="OUT.png")
    arguments = parser.parse_args(argv)

    def work() -> None:
        lines = read(arguments.log)
        if not lines:
            raise DatasetError(f"{arguments.log}: no epoch in it")
        save(draw(lines), arguments.out)
        print(arguments.out)

    return command.run("curves", work)


if __name__ == "__main__":
    sys.exit(main())
