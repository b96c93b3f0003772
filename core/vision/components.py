"""Connected components of a mask, found from its runs: unbroken stretches of ink in a row.

A 320x240 page of handwriting has 76,800 pixels and some hundreds of runs, so everything after
the first pass works on runs.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

Ints = NDArray[np.intp]
"""Indices of the machine's own size: on 32-bit ARM numpy indexes with int32."""


@dataclass(frozen=True)
class Components:
    """The components of a mask of ``shape`` (height, width), and the runs they consist of.

    One entry for each run: ``row``, ``start``, ``stop`` (exclusive) and ``label``, the number
    of its component. One entry for each component: ``left``, ``top``, ``right``, ``bottom``
    (the last two exclusive) and ``area``, in pixels.
    """

    shape: tuple[int, int]
    row: Ints
    start: Ints
    stop: Ints
    label: Ints
    left: Ints
    top: Ints
    right: Ints
    bottom: Ints
    area: Ints

    def __len__(self) -> int:
        return len(self.area)

    @cached_property
    def extent(self) -> Ints:
        """The longer side of each component."""
        longer: Ints = np.maximum(self.right - self.left, self.bottom - self.top)
        return longer

    def larger_than(self, side: int) -> int:
        """How many have a longer side of at least ``side`` pixels."""
        return int(np.count_nonzero(self.extent >= side))

    def runs(self, members: Ints) -> tuple[Ints, Ints, Ints]:
        """Row, start and stop of the runs of some components, by their numbers."""
        chosen = np.zeros(len(self), dtype=bool)
        chosen[members] = True
        number = chosen[self.label].nonzero()[0]
        return self.row[number], self.start[number], self.stop[number]

    def mask(self, members: Ints, box: tuple[int, int, int, int]) -> NDArray[np.uint8]:
        """The mask of some components within a box: uint8 (h, w), 255 on their pixels, else 0.

        ``members`` : their numbers. ``box`` : left, top, right, bottom.
        """
        left, top, right, bottom = box
        row, start, stop = self.runs(members)
        inside = (row >= top) & (row < bottom) & (start < right) & (stop > left)
        width = right - left
        # Each run adds 255 where it starts and takes it away where it stops; the running
        # sum along the row is the mask. Of two runs, no two ends are at one place.
        edges = np.zeros((bottom - top, width + 1), dtype=np.uint8)
        rows = row[inside] - top
        edges[rows, np.maximum(start[inside] - left, 0)] = 255
        edges[rows, np.minimum(stop[inside] - left, width)] = 1
        drawn: NDArray[np.uint8] = np.add.accumulate(edges[:, :width], axis=1, dtype=np.uint8)
        return drawn


def find_components(mask: NDArray[np.bool_]) -> Components:
    """The 8-connected components of ``mask``, bool (height, width)."""
    height, width = mask.shape
    # A column of paper or more between rows, so that no run crosses into the next row, and
    # all the pixels and those before them, four to a word.
    stride = width // 4 * 4 + 4
    pixels = np.zeros((height, stride), np.bool_)
    pixels[:, :width] = mask
    before = np.zeros_like(pixels)
    before.ravel()[1:] = pixels.ravel()[:-1]
    edges = pixels.view(np.uint32) ^ before.view(np.uint32)
    change = np.flatnonzero(edges.view(np.bool_))
    begin, end = change[0::2], change[1::2]
    row = begin // stride
    first, second = _touching(begin, end, stride)
    label = _merge(len(begin), first, second)
    count = int(label.max()) + 1 if len(label) else 0
    start, stop = begin - row * stride, end - row * stride
    # Numpy sorts numbers of two bytes in two passes, however many there are.
    short = label.astype(np.uint16) if count < 1 << 16 else label
    order = np.argsort(short, kind="stable")
    bounds = np.searchsorted(label[order], np.arange(count))
    if count == 0:
        none = np.zeros(0, dtype=np.intp)
        return Components((height, width), row, start, stop, label, *([none] * 5))
    return Components(
        (height, width),
        row,
        start,
        stop,
        label,
        left=np.minimum.reduceat(start[order], bounds),
        top=np.minimum.reduceat(row[order], bounds),
        right=np.maximum.reduceat(stop[order], bounds),
        bottom=np.maximum.reduceat(row[order], bounds) + 1,
        area=np.add.reduceat((stop - start)[order], bounds),
    )


def _touching(begin: Ints, end: Ints, stride: int) -> tuple[Ints, Ints]:
    """Pairs of runs (below, above) that touch, corners included: the numbers of each.

    ``begin``, ``end`` : where runs begin and end, in pixels from the first one, rows of
    ``stride``.
    """
    low = np.searchsorted(end + stride, begin, side="left")
    high = np.searchsorted(begin + stride, end, side="right")
    count = np.maximum(high - low, 0)
    below = np.repeat(np.arange(len(begin)), count)
    offset = np.arange(len(below)) - np.repeat(np.cumsum(count) - count, count)
    return below, low[below] + offset


def _merge(count: int, first: Ints, second: Ints) -> Ints:
    """The component, 0 upwards, of each of ``count`` runs, of which pairs are joined.

    ``first`` is sorted, and each number larger than its partner in ``second``. Every run points
    to a smaller one that it is joined to, and pointers are followed to their ends; the few
    pairs that are then still apart are joined one by one.
    """
    parent = np.arange(count)
    # Where a run is joined to several, whichever comes last.
    parent[first[::-1]] = second[::-1]
    parent = _followed(parent)
    a, b = parent[first], parent[second]
    apart = (a != b).nonzero()[0]
    joined: dict[int, int] = {}
    for one, other in zip(a[apart].tolist(), b[apart].tolist(), strict=True):
        one, other = _end(joined, one), _end(joined, other)
        if one != other:
            joined[max(one, other)] = min(one, other)
    parent[list(joined)] = list(joined.values())
    parent = _followed(parent)
    # The first run of each component is its own parent: number those in order.
    number = np.cumsum(parent == np.arange(count), dtype=np.intp) - 1
    label: Ints = number[parent]
    return label


def _end(pointers: dict[int, int], start: int) -> int:
    """Where a chain of pointers ends; each link is moved on by one, so that none gets long."""
    while (further := pointers.get(start)) is not None:
        pointers[start] = pointers.get(further, further)
        start = further
    return start


def _followed(parent: Ints) -> Ints:
    """Where each chain of pointers ends; a number that points to itself is an end."""
    while True:
        further: Ints = parent[parent]
        if (further == parent).all():
            return further
        parent = further
