"""From a grey frame to candidate digits, best first.

    frame -> working size -> ink (``flatfield``) -> masks at a few thresholds
          -> components (``components``) -> grouped fragments -> 28x28 (``crop``)

No single threshold serves a hairline on squared paper and a marker under a lamp, so
each of a few levels proposes what it sees and the network, which has seen what a crop
can leave behind, is the judge (``reader``).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageFilter

from core.components import Components, find_components
from core.crop import crop_digit
from core.errors import ImageError
from core.flatfield import WORK_SIDE, Frame, Ink, find_ink, is_light_on_dark, to_work_size
from core.rules import without_rules

NOISE_SIGMAS = 6.0
FAINTEST = 6
"""Least ink, of 255, that is looked at, whatever the noise: a very hard pencil leaves 12."""

SMALLEST = 0.09
"""A digit is at least this share of the frame's shorter side; less is a speck."""

SMALLEST_PIXELS = 12
"""... and at least this many working pixels, or there is nothing to tell it by."""


class Box(NamedTuple):
    """A rectangle in pixels of the frame; ``right`` and ``bottom`` are exclusive."""

    left: int
    top: int
    right: int
    bottom: int


@dataclass(frozen=True)
class Digit:
    """A candidate: what the network shall read, where it was, and how good it looks.

    ``image`` : float32 (28, 28), ink = 1. ``box`` : in pixels of the frame.
    ``quality`` : 0..1, from size, darkness, place and whether the frame cuts it.
    """

    image: NDArray[np.float32]
    box: Box
    quality: float


def find_digits(
    frame: Frame,
    *,
    limit: int = 8,
    smallest: float = SMALLEST,
    side: int = WORK_SIDE,
    trace: dict[str, Any] | None = None,
) -> list[Digit]:
    """Find what may be digits in a grey frame.

    Parameters
    ----------
    frame : uint8 (h, w), 0 = black; dark writing on light or light on dark.
    limit : at most this many candidates.
    smallest : least size of a digit as a share of the frame's shorter side.
    side : longer side, in pixels, to which a larger frame is about reduced.
    trace : a dict that receives the stages by name, for ``predict --explain``.

    Returns
    -------
    Candidates, best first; empty for an empty page. Two may be the same writing seen at
    two thresholds: their boxes overlap.

    Raises
    ------
    ImageError : the frame is not a two-dimensional uint8 array of at least 8x8 pixels.
    """
    if frame.ndim != 2 or frame.dtype != np.uint8 or min(frame.shape) < 8:
        raise ImageError(
            f"a frame must be uint8 of at least 8x8 pixels, not {frame.dtype} {frame.shape}"
        )
    image, scale = to_work_size(frame, side)
    ink = find_ink(image, scale, is_light_on_dark(image))
    smooth = np.asarray(Image.fromarray(ink.amount).filter(ImageFilter.BoxBlur(1)))
    proposals: list[_Proposal] = []
    masks = []
    for view in _views(smooth, ink.noise):
        for level in _levels(view, ink.noise):
            mask = view >= level
            masks.append(mask)
            proposals += _propose(ink, find_components(mask), level, smallest, limit)
    proposals.sort(key=lambda proposal: -proposal.quality)
    digits = []
    for proposal in _distinct(proposals)[:limit]:
        image28 = crop_digit(*_cut_out(ink, proposal))
        if image28 is not None:
            box = _in_frame(proposal.box, frame, scale)
            digits.append(Digit(image28, box, proposal.quality))
    if trace is not None:
        trace["frame"] = frame
        trace["paper"] = 255 - ink.paper if ink.light else ink.paper
        trace["ink"] = ink.amount
        for number, mask in enumerate(masks, 1):
            trace[f"threshold {number}"] = mask
    return digits


@dataclass(frozen=True)
class _Proposal:
    """Components that together may be a digit, at one threshold, in working pixels."""

    components: Components
    members: NDArray[np.intp]
    box: Box
    quality: float


def _views(smooth: Frame, noise: float) -> list[Frame]:
    """The ink, and where the paper is printed with lines, the ink without them."""
    plain = without_rules(smooth, _floor(noise))
    return [smooth] if plain is None else [smooth, plain]


def _floor(noise: float) -> int:
    """Least ink that is not the paper's grain; smoothing 3x3 has halved the noise, or more."""
    return max(FAINTEST, round(NOISE_SIGMAS * noise / 2))


def _levels(smooth: Frame, noise: float) -> list[int]:
    """Thresholds to try: Otsu's on the inked pixels, and two more sensitive ones."""
    floor = _floor(noise)
    counts = np.bincount(smooth.ravel(), minlength=256)
    counts[:floor] = 0
    inked = int(counts.sum())
    if inked == 0:
        return []
    high = _otsu(counts)
    middle = round((floor * high) ** 0.5)
    levels = [high]
    for level in (middle, floor):
        if level < 0.8 * levels[-1]:
            levels.append(level)
    return levels


def _otsu(counts: NDArray[np.intp]) -> int:
    """The threshold that best splits a histogram in two (Otsu 1979)."""
    # Products of two sums pass 2**31, which is where integers end on 32-bit ARM.
    weight = np.cumsum(counts, dtype=np.float64)
    mass = np.cumsum(counts * np.arange(256), dtype=np.float64)
    total, everything = weight[-1], mass[-1]
    with np.errstate(divide="ignore", invalid="ignore"):
        between = (everything * weight / total - mass) ** 2 / (weight * (total - weight))
    between[~np.isfinite(between)] = 0
    return int(np.argmax(between)) + 1


