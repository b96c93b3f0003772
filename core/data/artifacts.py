"""Artifacts of crops, for augmentation: gaps, pieces of line, specks, blur, noise.

Each function changes the images ``chosen``, indices (k,), of a batch ``out``, float32
(n, 28, 28), in place; ``core.data.augment`` decides how often.
"""

from __future__ import annotations

from functools import cache

import numpy as np
from numpy.typing import NDArray

from core.data.upright import PIXELS, SIDE
from core.synthesis.noise import noise_tile

Float = NDArray[np.float32]


@cache
def plane() -> Float:
    """1, x and y of every pixel, from the middle: float32 (3, 784)."""
    rows, columns = np.divmod(np.arange(PIXELS), SIDE)
    middle = (SIDE - 1) / 2
    return np.stack([np.ones(PIXELS), columns - middle, rows - middle]).astype(np.float32)


def _distance_to_lines(rng: np.random.Generator, count: int, level: bool) -> Float:
    """Signed distances, in pixels, to a random line for each image: float32 (count, 28, 28)."""
    if level:
        upright = np.where(rng.random(count) < 0.3, np.pi / 2, 0.0)
        angle = upright + rng.normal(0, 0.07, count)
        place = np.where(rng.random(count) < 0.5, 1, -1) * rng.uniform(3, 13, count)
    else:
        angle = rng.uniform(0, np.pi, count)
        place = rng.uniform(-8, 8, count)
    control = np.zeros((count, 3), np.float32)
    control[:, 0] = -place
    control[:, 1] = np.sin(angle)
    control[:, 2] = np.cos(angle)
    return np.asarray(control @ plane(), np.float32).reshape(count, SIDE, SIDE)


def break_stroke(out: Float, chosen: NDArray[np.intp], rng: np.random.Generator) -> None:
    """Erase a band across the digit, one or two pixels wide and of limited length."""
    count = len(chosen)
    across = _distance_to_lines(rng, count, level=False)
    along = _distance_to_lines(rng, count, level=False)
    width = rng.uniform(0.4, 1.4, count).astype(np.float32)[:, None, None]
    kept = np.clip(np.abs(across) - width, 0, 1)
    np.maximum(kept, np.clip(np.abs(along) - np.float32(4), 0, 1), out=kept)
    fade = rng.uniform(0.0, 0.5, count).astype(np.float32)[:, None, None]
    out[chosen] *= kept + (1 - kept) * fade


def add_line(out: Float, chosen: NDArray[np.intp], rng: np.random.Generator) -> None:
    """Add a thin line, nearly level or upright, through all or a part of the image."""
    count = len(chosen)
    distance = _distance_to_lines(rng, count, level=True)
    width = rng.uniform(0.1, 0.7, count).astype(np.float32)[:, None, None]
    line = np.clip(1 + width - np.abs(distance), 0, 1)
    line *= rng.uniform(0.25, 1.0, count).astype(np.float32)[:, None, None]
    first = rng.integers(-20, 14, count)[:, None, None]
    last = first + rng.integers(6, 48, count)[:, None, None]
    columns = np.arange(SIDE)[None, None, :]
    line *= (columns >= first) & (columns <= last)
    out[chosen] = np.maximum(out[chosen], line)


def add_specks(out: Float, chosen: NDArray[np.intp], rng: np.random.Generator) -> None:
    """Add one to three dots, one or two pixels wide."""
    for _ in range(3):
        part = chosen[rng.random(len(chosen)) < 0.6]
        rows, columns = rng.integers(1, SIDE - 1, (2, len(part)))
        level = rng.uniform(0.2, 1.0, len(part)).astype(np.float32)
        out[part, rows, columns] = np.maximum(out[part, rows, columns], level)
        wide = rng.random(len(part)) < 0.5
        out[part[wide], rows[wide], columns[wide] - 1] = level[wide]
        out[part[wide], rows[wide] - 1, columns[wide]] = level[wide] * np.float32(0.7)


def add_neighbours(out: Float, chosen: NDArray[np.intp], rng: np.random.Generator) -> None:
    """Add another image of the batch, shifted so far that only its edge shows."""
    others = out[rng.integers(0, len(out), len(chosen))]
    for image, other in zip(chosen, others, strict=True):
        away = int(rng.integers(17, 23))
        side = rng.random()
        if side < 0.4:
            out[image, :, away:] = np.maximum(out[image, :, away:], other[:, : SIDE - away])
        elif side < 0.8:
            out[image, :, :-away] = np.maximum(out[image, :, :-away], other[:, away:])
        elif side < 0.9:
            out[image, away:] = np.maximum(out[image, away:], other[: SIDE - away])
        else:
            out[image, :-away] = np.maximum(out[image, :-away], other[away:])


def soften(out: Float, chosen: NDArray[np.intp], rng: np.random.Generator) -> None:
    """Blur by a random part: the mean of each pixel and its four neighbours."""
    ink = out[chosen]
    amount = rng.uniform(0.2, 1.0, len(chosen)).astype(np.float32)[:, None, None]
    mean = ink.copy()
    mean[:, :, 1:] += ink[:, :, :-1]
    mean[:, :, :-1] += ink[:, :, 1:]
    mean[:, 1:] += ink[:, :-1]
    mean[:, :-1] += ink[:, 1:]
    out[chosen] = ink + (mean * np.float32(0.2) - ink) * amount


def change_contrast(out: Float, chosen: NDArray[np.intp], rng: np.random.Generator) -> None:
    """Change the contrast about 0.4, and make the ink fainter."""
    gain = np.exp(rng.uniform(-0.25, 0.9, len(chosen))).astype(np.float32)[:, None, None]
    level = rng.uniform(0.65, 1.0, len(chosen)).astype(np.float32)[:, None, None]
    pivot = np.float32(0.4)
    ink = np.clip((out[chosen] - pivot) * gain + pivot * np.minimum(gain, 1), 0, 1)
    out[chosen] = ink * level


def add_noise(out: Float, chosen: NDArray[np.intp], rng: np.random.Generator) -> None:
    """Add noise, finer or coarser; clipping at 0 keeps most of the paper clean."""
    shape = (SIDE, SIDE)
    for image in chosen:
        blur = 0.7 if rng.random() < 0.5 else 0.0
        out[image] += noise_tile(rng, shape, blur) * np.float32(rng.uniform(0.02, 0.12))
