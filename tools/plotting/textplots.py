"""The plots of `tools.plotting.panels`, drawn with plain ASCII characters."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from tools.plotting.panels import Chart, Landscape, Panel, Pictures, Range, Series

LINES = ".:-=~"
POINTS = "ox+*#"
SHADES = " .:-=+*#%@"
MARGIN = 7
"""Characters to the left of an axis, for its numbers."""


class Canvas:
    """Characters over two axes; what is drawn outside is not seen."""

    def __init__(self, columns: int, rows: int, x_range: Range, y_range: Range) -> None:
        self.cells = [[" "] * columns for _ in range(rows)]
        self.columns, self.rows = columns, rows
        self.x_range, self.y_range = x_range, y_range

    def put(self, x: float, y: float, mark: str) -> None:
        across = _share(x, self.x_range) * (self.columns - 1)
        up = _share(y, self.y_range) * (self.rows - 1)
        if -0.5 <= across < self.columns - 0.5 and -0.5 <= up < self.rows - 0.5:
            self.cells[self.rows - 1 - round(up)][round(across)] = mark

    def join(self, x: Sequence[float], y: Sequence[float], mark: str) -> None:
        """Straight lines from point to point."""
        for left, right, start, end in zip(x[:-1], x[1:], y[:-1], y[1:], strict=True):
            across = abs(_share(right, self.x_range) - _share(left, self.x_range))
            up = abs(_share(end, self.y_range) - _share(start, self.y_range))
            dense = 2 + round(4 * max(across * self.columns, up * self.rows))
            for part in np.linspace(0, 1, min(dense, 1000)):
                self.put(left + part * (right - left), start + part * (end - start), mark)

    def framed(self, x_label: str, y_label: str) -> list[str]:
        """The rows with axes, their ends numbered and named."""
        lines = [" " * MARGIN + y_label]
        ends = {0: self.y_range[1], self.rows - 1: self.y_range[0]}
        for number, row in enumerate(self.cells):
            value = f"{_number(ends[number])} " if number in ends else ""
            lines.append(f"{value:>{MARGIN}}|{''.join(row)}")
        lines.append(" " * MARGIN + "+" + "-" * self.columns)
        left, right = map(_number, self.x_range)
        middle = max(1, self.columns - len(left) - len(right))
        lines.append(" " * (MARGIN + 1) + left + f"{x_label:^{middle}}" + right)
        return lines


def text(panels: Sequence[Panel], columns: int = 79) -> str:
    """The panels side by side, as characters."""
    width = (columns - 3 * (len(panels) - 1)) // len(panels)
    return beside([lines(panel, width) for panel in panels], width)


def lines(panel: Panel, columns: int) -> list[str]:
    """One panel, as lines of characters."""
    if isinstance(panel, Chart):
        return chart(panel, columns)
    if isinstance(panel, Landscape):
        return landscape(panel, columns)
    return pictures(panel, columns)


def chart(plot: Chart, columns: int) -> list[str]:
    """Lines first, then points, so that no line hides a point."""
    x_range, y_range = plot.ranges()
    canvas = Canvas(columns - MARGIN - 1, 8 + columns // 9, x_range, y_range)
    legend = []
    lines, points = iter(LINES * 3), iter(POINTS * 3)
    marks = [next(lines if series.kind == "line" else points) for series in plot.series]
    order = sorted(range(len(marks)), key=lambda n: plot.series[n].kind != "line")
    for number in order:
        _draw(canvas, plot.series[number], marks[number])
    for mark, series in zip(marks, plot.series, strict=True):
        if series.label:
            legend.append(f"{mark} {series.label}")
    return [plot.title, *canvas.framed(plot.x_label, plot.y_label), *_wrapped(legend, columns)]


def _draw(canvas: Canvas, series: Series, mark: str) -> None:
    if series.kind == "line":
        canvas.join(series.x.tolist(), series.y.tolist(), mark)
    if series.low is not None and series.high is not None:
        for x, low, high in zip(series.x, series.low, series.high, strict=True):
            canvas.join([x, x], [low, high], "|")
    if series.kind != "line":
        for x, y in zip(series.x, series.y, strict=True):
            canvas.put(x, y, mark)


def landscape(plot: Landscape, columns: int) -> list[str]:
    """Low is blank, high is black; a path's places carry its letter."""
    x_range = (float(plot.x[0]), float(plot.x[-1]))
    y_range = (float(plot.y[0]), float(plot.y[-1]))
    canvas = Canvas(columns - MARGIN - 1, 8 + columns // 9, x_range, y_range)
    levels = plot.levels(len(SHADES) - 1)
    for row, y in enumerate(np.linspace(*y_range, canvas.rows)):
        for column, x in enumerate(np.linspace(*x_range, canvas.columns)):
            height = plot.heights[_nearest(plot.y, y), _nearest(plot.x, x)]
            shade = SHADES[int(np.searchsorted(levels, height))]
            canvas.cells[canvas.rows - 1 - row][column] = shade
    legend = []
    for letter, path in zip("ABCDEF", plot.paths, strict=False):
        for x, y in zip(path.x, path.y, strict=True):
            canvas.put(x, y, letter)
        legend.append(f"{letter} {path.label}")
    return [plot.title, *canvas.framed(plot.x_label, plot.y_label), *_wrapped(legend, columns)]


def pictures(plot: Pictures, columns: int) -> list[str]:
    """As many beside each other as the width and `across` allow."""
    images = plot.scaled()
    wanted = min(max(2 * images[0].shape[1], 14), 56 if len(images) == 1 else 25)
    across = max(1, min(plot.across, len(images), (columns + 2) // (wanted + 2)))
    width = min(wanted, columns)
    blocks = []
    for number, image in enumerate(images):
        caption = [plot.captions[number][:width]] if number < len(plot.captions) else []
        blocks.append(caption + shades(image, width))
    lines = [plot.title]
    for start in range(0, len(blocks), across):
        lines += beside(blocks[start : start + across], width, gap=2).split("\n")
    return lines


def shades(image: NDArray[np.float64], width: int) -> list[str]:
    """An image of 0 to 1 in `width` characters a row, each twice as high as it is wide."""
    height = max(1, round(width * image.shape[0] / image.shape[1] / 2))
    rows = _averaged(image, height)
    cells = _averaged(rows.T, width).T
    dark = np.clip((cells * len(SHADES)).astype(int), 0, len(SHADES) - 1)
    return ["".join(SHADES[value] for value in row) for row in dark]


def beside(blocks: Sequence[Sequence[str]], width: int, gap: int = 3) -> str:
    """Blocks of lines next to each other, each `width` wide."""
    height = max(len(block) for block in blocks)
    padded = [[*block, *[""] * (height - len(block))] for block in blocks]
    rows = [[f"{part:<{width}}" for part in row] for row in zip(*padded, strict=True)]
    return "\n".join((" " * gap).join(row).rstrip() for row in rows)


def _averaged(image: NDArray[np.float64], rows: int) -> NDArray[np.float64]:
    """The image in `rows` rows, each the mean of what it covers."""
    edges = np.linspace(0, len(image), rows + 1)
    starts = np.minimum(np.floor(edges[:-1] + 1e-9).astype(int), len(image) - 1)
    ends = np.maximum(np.ceil(edges[1:] - 1e-9).astype(int), starts + 1)
    return np.stack([image[a:b].mean(axis=0) for a, b in zip(starts, ends, strict=True)])


def _wrapped(items: list[str], columns: int) -> list[str]:
    """The items on as few lines as hold them."""
    lines: list[str] = []
    for item in items:
        if lines and len(lines[-1]) + 3 + len(item) <= columns:
            lines[-1] += "   " + item
        else:
            lines.append(item)
    return lines


def _share(value: float, ends: Range) -> float:
    return (value - ends[0]) / (ends[1] - ends[0])


def _nearest(values: NDArray[np.float64], value: float) -> int:
    return int(np.abs(values - value).argmin())


def _number(value: float) -> str:
    return f"{value:.0f}" if abs(value) >= 1000 else f"{value:.3g}"