def _propose(
    ink: Ink, components: Components, level: int, smallest: float, limit: int
) -> list[_Proposal]:
    if len(components) == 0:
        return []
    height, width = ink.amount.shape
    least = max(SMALLEST_PIXELS, smallest * min(height, width))
    size = np.maximum(components.right - components.left, components.bottom - components.top)
    seeds = np.flatnonzero((size >= least) & ~_is_rule(components))
    # The largest few: a page of print has hundreds of components and no digit to read.
    seeds = seeds[np.argsort(-size[seeds], kind="stable")][: max(12, limit)]
    proposals = []
    for seed in seeds:
        alone = np.array([seed])
        group = _with_fragments(components, int(seed))
        proposals.append(_proposal(ink, components, group, level))
        if components.area[group].sum() > 1.1 * components.area[seed]:
            proposals.append(_proposal(ink, components, alone, level))
    return proposals


def _is_rule(components: Components) -> NDArray[np.bool_]:
    """Lines that cross the frame from side to side: ruled paper, page edges."""
    height, width = components.shape
    across = (components.left == 0) & (components.right == width)
    down = (components.top == 0) & (components.bottom == height)
    flat = components.area < 0.05 * height * width
    slim = (components.bottom - components.top < 0.2 * height) | (
        components.right - components.left < 0.1 * width
    )
    rules: NDArray[np.bool_] = (across & flat & slim) | (down & flat & slim) | (across & down)
    return rules


def _with_fragments(components: Components, seed: int) -> NDArray[np.intp]:
    """A component and the pieces of the same digit: a hat above, a stroke that broke."""
    left, right = components.left, components.right
    top, bottom = components.top, components.bottom
    members = np.zeros(len(components), dtype=bool)
    members[seed] = True
    box = [left[seed], top[seed], right[seed], bottom[seed]]
    size = max(box[2] - box[0], box[3] - box[1])
    extent = np.maximum(right - left, bottom - top)
    eligible = (components.area >= 0.015 * components.area[seed]) & (extent <= 1.2 * size)
    eligible &= ~_is_rule(components)
    while True:
        dx = np.maximum(np.maximum(left - box[2], box[0] - right), 0)
        dy = np.maximum(np.maximum(top - box[3], box[1] - bottom), 0)
        near = eligible & ~members & (dx <= 0.08 * size) & (dy <= 0.16 * size)
        if not near.any():
            return np.flatnonzero(members)
        members |= near
        box = [
            left[members].min(), top[members].min(), right[members].max(), bottom[members].max()
        ]  # fmt: skip


def _proposal(
    ink: Ink, components: Components, members: NDArray[np.intp], level: int
) -> _Proposal:
    box = Box(
        int(components.left[members].min()),
        int(components.top[members].min()),
        int(components.right[members].max()),
        int(components.bottom[members].max()),
    )
    height, width = ink.amount.shape
    shorter = min(height, width)
    size = max(box.right - box.left, box.bottom - box.top)
    area = int(components.area[members].sum())
    quality = min(1.0, size / (0.35 * shorter))
    # How far from the middle, in half frames.
    away_x = abs(box.left + box.right - width) / width
    away_y = abs(box.top + box.bottom - height) / height
    quality *= 1.0 - 0.4 * max(away_x, away_y)
    sides = (box.left <= 0) + (box.top <= 0) + (box.right >= width) + (box.bottom >= height)
    quality *= (1.0, 0.6, 0.3, 0.1, 0.05)[sides]
    # Strokes leave most of their box bare; what fills it is a shadow or a thing.
    if area > 0.6 * (box.right - box.left) * (box.bottom - box.top) and size > 0.3 * shorter:
        slim = min(box.right - box.left, box.bottom - box.top) < 0.35 * size
        quality *= 1.0 if slim else 0.3
    quality *= min(1.0, 0.4 + level / 60.0)
    return _Proposal(components, members, box, quality)


def _distinct(proposals: list[_Proposal]) -> list[_Proposal]:
    """Drop what a better proposal has already said: the same box, the same ink."""
    kept: list[_Proposal] = []
    for proposal in proposals:
        area = int(proposal.components.area[proposal.members].sum())
        same = False
        for other in kept:
            if overlap(proposal.box, other.box) > 0.92:
                others = int(other.components.area[other.members].sum())
                same |= 0.8 < area / others < 1.25
        if not same:
            kept.append(proposal)
    return kept


def overlap(first: Box, second: Box) -> float:
    """Intersection over union of two boxes, 0..1."""
    width = min(first.right, second.right) - max(first.left, second.left)
    height = min(first.bottom, second.bottom) - max(first.top, second.top)
    if width <= 0 or height <= 0:
        return 0.0
    shared = width * height
    return shared / (_area(first) + _area(second) - shared)


def _area(box: Box) -> int:
    return (box.right - box.left) * (box.bottom - box.top)


def _cut_out(ink: Ink, proposal: _Proposal) -> tuple[Frame, Frame]:
    """Ink and mask of a proposal, with a pixel of room for the soft edge."""
    height, width = ink.amount.shape
    left, top, right, bottom = proposal.box
    room = (max(0, left - 1), max(0, top - 1), min(width, right + 1), min(height, bottom + 1))
    mask = proposal.components.mask(proposal.members, room)
    return ink.amount[room[1] : room[3], room[0] : room[2]], mask


def _in_frame(box: Box, frame: Frame, scale: float) -> Box:
    height, width = frame.shape
    left, top = int(box.left / scale), int(box.top / scale)
    # In an enlarged frame both edges of a thin line can fall on one pixel.
    right, bottom = round(box.right / scale), round(box.bottom / scale)
    return Box(left, top, min(width, max(right, left + 1)), min(height, max(bottom, top + 1)))
