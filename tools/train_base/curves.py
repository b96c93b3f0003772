"""Draw how a training went.

    python -m tools.train_base.curves .train/training.jsonl curves.png

Loss, accuracy on what was held out, and learning rate, epoch by epoch, of the network (its
phases one after the other) and beside them of the judge, which is another network.
"""

from __future__ import annotations

import argparse
import math
import os
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from PIL import Image, ImageDraw, ImageFont

from core.errors import DatasetError, ZerodigitError
from core.files.atomic import write_atomically
from tools.train_base.log import Line, read

JUDGE = "the judge"
"""Name of the phase that is drawn beside the others."""

PAPER = (250, 249, 246)
PANEL = (255, 255, 255)
GRID = (230, 228, 223)
TEXT = (34, 34, 40)
FAINT = (120, 120, 128)
TRAINED = (208, 48, 40)
HELD_OUT = (40, 104, 190)
RATE = (110, 118, 130)
BAND = (243, 241, 236)

SIZE = (1120, 670)
TOP, BOTTOM, BETWEEN = 74, 46, 26
LEFT, RIGHT, GUTTER = 62, 20, 74
HEIGHTS = (0.42, 0.38, 0.20)
ZOOM = 3

Colour = tuple[int, int, int]


@dataclass(frozen=True)
class _Row:
    """A kind of panel: its name, how values become heights, the curves in it."""

    name: str
    curves: tuple[tuple[str, Colour, Callable[[Line], float | None]], ...]
    logarithmic: bool


ROWS = (
    _Row("loss", (
        ("trained on", TRAINED, lambda line: line.loss),
        ("held out", HELD_OUT, lambda line: line.validation_loss),
    ), True),
    _Row("read wrongly, of what was held out", (
        ("held out", HELD_OUT, lambda line: _error(line)),
    ), True),
    _Row("learning rate", (
        ("learning rate", RATE, lambda line: line.learning_rate),
    ), False),
)  # fmt: skip


