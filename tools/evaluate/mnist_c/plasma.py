"""Clouds by the diamond-square algorithm (Fournier, Fussell and Carpenter 1982)."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Float = NDArray[np.float32]


def plasma(rng: np.random.Generator, count: int, side: int, decay: float = 1.4) -> Float:
    """Clouds (count, side, side), each from 0 to 1; `side` is a power of two.

    They go on from each edge to the opposite one. What is added to the mean of four
    neighbours is uniform within the square of a roughness that starts at 100 and shrinks by
    `decay` at each halving: the benchmark's own fog multiplies by the roughness twice.
    """
    field = np.zeros((count, side, side), np.float64)
    step, roughness = side, 100.0

    def mean_and_noise(total: NDArray[np.float64]) -> NDArray[np.float64]:
        noise = rng.uniform(-(roughness**2), roughness**2, total.shape)
        return total / 4 + noise

    while step >= 2:
        half = step // 2
        corners = field[:, ::step, ::step]
        pairs = corners + np.roll(corners, -1, axis=1)
        field[:, half::step, half::step] = mean_and_noise(pairs + np.roll(pairs, -1, axis=2))
        centres = field[:, half::step, half::step]
        above = centres + np.roll(centres, 1, axis=1)
        beside = corners + np.roll(corners, -1, axis=2)
        field[:, ::step, half::step] = mean_and_noise(above + beside)
        before = centres + np.roll(centres, 1, axis=2)
        along = corners + np.roll(corners, -1, axis=1)
        field[:, half::step, ::step] = mean_and_noise(before + along)
        step, roughness = half, roughness / decay
    field -= field.min(axis=(1, 2), keepdims=True)
    return (field / field.max(axis=(1, 2), keepdims=True)).astype(np.float32)
