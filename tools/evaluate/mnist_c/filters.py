"""Blurs and warps of a batch of images, float32 (n, h, w)."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Float = NDArray[np.float32]


def gaussian(images: Float, sigma: float) -> Float:
    """Blurred by a Gaussian cut off at four standard deviations; edges go on as they are."""
    reach = int(4.0 * sigma + 0.5)
    weights = np.exp(-0.5 * (np.arange(-reach, reach + 1) / sigma) ** 2)
    weights /= weights.sum()
    out = images
    for axis in (1, 2):
        margin = [(0, 0), (0, 0), (0, 0)]
        margin[axis] = (reach, reach)
        windows = np.lib.stride_tricks.sliding_window_view(
            np.pad(out, margin, mode="edge"), len(weights), axis=axis
        )
        out = (windows @ weights).astype(np.float32)
    return out


def warp(images: Float, matrix: NDArray[np.float64]) -> Float:
    """Each image seen through its matrix (n, 2, 2), from (x, y) here to (x, y) there.

    Both are about the centre; linear between pixels, 0 outside.
    """
    count, height, width = images.shape
    middle = np.array([(width - 1) / 2, (height - 1) / 2])
    grid = np.stack(np.meshgrid(np.arange(width), np.arange(height)), axis=-1) - middle
    source = np.einsum("nij,hwj->nhwi", matrix, grid) + middle + 1
    room = np.pad(images, ((0, 0), (1, 1), (1, 1)))
    # One pixel of nothing all round; what lies farther out is as good as on that.
    x = np.clip(source[..., 0], 0, width + 1)
    y = np.clip(source[..., 1], 0, height + 1)
    left = np.minimum(x.astype(np.int64), width)
    top = np.minimum(y.astype(np.int64), height)
    x, y = x - left, y - top
    number = np.arange(count)[:, None, None]
    upper = room[number, top, left] * (1 - x) + room[number, top, left + 1] * x
    lower = room[number, top + 1, left] * (1 - x) + room[number, top + 1, left + 1] * x
    return (upper * (1 - y) + lower * y).astype(np.float32)