def main(argv: list[str] | None = None) -> int:
    """Draw a log; 0 when the picture is written, 3 for a log that is none."""
    parser = argparse.ArgumentParser(
        prog="python -m tools.train_base.curves",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("log", type=Path, metavar="LOG", help="training.jsonl")
    parser.add_argument("out", type=Path, metavar="OUT.png")
    arguments = parser.parse_args(argv)
    try:
        lines = read(arguments.log)
        if not lines:
            raise DatasetError(f"{arguments.log}: no epoch in it")
        save(draw(lines), arguments.out)
    except ZerodigitError as error:
        print(f"curves: error: {error}", file=sys.stderr)
        return 3
    print(arguments.out)
    return 0


def save(picture: Image.Image, path: str | os.PathLike[str]) -> None:
    """Write a picture as PNG, whole or not at all. Raises StorageError."""
    with write_atomically(path) as file:
        picture.save(file, "PNG", optimize=True)


def draw(lines: Sequence[Line]) -> Image.Image:
    """The curves of a training, RGB; of no epoch, empty paper."""
    judges = [line for line in lines if line.phase == JUDGE]
    groups = [[line for line in lines if line.phase != JUDGE], judges]
    groups = [group for group in groups if group]
    # Lines are drawn large and reduced, which makes them smooth; words come afterwards.
    large = Image.new("RGB", (SIZE[0] * ZOOM, SIZE[1] * ZOOM), PAPER)
    columns = _columns([len(group) for group in groups]) if groups else []
    panels = [
        _Panel(row, group, (left, top, right, bottom))
        for group, (left, right) in zip(groups, columns, strict=True)
        for row, (top, bottom) in zip(ROWS, _heights(), strict=True)
    ]
    pen = ImageDraw.Draw(large)
    for panel in panels:
        panel.draw(pen)
    picture = large.resize(SIZE, Image.Resampling.LANCZOS)
    pen = ImageDraw.Draw(picture)
    for panel in panels:
        panel.label(pen)
    for group, (left, right) in zip(groups, columns, strict=True):
        _caption(pen, group, left, right)
    return picture


def _columns(lengths: list[int]) -> list[tuple[int, int]]:
    """Left and right of each group's panels, as wide as it has epochs, but legible."""
    free = SIZE[0] - LEFT - RIGHT - GUTTER * (len(lengths) - 1)
    weights = [max(length, 0.6 * max(lengths)) for length in lengths]
    columns, left = [], LEFT
    for weight in weights:
        width = int(free * weight / sum(weights))
        columns.append((left, left + width))
        left += width + GUTTER
    return columns


def _heights() -> list[tuple[int, int]]:
    free = SIZE[1] - TOP - BOTTOM - BETWEEN * (len(HEIGHTS) - 1)
    rows, top = [], TOP
    for share in HEIGHTS:
        rows.append((top, top + int(free * share)))
        top += int(free * share) + BETWEEN
    return rows


def _error(line: Line) -> float | None:
    return None if line.validation_accuracy is None else 1 - line.validation_accuracy


class _Panel:
    """One set of axes: a row's curves for one group of epochs."""

    def __init__(self, row: _Row, lines: list[Line], box: tuple[int, int, int, int]) -> None:
        self.row, self.lines, self.box = row, lines, box
        values = [v for _, _, of in row.curves for v in map(of, lines) if v is not None]
        self.ticks = _ticks(values, row.logarithmic)
        self.low, self.high = _limits(values, self.ticks, row.logarithmic)

    def x(self, number: float) -> float:
        """Pixels from the left; epochs are numbered from 1 through all phases."""
        left, _, right, _ = self.box
        return left + (number - 0.5) / len(self.lines) * (right - left)

    def y(self, value: float) -> float:
        _, top, _, bottom = self.box
        scale = _scale(self.row.logarithmic)
        low, high = scale(self.low), scale(self.high)
        return bottom - (scale(max(value, self.low)) - low) / (high - low) * (bottom - top)

    def draw(self, pen: ImageDraw.ImageDraw) -> None:
        left, top, right, bottom = self.box
        pen.rectangle(_zoomed((left, top, right, bottom)), fill=PANEL)
        for number, (start, end, _) in enumerate(_phases(self.lines)):
            if number % 2:
                pen.rectangle(
                    _zoomed((self.x(start + 0.5), top, self.x(end + 0.5), bottom)), fill=BAND
                )
        for tick in self.ticks:
            height = self.y(tick)
            pen.line(_zoomed((left, height, right, height)), fill=GRID, width=ZOOM)
        pen.rectangle(_zoomed((left, top, right, bottom)), outline=GRID, width=ZOOM)
        for _, colour, of in self.row.curves:
            self._curve(pen, colour, of)

    def _curve(
        self, pen: ImageDraw.ImageDraw, colour: Colour, of: Callable[[Line], float | None]
    ) -> None:
        points = []
        for number, line in enumerate(self.lines, 1):
            value = of(line)
            if value is None:
                continue
            x, y = self.x(number) * ZOOM, self.y(value) * ZOOM
            points.append((x, y))
            radius = ZOOM * (5.0 if line.kept and colour == HELD_OUT else 2.0)
            pen.ellipse((x - radius, y - radius, x + radius, y + radius), fill=colour)
        if len(points) > 1:
            pen.line(points, fill=colour, width=round(1.8 * ZOOM), joint="curve")

    def label(self, pen: ImageDraw.ImageDraw) -> None:
        left, top, right, bottom = self.box
        _text(pen, left, top - 17, self.row.name, 13)
        for tick in self.ticks:
            said = f"{100 * tick:g} %" if self.row is ROWS[1] else f"{tick:g}"
            _text(pen, left - 6, self.y(tick) - 8, said, 12, FAINT, align="right")
        if len(self.row.curves) > 1:
            x = right - 8
            for name, colour, _ in reversed(self.row.curves):
                x = _text(pen, x, top + 5, name, 12, colour, align="right") - 14
        for number, line in enumerate(self.lines, 1):
            if line.kept and self.row is ROWS[1] and line.validation_accuracy is not None:
                said = f"kept: {100 * (1 - line.validation_accuracy):.2f} %"
                at = min(max(self.x(number), left + 44), right - 44)
                y = self.y(1 - line.validation_accuracy) - 24
                _text(pen, at, y, said, 12, HELD_OUT, align="centre")
        if self.row is ROWS[-1]:
            step = 5 * math.ceil(len(self.lines) / 50) if len(self.lines) > 10 else 1
            for number in range(1, len(self.lines) + 1):
                if number % step == 0 or number == 1:
                    _text(pen, self.x(number), bottom + 4, str(number), 12, FAINT, "centre")
            _text(pen, (left + right) / 2, bottom + 20, "epoch", 12, FAINT, "centre")


def _caption(pen: ImageDraw.ImageDraw, lines: list[Line], left: int, right: int) -> None:
    for start, _, phase in _phases(lines):
        x = left + start / len(lines) * (right - left)
        _text(pen, x, 12, phase, 15)
        these = [line for line in lines if line.phase == phase]
        known = [line.seconds for line in these if line.seconds is not None]
        if known:
            _text(pen, x, 30, f"{len(these)} epochs, {_duration(sum(known))}", 12, FAINT)


def _duration(seconds: float) -> str:
    return f"{seconds / 60:.0f} minutes" if seconds >= 120 else f"{seconds:.0f} s"


def _phases(lines: list[Line]) -> list[tuple[int, int, str]]:
    """(first, end, name) of each phase, counted in lines from 0, the end exclusive."""
    found: list[tuple[int, int, str]] = []
    for number, line in enumerate(lines):
        if found and found[-1][2] == line.phase:
            found[-1] = (found[-1][0], number + 1, line.phase)
        else:
            found.append((number, number + 1, line.phase))
    return found


def _ticks(values: list[float], logarithmic: bool) -> list[float]:
    positive = [value for value in values if value > 0] or [1.0]
    low, high = min(positive), max(positive)
    if not logarithmic:
        step = 10.0 ** math.floor(math.log10(high))
        step = step / 2 if high / step < 4 else step
        return [step * number for number in range(math.floor(high / step) + 1)]
    decades = range(math.floor(math.log10(low)) - 1, math.ceil(math.log10(high)) + 1)
    ticks = [m * 10.0**decade for decade in decades for m in (1, 2, 5)]
    return [float(f"{tick:.3g}") for tick in ticks if low / 1.3 <= tick <= high * 1.3]


def _limits(values: list[float], ticks: list[float], logarithmic: bool) -> tuple[float, float]:
    if not logarithmic:
        return 0.0, max([*values, *ticks, 1e-9]) * 1.08
    known = [value for value in values if value > 0] + ticks or [1.0]
    return min(known) / 1.25, max(known) * 1.25


def _scale(logarithmic: bool) -> Callable[[float], float]:
    return math.log10 if logarithmic else float


def _zoomed(box: Sequence[float]) -> tuple[float, ...]:
    return tuple(side * ZOOM for side in box)


def _text(
    pen: ImageDraw.ImageDraw,
    x: float,
    y: float,
    said: str,
    size: int,
    colour: Colour = TEXT,
    align: str = "left",
) -> float:
    """Write, and say where the text begins."""
    font: Any
    try:
        font = ImageFont.load_default(size)
    except (TypeError, ImportError):  # pillow before 10.1, or without FreeType: one size only
        font = ImageFont.load_default()
    width = pen.textlength(said, font=font)
    x -= {"left": 0.0, "centre": width / 2, "right": width}[align]
    pen.text((x, y), said, font=font, fill=colour)
    return x


if __name__ == "__main__":
    sys.exit(main())
