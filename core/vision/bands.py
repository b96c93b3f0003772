"""Bands of light across a frame, found and divided out.

A lamp on mains flickers, and a camera that exposes row after row sees its frames in bands; a
venetian blind throws them on a page. Such light is the same along one direction, so from one
line of that direction to the next the logarithms of all pixels change alike, but for those at
the edges of writing. The middle of the changes is the light's (as in Weiss, "Deriving
intrinsic images from image sequences", 2001), and their product its profile across the bands.

    frame -> direction of most edges, on a thumbnail: hardly any frame has one that is clear
          -> slope that explains the most changes -> profile -> is it one of bands? -> divide

A stroke along the bands that covers most of a line would be taken for light. So the profile is
estimated twice, the second time without what is darker than the rest of its line.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from PIL import Image

THUMB_SIDE = 40
"""Longer side, about, in pixels, of the thumbnail on which the direction is found, ..."""

SMALL_SIDE = 80
"""... and of the one on which the slope is searched for."""

SECTORS = 24
"""Directions that are told apart on the thumbnail."""

FLAT, STEEP = 0.024, 0.08
"""Shares of the light by which it changes over two pixels of the thumbnail. Less is no edge;
more counts as this much, or the edges of writing would outweigh those of bands."""

DARK = 8
"""Grey values up to this say nothing about the light: black, or outside of the frame. Added to
a grey value before dividing by it."""

LEAST_EDGES, CLEAR = 0.08, 0.4
"""Bands cover at least the first share of the thumbnail with edges, and have the second share
of all edges. Edges count as many as there are in the rarer sense, down or up."""

LEFT_OVER = 0.55
"""After the division at most this share of their edges is left."""

BLOCK = 8
"""Pixels of a line whose light is averaged. Half as many on the small image, twice as many
where the slope is improved."""

MIDDLE = 0.3
"""The mean of this share of the changes on a line, in the middle, is that of the light: edges
of writing are left out. Once writing is known, the mean of all others is."""

LARGEST_CHANGE = 0.1
"""A change of half the logarithm counts as at most this much where slopes are compared."""

LEAST_EXPLAINED = 0.05
"""A slope explains at least this share of the changes."""

SLOPE_STEPS = tuple(3 / 64 * step for step in range(-5, 6))
FINER_STEPS = (1 / 64, 1 / 128, 1 / 256)
"""Slopes tried about the thumbnail's, and the steps by which the best is improved. Powers of
two, so that they are the same on every machine."""

WRITING, PAPER = 0.92, 0.12
"""Writing is less than the first share as bright as the paper of its line, of which at least
the second share of the line's blocks are."""

LEAST_BLOCKS = 3
"""A line with fewer blocks in the frame is taken to be lit as the one before."""

ALIKE, ALIKE_SHARE = 0.006, 0.35
"""Changes are alike if they differ by at most the first, and this share of themselves."""

LEAST_ALIKE = 0.75
"""In bands at least this share of the light's change is on lines of which most blocks agree."""

SWING = 0.08
"""The light goes down and up again by at least this share, ..."""

DARKEST = 0.15
"""... and is nowhere darker than this share of the brightest: ink is, light hardly is."""

NARROWEST = 9
"""Bands are at least as wide as this many pixels, or they are printed lines."""

LONE, LONE_DARKEST = 0.2, 0.35
"""A single dark band is at least the first share of the frame, or it is a stroke, and at least
the second as bright as the rest, or it is a table beside a sheet."""

_NEAREST, _BILINEAR = Image.Resampling.NEAREST, Image.Resampling.BILINEAR

Floats = NDArray[np.float64]
Mask = NDArray[np.bool_]


