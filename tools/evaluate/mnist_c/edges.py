"""Edges by Canny's method (Canny 1986): steepest places, followed where they are faint."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from core.vision.components import find_components
from tools.evaluate.mnist_c.filters import gaussian

Float = NDArray[np.float32]


def canny(images: Float, *, sigma: float, low: float, high: float) -> Float:
    """Edges of images (n, h, w) in 0..1: 1 on an edge, else 0.

    ``sigma`` : of the blur before. ``low``, ``high`` : the Sobel slope, 4 at a step from 0
    to 1, of what may be an edge and of what surely is.
    """
    smooth = np.pad(gaussian(images, sigma), ((0, 0), (1, 1), (1, 1)), mode="edge")
    upright = smooth[:, :-2] + 2 * smooth[:, 1:-1] + smooth[:, 2:]
    level = smooth[:, :, :-2] + 2 * smooth[:, :, 1:-1] + smooth[:, :, 2:]
    x = upright[:, :, 2:] - upright[:, :, :-2]
    y = level[:, 2:] - level[:, :-2]
    slope = np.hypot(x, y)
    steepest = _steepest(slope, x, y) & (slope >= low)
    edges = np.zeros(images.shape, np.float32)
    for number, candidates in enumerate(steepest):
        found = find_components(candidates)
        sure = _holding(found.label, found.row, found.start, found.stop, slope[number] >= high)
        box = (0, 0, images.shape[2], images.shape[1])
        edges[number] = found.mask(sure, box) > 0
    return edges


def _steepest(slope: Float, x: Float, y: Float) -> NDArray[np.bool_]:
    """Where the slope is no less than on either side, uphill and down; never at the border."""
    _, height, width = slope.shape
    inner = np.zeros(slope.shape, dtype=bool)
    inner[:, 1:-1, 1:-1] = slope[:, 1:-1, 1:-1] > 0
    number, row, column = np.nonzero(inner)
    dx, dy = x[inner], y[inner]
    longer = np.maximum(np.abs(dx), np.abs(dy))
    keep = np.ones(len(number), dtype=bool)
    for way in (1, -1):
        # One pixel along the longer axis, between two pixels along the other.
        across, down = way * dx / longer, way * dy / longer
        left, top = np.floor(column + across), np.floor(row + down)
        u, v = column + across - left, row + down - top
        left, top = left.astype(np.int64), top.astype(np.int64)
        right, bottom = np.minimum(left + 1, width - 1), np.minimum(top + 1, height - 1)
        neighbour = (
            slope[number, top, left] * (1 - u) * (1 - v)
            + slope[number, top, right] * u * (1 - v)
            + slope[number, bottom, left] * (1 - u) * v
            + slope[number, bottom, right] * u * v
        )
        keep &= slope[inner] >= neighbour - 1e-6
    inner[inner] = keep
    return inner


def _holding(
    label: NDArray[np.int64],
    row: NDArray[np.int64],
    start: NDArray[np.int64],
    stop: NDArray[np.int64],
    sure: NDArray[np.bool_],
) -> NDArray[np.int64]:
    """The components of which some pixel is sure."""
    runs = zip(label, row, start, stop, strict=True)
    return np.array(
        sorted({int(of) for of, at, a, b in runs if sure[at, a:b].any()}), dtype=np.int64
    )
