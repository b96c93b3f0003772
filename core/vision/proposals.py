"""Proposals: components of a mask, alone or grouped, that may be a digit, with a quality."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from math import ceil
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from core.vision import Frame
from core.vision.components import Components
from core.vision.flatfield import Ink

LEAST_FRAGMENT = 0.015
"""A fragment of a digit has at least this share of the area of its largest component."""

MARGIN = 6
"""Surroundings of a proposal: this many working pixels on each side of its box."""

SMALLEST_PIXELS = 12
"""A digit's longer side is at least this many working pixels: smaller ones cannot be read."""


class Box(NamedTuple):
    """A rectangle in pixels of the frame; ``right`` and ``bottom`` are exclusive."""

    left: int
    top: int
    right: int
    bottom: int


@dataclass(frozen=True)
class Proposal:
    """Components that together may be a digit, at one threshold, in working pixels.

    ``members`` : numbers of the components. ``area`` : inked pixels. ``quality`` : 0..1.
    ``level`` : the threshold. ``ruled`` : 1 if printed lines had been removed from the ink,
    else 0.
    """

    ink: Ink
    components: Components
    members: NDArray[np.intp]
    box: Box
    area: int
    quality: float
    level: int
    ruled: int

    @cached_property
    def mask(self) -> Frame:
        """The inked pixels of the box and MARGIN around it: uint8 (h, w), 255 or 0."""
        return self.components.mask(self.members, self.around(MARGIN))

    def around(self, room: int) -> Box:
        """The box and ``room`` pixels on each side, where the frame has them."""
        height, width = self.components.shape
        left, top, right, bottom = self.box
        return Box(
            max(0, left - room),
            max(0, top - room),
            min(width, right + room),
            min(height, bottom + room),
        )


def propose(
    ink: Ink, components: Components, level: int, ruled: int, smallest: float, limit: int
) -> list[Proposal]:
    """The proposals among the components of one threshold.

    ``smallest`` : least longer side of a digit, as a share of the frame's shorter side.
    """
    if len(components) == 0:
        return []
    height, width = ink.amount.shape
    least = ceil(max(SMALLEST_PIXELS, smallest * min(height, width)))
    size = components.extent
    usual = np.flatnonzero(~_crosses_frame(components))
    seeds = usual[size[usual] >= least]
    # The largest few: a page of print has hundreds of components, and none worth reading.
    seeds = seeds[np.argsort(-size[seeds], kind="stable")][: max(12, limit)]
    if len(seeds) == 0:
        return []
    # Most components of a grainy page are specks, too small to be a fragment of any seed.
    least_seed = int(components.area[seeds].min())
    large = usual[components.area[usual] >= LEAST_FRAGMENT * least_seed]
    pieces = _pieces(components, large)
    proposals = []
    for seed in _pieces(components, seeds):
        group = _grouped(seed, pieces)
        proposals.append(_proposal(ink, components, group, level, ruled))
        if proposals[-1].area > 1.1 * seed.area:
            proposals.append(_proposal(ink, components, [seed], level, ruled))
    return proposals


def _crosses_frame(components: Components) -> NDArray[np.bool_]:
    """Which components, bool (n,), are lines from side to side: ruled paper, page edges."""
    height, width = components.shape
    across = (components.left == 0) & (components.right == width)
    down = (components.top == 0) & (components.bottom == height)
    # Whole numbers on both sides: a Zero is slow at all others.
    flat = components.area < ceil(0.05 * height * width)
    slim = (components.bottom - components.top < ceil(0.2 * height)) | (
        components.right - components.left < ceil(0.1 * width)
    )
    crossing: NDArray[np.bool_] = (
        (across & flat & slim) | (down & flat & slim) | (across & down)
    )
    return crossing


class _Piece(NamedTuple):
    """A component that may be a fragment of a digit; ``extent`` is its longer side."""

    number: int
    left: int
    top: int
    right: int
    bottom: int
    area: int
    extent: int