def even_light(image: Image.Image, before: Edges | None = None) -> Image.Image | None:
    """A grey frame without its bands of light; None if it shows none, as nearly always.

    ``image`` : mode L, in working size. The brightest bands stay as bright as they are.
    ``before`` : its edges, if they are known.
    """
    before = before or edges_of(image)
    if before.share < LEAST_EDGES or before.part < CLEAR:
        return None
    upright = abs(before.across) > abs(before.down)
    turned = image.transpose(Image.Transpose.TRANSPOSE) if upright else image
    tilt = before.down / before.across if upright else before.across / before.down
    slope = _best_slope(turned, round(256 * tilt) / 256)
    if slope is None:
        return None
    light = _light(_Lines.along(turned, slope, BLOCK, exact=True))
    if light is None:
        return None
    even = _divided(turned, light, slope)
    if upright:
        even = even.transpose(Image.Transpose.TRANSPOSE)
    return even if edges_of(even).share <= LEFT_OVER * before.share else None


class Edges(NamedTuple):
    """The edges of a thumbnail in the direction that has the most.

    steep: share of the thumbnail that is steep edges; share: of the thumbnail that is edges of
    the commonest direction; part: of all its edges; across, down: the direction in which the
    light changes, of length 1, if those are enough for bands.
    """

    steep: float
    share: float
    part: float
    across: float = 1.0
    down: float = 0.0


NO_EDGES = Edges(0.0, 0.0, 0.0)
"""Of a frame that shows none."""

_BORDERS = -1 / np.tan(
    (np.arange(SECTORS, dtype=np.float32) + np.float32(0.5)) * np.pi / SECTORS
)
"""Cotangents, negative, of the borders between sectors, which have whole directions in their
middle: they tell the sector of an edge more cheaply than its angle does."""


def edges_of(image: Image.Image) -> Edges:
    """The commonest direction of edges that go both up and down; NO_EDGES of a frame that is
    too small or too slim to tell, or hardly has any."""
    if min(image.size) < SMALL_SIDE / 10 or max(image.size) > 12 * min(image.size):
        return NO_EDGES
    factor = max(1, round(max(image.size) / THUMB_SIDE))
    thumb = np.asarray(image.reduce(factor), np.int16) + DARK
    twice = 2 * thumb
    inner = (2 * twice[1:-1, 1:-1]).astype(np.float32)
    # Sobel's operator, in shares of the light.
    rows = thumb[:-2] + twice[1:-1] + thumb[2:]
    columns = thumb[:, :-2] + twice[:, 1:-1] + thumb[:, 2:]
    across = ((rows[:, 2:] - rows[:, :-2]) / inner).ravel()
    down = ((columns[2:] - columns[:-2]) / inner).ravel()
    steep = across * across + down * down
    edges = np.flatnonzero(steep >= FLAT * FLAT)
    if len(edges) < LEAST_EDGES * len(steep):
        return NO_EDGES
    across, down = across[edges], down[edges]
    weight = np.minimum(np.sqrt(steep[edges]), np.float32(STEEP))
    most = int(np.count_nonzero(weight == np.float32(STEEP))) / len(steep)
    with np.errstate(divide="ignore"):
        sector = _BORDERS.searchsorted(-across / down, side="right")
    sector[down < 0] += SECTORS
    counts = np.bincount(sector, weight, 2 * SECTORS + 1)
    # What is all but a full turn away is in the sector about none.
    counts[0] += counts[-1]
    counts = counts[:-1]
    counts += np.roll(counts, 1) + np.roll(counts, -1)
    one, other = counts[:SECTORS], counts[SECTORS:]
    rarer = np.minimum(one, other)
    best = int(rarer.argmax())
    # Each edge was counted in three sectors.
    part = float(one[best] + other[best]) / max(float(counts.sum()) / 3, 1e-9)
    share = 2 * float(rarer[best]) / (len(steep) * STEEP)
    if share < LEAST_EDGES or part < CLEAR:
        return Edges(most, share, part)
    turn = np.arctan2(down, across) * (SECTORS / np.pi) + (2 * SECTORS + 0.5)
    off = (turn - (best + 0.5) + SECTORS / 2) % SECTORS - SECTORS / 2
    weight[np.abs(off) >= 1.5] = 0
    mean = float((off * weight).sum()) / max(float(weight.sum()), 1e-9)
    angle = (best + mean) * np.pi / SECTORS
    return Edges(most, share, part, float(np.cos(angle)), float(np.sin(angle)))


