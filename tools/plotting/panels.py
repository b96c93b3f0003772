"""Plots that are described once and drawn twice: as text, and as a picture by matplotlib.

    chart = Chart("Garden bugs", "width", "length")
    chart.points("ladybird", [3.0], [1.0])
    chart.line("dividing line", [0, 4], [0, 4])
    print(textplots.text([chart]))
    save([[chart]], "bugs.png")

A `Chart` has lines and points, a `Landscape` has a height for each place, `Pictures` are
greyscale images side by side. matplotlib is the extra ``plots`` and is loaded by `save`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from core.files.output import write_output
from tools.plotting.optional import load_optional

Floats = NDArray[np.float64]
Range = tuple[float, float]

COLOURS = ("#1f6f8b", "#d1495b", "#3a7d44", "#edae49", "#6a4c93", "#5b5b5b")
WIDTH, HEIGHT, DPI = 4.6, 3.7, 110
"""Of a panel in inches, and dots per inch."""
LEAST = 6.4
"""Inches of the whole picture's width, that titles fit in."""


@dataclass
class Series:
    """One line, or points, or points with a spread; `low` and `high` only for a spread."""

    label: str
    x: Floats
    y: Floats
    kind: str
    low: Floats | None = None
    high: Floats | None = None


@dataclass
class Chart:
    """Lines and points over two axes. Without a range an axis shows all there is."""

    title: str
    x_label: str
    y_label: str
    x_range: Range | None = None
    y_range: Range | None = None
    series: list[Series] = field(default_factory=list)

    def line(self, label: str, x: ArrayLike, y: ArrayLike) -> None:
        """Points joined by straight lines."""
        self.series.append(Series(label, _floats(x), _floats(y), "line"))

    def points(self, label: str, x: ArrayLike, y: ArrayLike) -> None:
        """Points by themselves."""
        self.series.append(Series(label, _floats(x), _floats(y), "points"))

    def spread(self, label: str, x: ArrayLike, samples: Sequence[ArrayLike]) -> None:
        """For each x the median of its samples, and a bar from the least to the greatest."""
        median, low, high = (
            _floats([function(s) for s in samples]) for function in (np.median, np.min, np.max)
        )
        self.series.append(Series(label, _floats(x), median, "spread", low, high))

    def ranges(self) -> tuple[Range, Range]:
        """The range of x and of y that is shown."""
        x = np.concatenate([s.x for s in self.series])
        heights = [part for s in self.series for part in (s.y, s.low, s.high)]
        y = np.concatenate([part for part in heights if part is not None])
        return self.x_range or _range(x), self.y_range or _range(y)

    def draw(self, axes: Any) -> None:
        for number, series in enumerate(self.series):
            colour = COLOURS[number % len(COLOURS)]
            style: dict[str, Any] = {"color": colour, "label": series.label}
            if series.kind == "line":
                axes.plot(series.x, series.y, linewidth=1.8, **style)
            elif series.kind == "points":
                axes.scatter(series.x, series.y, s=34, zorder=3, **style)
            else:
                axes.fill_between(series.x, series.low, series.high, color=colour, alpha=0.2)
                style |= {"marker": "o", "markersize": 4, "clip_on": False}
                axes.plot(series.x, series.y, **style)
        x_range, y_range = self.ranges()
        axes.set(xlabel=self.x_label, ylabel=self.y_label, xlim=x_range, ylim=y_range)
        whole = all((series.x == series.x.round()).all() for series in self.series)
        axes.locator_params(axis="x", nbins=6, integer=whole)
        axes.grid(color="#e4e4e4", linewidth=0.6)
        axes.spines[["top", "right"]].set_visible(False)
        if any(series.label for series in self.series):
            axes.legend(frameon=False, fontsize=8)


