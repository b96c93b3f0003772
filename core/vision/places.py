"""Where in a frame there may be writing on paper: a cheap search over half its pixels.

A sheet that is held up before a room covers a part of the frame, and the room's edges and
shadows are darker than its writing. So the paper is estimated more locally than
``core.vision.flatfield`` does, which leaves most of a room's surfaces paper of their own, and
of the components that are left those are places that look like writing by numbers that cost
next to nothing: little ink around them, even paper under them, and strokes instead of areas.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageChops, ImageFilter

from core.vision import Frame
from core.vision.components import Components, find_components
from core.vision.flatfield import SMALL_SIDE, Ink, absorbed, closed, dark_ink, noise_of
from core.vision.proposals import SMALLEST_PIXELS, Box, overlap

SEARCH_SIDE = 160
"""Longer side, about, in pixels, to which a frame is reduced for the search."""

WINDOW = 6
"""The paper is estimated as the closing of the reduced frame over this many pixels: strokes up
to a twentieth of the frame vanish, and the fingers beside them, which are wider, do not."""

LEVELS = (40, 20, 10)
"""Thresholds of the ink, 0..255: a marker, a pen, a pencil."""

SMALLEST, LARGEST = 0.09, 0.9
"""A place's height is at least the first share of the frame's, its longer side at most the
second."""

WIDEST = 2.0
"""A place is at most this many times as wide as high."""

AROUND = 0.06
"""Width of the surroundings of a place, as a share of its longer side."""

ROOM = 0.3
"""A place is viewed with this share of its longer side around it."""

LARGE_SIDE = 208
"""A view's longer side is reduced to this many pixels, or enlarged to SMALL_SIDE."""

LEAST_SCORE = -3.0
"""Places that score less, as logarithm of the odds, are not looked at: of those of the writing
on a held sheet one in a hundred, of those of a bare room three quarters."""

ABOUT_AS_LARGE = 0.5
"""Places whose sizes differ by less, as logarithms, are of about the same size."""

WEIGHTS = {
    "around": -3.10, "uneven": -2.34, "fill": -17.62, "edge": -4.10, "within": -6.43,
    "size": 5.49, "aspect": -5.61, "aspect2": -2.32, "darkness": 2.26, "stroke": 4.93,
    "level": -1.29, "bias": 0.37,
}  # fmt: skip
"""Weights of a place's numbers, fitted to drawn rooms by ``tools.train_base.places``.

around: inked part of the surroundings, its root; uneven: deviation of the paper over its mean,
logarithm; fill: inked part of the box; edge: whether it touches the frame's; within: part of
the box with other ink, root; size, aspect (width over height, and its square), darkness: mean
over 60; stroke: four times the area over the squared size; level: threshold over 30;
logarithms.
"""

ROOM_INK, ROOM_COMPONENTS, LIGHT_COMPONENTS = 80, 6, 3
"""A frame is surely a room if it has more components of this ink than the second that are large
enough for a digit, counted in the reduced frame, and more than the third of as light ones."""

Floats = NDArray[np.float64]
Sides = NDArray[np.intp]


class Place(NamedTuple):
    """A box, in pixels of the image searched, the threshold that it was found at, its score,
    and how many others there are of about its size: a row of signs, a shelf of books."""

    box: Box
    level: int
    score: float
    alike: int


@dataclass(frozen=True)
class View:
    """A part of an image, resized: its ink over its local paper; ``part`` : uint8 (h, w), its
    grey values as they were; ``window`` : where it is; ``zoom`` : its pixels per pixel."""

    ink: Ink
    part: Frame
    window: Box
    zoom: float

    def outside(self, box: Box) -> Box:
        """A box of the view, in pixels of the image."""
        left, top = self.window[:2]
        return Box(
            round(box.left / self.zoom) + left,
            round(box.top / self.zoom) + top,
            round(box.right / self.zoom) + left,
            round(box.bottom / self.zoom) + top,
        )