class _Lines(NamedTuple):
    """A frame by lines of light: a value of each block (lines, blocks), and which are lit.

    Blocks that are black or not all in the frame are not lit.
    """

    values: Floats
    lit: Mask

    @classmethod
    def along(
        cls, image: Image.Image, slope: float, block: int, *, exact: bool = False
    ) -> _Lines:
        """The lines on which y + slope * x is the same. Means, unless ``exact``, are whole."""
        first, height = _lines_of(image.size, slope)
        across = image.width // block
        sheared = image.transform(
            (across * block, height),
            Image.Transform.AFFINE,
            (1, 0, 0, -slope, 1, first),
            _NEAREST if block > BLOCK else _BILINEAR,
        )
        if exact:
            blocks = np.asarray(sheared).reshape(height, across, block)
            values = blocks.sum(axis=2, dtype=np.float64) / block
        else:
            values = np.asarray(sheared.reduce((block, 1)), np.float64)
        lit = values > DARK
        if slope:
            y = np.arange(height)[:, None] + first
            ends = slope * block * np.arange(across + 1)
            low, high = np.minimum(ends[:-1], ends[1:]), np.maximum(ends[:-1], ends[1:])
            lit &= (y >= high) & (y <= low + image.height - 1)
        return cls(values, lit)

    def changes(self, apart: int = 1) -> _Lines:
        """Changes from each line to the one ``apart``: half of their logarithm, about."""
        one, other = self.values[:-apart], self.values[apart:]
        return _Lines((other - one) / (other + one + 1), self.lit[apart:] & self.lit[:-apart])

    def middle(self, share: float) -> Floats:
        """The mean of the middle ``share`` of each line; 0 for a line with hardly any."""
        count = self.lit.sum(axis=1)
        ordered = np.sort(np.where(self.lit, self.values, np.inf), axis=1)
        cut = (count * (1 - share) / 2).astype(np.intp)[:, None]
        place = np.arange(ordered.shape[1])
        inside = (place >= cut) & (place < count[:, None] - cut)
        total = np.where(inside, ordered, 0).sum(axis=1)
        mean: Floats = np.where(count < LEAST_BLOCKS, 0, total / np.maximum(inside.sum(1), 1))
        return mean


def _lines_of(size: tuple[int, int], slope: float) -> tuple[float, int]:
    """y + slope * x of the first line that touches a frame, and how many lines do."""
    width, height = size
    return min(0.0, slope * width), int(np.ceil(height + abs(slope) * width))


def _explained(image: Image.Image, slope: float, block: int, apart: int) -> tuple[float, float]:
    """How much of the changes between lines of a slope is alike in all, and how much there is.

    Sums of absolute values, as mean over the blocks.
    """
    changes = _Lines.along(image, slope, block).changes(apart)
    rest = changes.values - changes.middle(MIDDLE)[:, None]
    before, after = (
        float(np.minimum(np.abs(each), LARGEST_CHANGE)[changes.lit].sum())
        for each in (changes.values, rest)
    )
    count = max(1, int(np.count_nonzero(changes.lit)))
    return (before - after) / count, before / count