@dataclass
class Landscape:
    """Heights (rows, columns) over x (columns,) and y (rows,), and paths that walk on it.

    High is dark. With `even` the shades are even steps; otherwise all are used alike.
    """

    title: str
    x_label: str
    y_label: str
    x: Floats
    y: Floats
    heights: Floats
    even: bool = False
    paths: list[Series] = field(default_factory=list)

    def levels(self, count: int) -> Floats:
        """Heights at which the shade changes: even ones, or such that all shades are seen."""
        parts = np.linspace(0, 1, count + 2)[1:-1]
        if self.even:
            return self.heights.min() + parts * np.ptp(self.heights)
        return np.unique(np.quantile(self.heights, parts))

    def path(self, label: str, x: ArrayLike, y: ArrayLike) -> None:
        """A walk from place to place."""
        self.paths.append(Series(label, _floats(x), _floats(y), "line"))

    def draw(self, axes: Any) -> None:
        levels = self.levels(50)
        shades = np.interp(self.heights, levels, np.linspace(0, 1, len(levels)))
        # Grey, and no darker than a coloured path can be seen on.
        style = {"cmap": "Greys", "vmin": 0, "vmax": 1.6, "shading": "gouraud"}
        axes.pcolormesh(self.x, self.y, shades, **style)
        for number, path in enumerate(self.paths):
            colour = COLOURS[number % len(COLOURS)]
            style = {"color": colour, "linewidth": 0.8, "markersize": 3}
            axes.plot(path.x, path.y, "o-", label=path.label, **style)
        axes.set(xlabel=self.x_label, ylabel=self.y_label,
                 xlim=(self.x[0], self.x[-1]), ylim=(self.y[0], self.y[-1]))  # fmt: skip
        if self.paths:
            axes.legend(fontsize=8)


@dataclass
class Pictures:
    """Images (h, w), each with a caption; the smallest value of all is paper, the largest ink.

    With `each` True every picture has its own darkest and lightest value.
    """

    title: str
    images: Sequence[ArrayLike]
    captions: Sequence[str] = ()
    across: int = 5
    each: bool = False

    def shape(self) -> tuple[int, int]:
        """Pictures down and across."""
        across = min(self.across, len(self.images))
        return -(-len(self.images) // across), across

    def scaled(self) -> list[Floats]:
        """The images with values 0 to 1."""
        images = [_floats(image) for image in self.images]
        if self.each:
            return [_unit(image, image.min(), image.max()) for image in images]
        low = min(image.min() for image in images)
        high = max(image.max() for image in images)
        return [_unit(image, low, high) for image in images]

    def draw(self, axes: Any) -> None:
        axes.axis("off")
        down, across = self.shape()
        for number, image in enumerate(self.scaled()):
            row, column = divmod(number, across)
            place = (column / across, 1 - (row + 1) / down, 0.94 / across, 0.84 / down)
            small = axes.inset_axes(place)
            small.imshow(image, cmap="Greys", vmin=0, vmax=1, interpolation="nearest")
            small.set(xticks=[], yticks=[])
            small.spines[:].set_color("#c8c6c0")
            if number < len(self.captions):
                small.set_title(self.captions[number], fontsize=8, pad=3)


Panel = Chart | Landscape | Pictures


def save(rows: Sequence[Sequence[Panel]], path: str | Path) -> None:
    """Draw rows of panels into a PNG. MissingExtraError without matplotlib; StorageError."""
    matplotlib = load_matplotlib()
    width = max(LEAST, WIDTH * max(len(row) for row in rows))
    heights = [max(_height(panel, width / len(row)) for panel in row) for row in rows]
    size = (width, sum(heights))
    figure = matplotlib.figure.Figure(figsize=size, layout="constrained")
    parts = np.atleast_1d(figure.subfigures(len(rows), 1, height_ratios=heights))
    for part, row in zip(parts, rows, strict=True):
        axes = np.atleast_1d(part.subplots(1, len(row)))
        for place, panel in zip(axes, row, strict=True):
            place.set_title(panel.title, fontsize=10, loc="left", fontweight="bold")
            panel.draw(place)
    with write_output(Path(path)) as file:
        figure.savefig(file, format="png", dpi=DPI, metadata={"Software": None})


def load_matplotlib() -> Any:
    """matplotlib; MissingExtraError, in one line, where it is not installed."""
    load_optional("matplotlib.figure", "plots")
    return load_optional("matplotlib", "plots")


def _height(panel: Panel, width: float) -> float:
    """Inches that a panel of this width wants to be high."""
    if not isinstance(panel, Pictures):
        return HEIGHT
    down, across = panel.shape()
    return 0.35 + down * (min(width / across, 3.0) * 0.94 + 0.2)


def _floats(values: ArrayLike) -> Floats:
    return np.asarray(values, dtype=np.float64)


def _range(values: Floats) -> Range:
    """From the least to the greatest, with a little air."""
    low, high = float(values.min()), float(values.max())
    air = 0.05 * (high - low) or 0.5
    return low - air, high + air


def _unit(values: Floats, low: float, high: float) -> Floats:
    return (values - low) / ((high - low) or 1.0)
