"""From a small bitmap to the line that a pen followed.

Thinning after T. Y. Zhang and C. Y. Suen, "A fast parallel algorithm for thinning digital
patterns", Communications of the ACM 27 (1984), with its two conditions in look-up tables.
"""

from __future__ import annotations

from functools import cache

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageFilter

_ENLARGED = 56
# p2..p9 of the paper: north, then clockwise, as (dy, dx).
_NEIGHBOURS = ((-1, 0), (-1, 1), (0, 1), (1, 1), (1, 0), (1, -1), (0, -1), (-1, -1))


@cache
def _tables() -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """May a pixel with these eight neighbours (bit i: p(i+2)) go in the first, second pass?"""
    first, second = np.zeros(256, np.bool_), np.zeros(256, np.bool_)
    for code in range(256):
        p = [(code >> i) & 1 for i in range(8)]
        count = sum(p)
        steps = sum(p[i] == 0 and p[(i + 1) % 8] == 1 for i in range(8))
        if not 2 <= count <= 6 or steps != 1:
            continue
        north, east, south, west = p[0], p[2], p[4], p[6]
        first[code] = north * east * south == 0 and east * south * west == 0
        second[code] = north * east * west == 0 and north * south * west == 0
    return first, second


def thin(mask: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """The mask thinned to lines one pixel wide; shape (h, w) kept."""
    padded = np.pad(mask, 1).astype(np.uint8)
    height, width = mask.shape
    inner = padded[1:-1, 1:-1]
    for _ in range(max(height, width)):
        changed = False
        for table in _tables():
            code = np.zeros(mask.shape, np.uint8)
            for bit, (dy, dx) in enumerate(_NEIGHBOURS):
                code |= padded[1 + dy : 1 + dy + height, 1 + dx : 1 + dx + width] << bit
            gone = table[code] & (inner != 0)
            if gone.any():
                inner[gone] = 0
                changed = True
        if not changed:
            break
    kept: NDArray[np.bool_] = inner != 0
    return kept


def skeleton_graph(ink: NDArray[np.generic]) -> tuple[NDArray[np.float32], NDArray[np.intp]]:
    """The line in a bitmap as a graph.

    ink: (28, 28) uint8 or float32, ink high. Returns nodes (n, 2) float32, x and y in pixels of
    the bitmap, smoothed along the line, and edges (m, 2) of node numbers.
    """
    grey = np.asarray(ink)
    if grey.dtype != np.uint8:
        grey = (np.clip(grey, 0, 1) * 255).astype(np.uint8)
    large = Image.fromarray(grey).resize((_ENLARGED, _ENLARGED), Image.Resampling.BICUBIC)
    lines = thin(np.asarray(large.filter(ImageFilter.GaussianBlur(0.8))) > 100)
    ys, xs = np.nonzero(lines)
    number = np.full((_ENLARGED + 2, _ENLARGED + 2), -1, np.intp)
    number[ys + 1, xs + 1] = np.arange(len(ys))
    edges = []
    # Straight steps first; a diagonal only where no straight way round exists.
    for dy, dx in ((0, 1), (1, 0), (1, 1), (1, -1)):
        other = number[ys + 1 + dy, xs + 1 + dx]
        found = other >= 0
        if dy and dx:
            found &= (number[ys + 1 + dy, xs + 1] < 0) & (number[ys + 1, xs + 1 + dx] < 0)
        edges.append(np.stack([np.nonzero(found)[0], other[found]], axis=1))
    pairs = np.concatenate(edges)
    nodes = np.stack([xs, ys], axis=1).astype(np.float32)
    nodes = _relaxed(nodes, pairs) * np.float32(28 / _ENLARGED)
    return nodes.astype(np.float32), pairs


def _relaxed(
    nodes: NDArray[np.float32], pairs: NDArray[np.intp], rounds: int = 5
) -> NDArray[np.float32]:
    """Nodes pulled towards their two neighbours; ends and junctions stay."""
    count = len(nodes)
    if not len(pairs):
        return nodes
    ends = np.concatenate([pairs[:, 0], pairs[:, 1]])
    others = np.concatenate([pairs[:, 1], pairs[:, 0]])
    degree = np.bincount(ends, minlength=count)
    free = (degree == 2)[:, None]
    for _ in range(rounds):
        total = np.stack(
            [np.bincount(ends, nodes[others, axis], minlength=count) for axis in (0, 1)], axis=1
        )
        middle = (total / np.maximum(degree, 1)[:, None]).astype(np.float32)
        nodes = np.where(free, nodes * np.float32(0.4) + middle * np.float32(0.6), nodes)
    return nodes