class Places:
    """The search over one image in working size: its local paper, and the places found."""

    def __init__(self, image: Image.Image) -> None:
        self._image = image
        self._factor = max(1, round(max(image.size) / SEARCH_SIDE))

    def is_room(self) -> bool:
        """Whether the image is surely no page: it has too many things, dark and light ones.

        A board has light ones alone, its writing, which leaves dark things between its strokes.
        """
        dark = self._things(light=False) > ROOM_COMPONENTS
        return dark and self._things(light=True) > LIGHT_COMPONENTS

    def _things(self, *, light: bool) -> int:
        small = ImageChops.invert(self._small) if light else self._small
        components = find_components(dark_ink(small)[0] >= ROOM_INK)
        # Printed lines go through the frame, and so does the paper between them.
        through = components.larger_than(min(small.size))
        return components.larger_than(SMALLEST_PIXELS // self._factor) - through

    @cached_property
    def _small(self) -> Image.Image:
        return self._image.reduce(self._factor)

    @cached_property
    def _paper(self) -> Image.Image:
        # Smoothed, or the closing would be as light as the lightest grain.
        smooth = np.asarray(self._small.filter(ImageFilter.BoxBlur(1)))
        return Image.fromarray(closed(smooth, WINDOW))

    def best(self, limit: int, least: float = LEAST_SCORE) -> list[Place]:
        """The places that look most like writing, best first, no two about the same; none that
        scores less than ``least``."""
        boxes, numbers, levels = self.measured()
        if not len(boxes):
            return []
        scores = numbers @ np.array(list(WEIGHTS.values()))
        sizes = numbers[:, list(WEIGHTS).index("size")]
        found: list[Place] = []
        for index in np.argsort(-scores, kind="stable").tolist():
            if len(found) == limit or scores[index] < least:
                break
            box = Box(*(int(side) * self._factor for side in boxes[index]))
            if all(overlap(box, other.box) < 0.5 for other in found):
                level = int(levels[index])
                same = (levels == level) & (abs(sizes - sizes[index]) < ABOUT_AS_LARGE)
                alike = int(np.count_nonzero(same)) - 1
                found.append(Place(box, level, float(scores[index]), alike))
        return found

    def measured(self) -> tuple[NDArray[np.intp], Floats, NDArray[np.intp]]:
        """Boxes (n, 4) in searched pixels, numbers (n, len(WEIGHTS)) and levels (n,)."""
        paper = np.asarray(self._paper)
        amount = absorbed(paper, np.asarray(self._small))
        wide = paper.astype(np.int32)
        sums = _Sums(wide), _Sums(wide * wide), _Sums(amount)
        found = np.concatenate([_inked(amount >= level, level) for level in LEVELS], axis=1)
        return found[:4].T, _numbers(found, sums, paper.shape), found[-1]

    def view(self, box: Box) -> View:
        """A closer view of a box of the image, with room around it."""
        room = round(ROOM * max(box.right - box.left, box.bottom - box.top))
        window = Box(
            max(0, box.left - room),
            max(0, box.top - room),
            min(self._image.width, box.right + room),
            min(self._image.height, box.bottom + room),
        )
        across, down = window.right - window.left, window.bottom - window.top
        longest = max(across, down)
        zoom = min(max(longest, SMALL_SIDE), LARGE_SIDE) / longest
        size = round(zoom * across), round(zoom * down)
        part = np.asarray(self._image.resize(size, Image.Resampling.BICUBIC, box=window))
        left, top, right, bottom = (side / self._factor for side in window)
        at = (left, top, right, bottom)
        paper = np.asarray(self._paper.resize(size, Image.Resampling.BILINEAR, box=at))
        amount = absorbed(paper, part)
        ink = Ink(amount, noise_of(amount), zoom, False, paper)
        return View(ink, np.asarray(self._image.crop(window)), window, zoom)


class _Sums:
    """Sums over boxes of an integer image, from its integral (Crow 1984)."""

    def __init__(self, image: NDArray[np.generic]) -> None:
        self._sums = np.zeros((image.shape[0] + 1, image.shape[1] + 1), np.int32)
        np.cumsum(image, axis=0, dtype=np.int32, out=self._sums[1:, 1:])
        np.cumsum(self._sums, axis=1, dtype=np.int32, out=self._sums)

    def over(self, left: Sides, top: Sides, right: Sides, bottom: Sides) -> NDArray[np.int32]:
        """The sums over boxes, int32 (n,)."""
        sums = self._sums
        over: NDArray[np.int32] = sums[bottom, right] - sums[top, right]
        over += sums[top, left] - sums[bottom, left]
        return over


def _inked(mask: NDArray[np.bool_], level: int) -> NDArray[np.intp]:
    """The components of a mask that may be writing, intp (8, n): left, top, right, bottom,
    area, inked pixels of the box and of the wider one, level."""
    components = find_components(mask)
    some = np.flatnonzero(_likely(components))
    box = [
        side[some]
        for side in (components.left, components.top, components.right, components.bottom)
    ]
    inked = _Sums(mask)
    own, wider = inked.over(*box), inked.over(*_wider(box, mask.shape))
    return np.array(
        [*box, components.area[some], own, wider, np.full(len(some), level)], np.intp
    )


def _wider(box: Sequence[Sides], shape: tuple[int, ...]) -> tuple[Sides, Sides, Sides, Sides]:
    """Boxes (left, top, right, bottom) and their surroundings in an image (height, width)."""
    left, top, right, bottom = box
    room = np.maximum(2, (AROUND * np.maximum(right - left, bottom - top)).astype(np.intp))
    return (
        np.maximum(left - room, 0),
        np.maximum(top - room, 0),
        np.minimum(right + room, shape[1]),
        np.minimum(bottom + room, shape[0]),
    )


def _numbers(
    found: NDArray[np.intp], sums: tuple[_Sums, _Sums, _Sums], shape: tuple[int, ...]
) -> Floats:
    """The numbers (n, len(WEIGHTS)) of what `_inked` found; of the paper, its squares, and the
    ink there are sums."""
    left, top, right, bottom, area, own, inked, level = found
    wider = _wider((left, top, right, bottom), shape)
    across, down = right - left, bottom - top
    size, inside = np.maximum(across, down), across * down
    pixels = (wider[2] - wider[0]) * (wider[3] - wider[1])
    around = (inked - own) / np.maximum(pixels - inside, 1)
    mean = sums[0].over(*wider) / pixels
    deviation = np.sqrt(np.maximum(sums[1].over(*wider) / pixels - mean * mean, 0))
    edge = (left <= 0) | (top <= 0) | (right >= shape[1]) | (bottom >= shape[0])
    aspect = np.log(across / down)
    numbers = [
        np.sqrt(around),
        np.log(deviation / (mean + 8) + 0.02),
        area / inside,
        edge,
        np.sqrt((own - area) / inside),
        np.log(size / (SEARCH_SIDE / 4)),
        aspect,
        aspect * aspect,
        np.log((sums[2].over(left, top, right, bottom) / np.maximum(own, 1) + 1) / 60),
        np.log(4 * area / (size * size)),
        np.log(level / 30),
        np.ones(len(level)),
    ]
    return np.stack(numbers, axis=1).astype(np.float64)


def _likely(components: Components) -> NDArray[np.bool_]:
    height = components.shape[0]
    across = components.right - components.left
    down = components.bottom - components.top
    likely: NDArray[np.bool_] = (
        (down >= SMALLEST * height)
        & (np.maximum(across, down) <= LARGEST * height)
        & (across <= WIDEST * down)
    )
    return likely
