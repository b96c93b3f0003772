"""Random textures, made once and cut anew for each use.

Drawing fresh random numbers for every pixel of every frame would cost more than all the rest
of a scene, so paper tooth and sensor noise come from tiles of fixed content, cut at a random
place. The tiles are the same in every process.
"""

from __future__ import annotations

from functools import cache

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageFilter

Float = NDArray[np.float32]

SIDE = 512


@cache
def _tile(blur: float) -> Float:
    """Gaussian noise of mean 0 and deviation 1, smoothed by `blur` pixels, wrapping round."""
    noise = np.random.default_rng(20261123).standard_normal((SIDE, SIDE), dtype=np.float32)
    if blur > 0:
        wrapped = np.pad(noise, 16, mode="wrap")
        grey = Image.fromarray(np.clip(wrapped * 40 + 128, 0, 255).astype(np.uint8))
        smooth = np.asarray(grey.filter(ImageFilter.GaussianBlur(blur)), np.float32)
        noise = smooth[16:-16, 16:-16]
        # In double precision: float32 sums differ in the last bit between releases of numpy.
        exact = noise.astype(np.float64)
        noise = ((exact - exact.mean()) / exact.std()).astype(np.float32)
    return np.ascontiguousarray(noise, np.float32)


def noise_tile(rng: np.random.Generator, shape: tuple[int, int], blur: float = 0.0) -> Float:
    """Noise of mean 0 and deviation 1, float32 of `shape`; blur: 0, 0.7, 1.5 or 4 pixels."""
    tile = _tile(blur)
    top, left = (int(v) for v in rng.integers(0, SIDE, 2))
    rows = np.arange(top, top + shape[0]) % SIDE
    if shape[0] + top <= SIDE and shape[1] + left <= SIDE:
        return tile[top : top + shape[0], left : left + shape[1]]
    columns = np.arange(left, left + shape[1]) % SIDE
    return tile.take(rows, axis=0).take(columns, axis=1)


@cache
def _grain(coarse: bool) -> Float:
    mixed = _tile(1.5 if coarse else 0.7) * np.float32(0.75) + _tile(4.0) * np.float32(0.35)
    grain: Float = np.clip(mixed * np.float32(0.28) + np.float32(0.5), 0, 1)
    return grain.astype(np.float32)


def grain_tile(rng: np.random.Generator, shape: tuple[int, int], *, coarse: bool) -> Float:
    """The tooth of paper: float32 of `shape` in 0..1, mean 0.5."""
    tile = _grain(coarse)
    top, left = (int(v) for v in rng.integers(0, SIDE, 2))
    if shape[0] + top <= SIDE and shape[1] + left <= SIDE:
        return tile[top : top + shape[0], left : left + shape[1]]
    rows = np.arange(top, top + shape[0]) % SIDE
    columns = np.arange(left, left + shape[1]) % SIDE
    return tile.take(rows, axis=0).take(columns, axis=1)