def _pieces(components: Components, number: NDArray[np.intp]) -> list[_Piece]:
    """The components of these numbers."""
    columns = (
        components.left, components.top, components.right, components.bottom,
        components.area, components.extent,
    )  # fmt: skip
    rows = zip(number.tolist(), *(column[number].tolist() for column in columns), strict=True)
    return [_Piece(*row) for row in rows]


def _grouped(seed: _Piece, pieces: list[_Piece]) -> list[_Piece]:
    """A component and the fragments of its digit: the hat of a 5, a stroke that broke.

    Fragments of fragments too: the box grows until nothing more is near.
    """
    left, top, right, bottom = seed[1:5]
    aside, above = int(0.08 * seed.extent), int(0.16 * seed.extent)
    least, longest = ceil(LEAST_FRAGMENT * seed.area), int(1.2 * seed.extent)
    free = [
        each
        for each in pieces
        if each.area >= least and each.extent <= longest and each.number != seed.number
    ]
    members, grown = [seed], True
    while grown:
        tried, free, grown = free, [], False
        for each in tried:
            if (
                each.left <= right + aside
                and each.right >= left - aside
                and each.top <= bottom + above
                and each.bottom >= top - above
            ):
                members.append(each)
                left, top = min(left, each.left), min(top, each.top)
                right, bottom = max(right, each.right), max(bottom, each.bottom)
                grown = True
            else:
                free.append(each)
    return sorted(members)


def _proposal(
    ink: Ink, components: Components, group: list[_Piece], level: int, ruled: int
) -> Proposal:
    number, left, top, right, bottom, areas, _ = zip(*group, strict=True)
    box, area = Box(min(left), min(top), max(right), max(bottom)), sum(areas)
    height, width = ink.amount.shape
    shorter = min(height, width)
    size = max(box.right - box.left, box.bottom - box.top)
    quality = min(1.0, size / (0.35 * shorter))
    # How far from the middle, in half frames.
    away_x = abs(box.left + box.right - width) / width
    away_y = abs(box.top + box.bottom - height) / height
    quality *= 1.0 - 0.4 * max(away_x, away_y)
    sides = (box.left <= 0) + (box.top <= 0) + (box.right >= width) + (box.bottom >= height)
    quality *= (1.0, 0.6, 0.3, 0.1, 0.05)[sides]
    # Strokes leave most of their box bare; a shadow or an object fills it.
    if area > 0.6 * (box.right - box.left) * (box.bottom - box.top) and size > 0.3 * shorter:
        slim = min(box.right - box.left, box.bottom - box.top) < 0.35 * size
        quality *= 1.0 if slim else 0.3
    quality *= min(1.0, 0.4 + level / 60.0)
    return Proposal(ink, components, np.array(number), box, area, quality, level, ruled)


def distinct(proposals: Sequence[Proposal], limit: int | None = None) -> list[Proposal]:
    """Drop repetitions of a better proposal: about the same box and area of the same ink.

    ``proposals`` : best first; at most ``limit`` of them are kept.
    """
    kept: list[Proposal] = []
    for proposal in proposals:
        if len(kept) == limit:
            break
        if not any(_repeats(proposal, other) for other in kept):
            kept.append(proposal)
    return kept


def _repeats(proposal: Proposal, other: Proposal) -> bool:
    return (
        proposal.ink is other.ink
        and 0.8 < proposal.area / other.area < 1.25
        and overlap(proposal.box, other.box) > 0.92
    )


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


def cut_out(proposal: Proposal, room: int = 1) -> tuple[Frame, Frame]:
    """Ink and mask, uint8 (h, w) each, of a proposal's box and ``room`` pixels on each side.

    ``room`` : at most MARGIN; one pixel keeps the soft edge. The mask is 255 on the proposal's
    own pixels.
    """
    left, top, right, bottom = proposal.around(room)
    first, above, _, _ = proposal.around(MARGIN)
    mask = proposal.mask[top - above : bottom - above, left - first : right - first]
    return proposal.ink.amount[top:bottom, left:right], mask