def _best_slope(image: Image.Image, about: float) -> float | None:
    """The slope that explains the most; None if that is next to nothing."""
    small = image.reduce(max(1, round(max(image.size) / SMALL_SIDE)))
    found = [(*_explained(small, about + s, BLOCK // 2, 1), about + s) for s in SLOPE_STEPS]
    gain, before, slope = max(found)
    if gain <= LEAST_EXPLAINED * before:
        return None
    gain = _explained(image, slope, 2 * BLOCK, 3)[0]
    for step in FINER_STEPS:
        sides = [
            (_explained(image, slope + s, 2 * BLOCK, 3)[0], slope + s) for s in (-step, step)
        ]
        gain, slope = max((gain, slope), *sides)
    # Level or upright bands are the commonest, and where they are sharp the small image may
    # miss them between two steps.
    level = _explained(image, 0.0, 2 * BLOCK, 3)[0]
    return 0.0 if level >= gain or abs(slope) <= FINER_STEPS[-1] else slope


def _light(lines: _Lines) -> Floats | None:
    """The light of each line, the brightest 1; None if it is not one of bands."""
    light = _product(lines.changes().middle(MIDDLE))
    values, lit = lines
    even = np.where(lit, values / light[:, None], np.nan)
    # Light also changes along the lines.
    ordered = np.sort(even, axis=0)
    along = ordered[lit.sum(axis=0) // 2, np.arange(lit.shape[1])]
    even = np.where(lit, even / along, 0)
    place = lit.shape[1] - 1 - (PAPER * lit.sum(axis=1)).astype(np.intp)
    paper = np.sort(even, axis=1)[np.arange(len(even)), place]
    changes = _Lines(values, lit & (even >= WRITING * paper[:, None])).changes()
    change = changes.middle(1.0)
    size = np.abs(change)
    near = np.abs(changes.values - change[:, None]) < (ALIKE + ALIKE_SHARE * size)[:, None]
    agree = (near & changes.lit).sum(axis=1) > 0.6 * changes.lit.sum(axis=1)
    light = _product(change)
    if size[agree].sum() < LEAST_ALIKE * size.sum() or not _in_bands(light):
        return None
    return light


def _product(changes: Floats) -> Floats:
    light = np.cumprod(np.concatenate([[1.0], (1 + changes) / (1 - changes)]))
    return np.asarray(light / light.max())


def _in_bands(light: Floats) -> bool:
    """Whether a profile goes down and up again, in bands as wide as light makes them."""
    wide = -_widened(-_widened(light))
    wide = _widened(-_widened(-wide))
    turns, low, high = 0, wide[0], wide[0]
    may_fall = may_rise = True
    for value in wide.tolist():
        low, high = min(low, value), max(high, value)
        if may_fall and value < (1 - SWING) * high:
            turns, may_fall, may_rise, low = turns + 1, False, True, value
        elif may_rise and value * (1 - SWING) > low:
            turns, may_fall, may_rise, high = turns + 1, True, False, value
    dark = np.count_nonzero(wide < (wide.min() + wide.max()) / 2)
    if turns == 2:
        return bool(dark >= LONE * len(light) and light.min() >= LONE_DARKEST)
    return turns > 2 and bool(light.min() >= DARKEST)


def _widened(light: Floats) -> Floats:
    """The maximum over NARROWEST lines about each."""
    around = np.pad(light, NARROWEST // 2, mode="edge")
    widest: Floats = np.lib.stride_tricks.sliding_window_view(around, NARROWEST).max(axis=1)
    return widest


def _divided(image: Image.Image, light: Floats, slope: float) -> Image.Image:
    """A frame divided by the light of its lines."""
    width, height = image.size
    first, lines = _lines_of(image.size, slope)
    # Quarters of a line, or the rims of sharp bands stay.
    quarters = np.arange(4 * lines) / 4
    brighter = (1 / np.interp(quarters, np.arange(lines), light)).astype(np.float32)
    column = np.arange(width if slope else 1) + 0.5
    aside = np.rint(4 * (slope * column - first)).astype(np.intp)
    place = 4 * np.arange(height, dtype=np.intp)[:, None] + aside
    even = np.asarray(image) * brighter.take(place, mode="clip") + np.float32(0.5)
    return Image.fromarray(np.minimum(even, np.float32(255)).astype(np.uint8))
