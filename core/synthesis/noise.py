"""Noise textures: patches cut at random places from tiles that are computed once.

Fresh random numbers for every pixel of every frame would cost more than all the rest of a
scene. The tiles hold the same noise in every process.
"""

from __future__ import annotations

from functools import cache

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageFilter

Float = NDArray[np.float32]

TILE_SIDE = 512
"""Side of a tile in pixels; patches wrap round at its edges."""


@cache
def _tile(blur: float) -> Float:
    """Gaussian noise of mean 0 and deviation 1, smoothed by `blur` pixels, wrapping round."""
    noise = np.random.default_rng(20261123).standard_normal(
        (TILE_SIDE, TILE_SIDE), dtype=np.float32
    )
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
    return _cut(rng, _tile(blur), shape)


@cache
def _grain(coarse: bool) -> Float:
    mixed = _tile(1.5 if coarse else 0.7) * np.float32(0.75) + _tile(4.0) * np.float32(0.35)
    grain: Float = np.clip(mixed * np.float32(0.28) + np.float32(0.5), 0, 1)
    return grain.astype(np.float32)


def grain_tile(rng: np.random.Generator, shape: tuple[int, int], *, coarse: bool) -> Float:
    """The tooth of paper: float32 of `shape` in 0..1, mean 0.5."""
    return _cut(rng, _grain(coarse), shape)


def _cut(rng: np.random.Generator, tile: Float, shape: tuple[int, int]) -> Float:
    """A patch of `shape` at a random place; a view where it does not wrap round."""
    top, left = (int(v) for v in rng.integers(0, TILE_SIDE, 2))
    if shape[0] + top <= TILE_SIDE and shape[1] + left <= TILE_SIDE:
        return tile[top : top + shape[0], left : left + shape[1]]
    rows = np.arange(top, top + shape[0]) % TILE_SIDE
    columns = np.arange(left, left + shape[1]) % TILE_SIDE
    return tile.take(rows, axis=0).take(columns, axis=1)
