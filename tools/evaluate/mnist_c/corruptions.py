"""The fifteen corruptions of MNIST-C, written anew: what a camera or a hand does to a digit.

Mu and Gilmer, "MNIST-C: A Robustness Benchmark for Computer Vision", 2019, at the severities
of its published test set. Each takes images, float32 (n, 28, 28) with ink = 1, and a
generator, and returns new float32 images of the same shape, clipped to 0..1. Warps are about
the centre (13.5, 13.5), linear, with nothing outside.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from tools.evaluate.mnist_c.edges import canny
from tools.evaluate.mnist_c.filters import gaussian, warp
from tools.evaluate.mnist_c.plasma import plasma

Float = NDArray[np.float32]
Corruption = Callable[[Float, np.random.Generator], Float]

SIDE = 28
ANGLE = 0.4
"""Radians by which a digit is sheared or turned, either way."""

COLUMNS = np.arange(SIDE, dtype=np.float32)


def _clipped(images: NDArray[np.floating]) -> Float:
    return np.clip(images, 0.0, 1.0).astype(np.float32)


def _either_way(rng: np.random.Generator, *shape: int) -> NDArray[np.int64]:
    return rng.integers(0, 2, shape) * 2 - 1


def shot_noise(images: Float, rng: np.random.Generator) -> Float:
    """Few photons: Poisson noise of three counts at full ink."""
    return _clipped(rng.poisson(images * 3.0) / 3.0)


def impulse_noise(images: Float, rng: np.random.Generator) -> Float:
    """Salt and pepper on 17 % of the pixels, half each."""
    hit = rng.random(images.shape) < 0.17
    salt = rng.random(images.shape) < 0.5
    return np.where(hit, salt, images).astype(np.float32)


def glass_blur(images: Float, rng: np.random.Generator) -> Float:
    """Through frosted glass: blur, swap neighbours at random, twice over, blur again."""
    out = gaussian(images, 0.7)
    everyone = np.arange(len(out))
    for _ in range(2):
        for row in range(SIDE - 1, 1, -1):
            for column in range(SIDE - 1, 1, -1):
                chosen = everyone[rng.random(len(out)) < 0.5]
                other_row, other_column = rng.integers(-1, 1, (2, len(chosen)))
                there = (chosen, row + other_row, column + other_column)
                here = (chosen, row, column)
                out[here], out[there] = out[there], out[here]
    return _clipped(gaussian(out, 0.7))


def motion_blur(images: Float, rng: np.random.Generator) -> Float:
    """A hand that moved: a one-sided Gaussian along a line within 45 degrees of level."""
    reach = np.arange(11)
    weights = np.exp(-(reach**2) / (2 * 3.0**2))
    weights /= weights.sum()
    angle = rng.uniform(-np.pi / 4, np.pi / 4, len(images))
    down = np.rint(np.sin(angle)[:, None] * reach).astype(np.int64) + reach[-1]
    across = np.rint(np.cos(angle)[:, None] * reach).astype(np.int64) + reach[-1]
    room = np.pad(images, ((0, 0), (reach[-1],) * 2, (reach[-1],) * 2))
    out = np.zeros_like(images)
    for number, image in enumerate(room):
        for weight, row, column in zip(weights, down[number], across[number], strict=True):
            out[number] += np.float32(weight) * image[row : row + SIDE, column : column + SIDE]
    return _clipped(out)


def shear(images: Float, rng: np.random.Generator) -> Float:
    """Leaning over to one side or the other."""
    matrix = np.tile(np.eye(2), (len(images), 1, 1))
    matrix[:, 0, 1] = np.tan(ANGLE) * _either_way(rng, len(images))
    return _clipped(warp(images, matrix))


def scale(images: Float, rng: np.random.Generator) -> Float:
    """Shrunk to 0.7."""
    return _clipped(warp(images, np.tile(np.eye(2) / 0.7, (len(images), 1, 1))))


def rotate(images: Float, rng: np.random.Generator) -> Float:
    """Turned one way or the other."""
    angle = ANGLE * _either_way(rng, len(images))
    cosine, sine = np.cos(angle), np.sin(angle)
    matrix = np.stack([cosine, -sine, sine, cosine], axis=1).reshape(-1, 2, 2)
    return _clipped(warp(images, matrix))


def brightness(images: Float, rng: np.random.Generator) -> Float:
    """Overexposed: everything 0.5 lighter."""
    return _clipped(images + 0.5)


def translate(images: Float, rng: np.random.Generator) -> Float:
    """Moved by three pixels along both axes."""
    shifts = 3 * _either_way(rng, len(images), 2)
    room = np.pad(images, ((0, 0), (3, 3), (3, 3)))
    pairs = zip(room, shifts, strict=True)
    return np.stack(
        [image[3 - y : 3 - y + SIDE, 3 - x : 3 - x + SIDE] for image, (x, y) in pairs]
    )


def stripe(images: Float, rng: np.random.Generator) -> Float:
    """Seven columns at either side inverted."""
    out = images.copy()
    out[..., :7] = 1.0 - out[..., :7]
    out[..., 21:] = 1.0 - out[..., 21:]
    return out


def fog(images: Float, rng: np.random.Generator) -> Float:
    """Fog three times as light as the digit, in clouds, and the whole as light as before."""
    clouds = plasma(rng, len(images), 256)[:, :SIDE, :SIDE]
    lightest = images.max(axis=(1, 2), keepdims=True)
    return _clipped((images + 3.0 * clouds) * lightest / (lightest + 3.0))


def spatter(images: Float, rng: np.random.Generator) -> Float:
    """Splashed with grey drops."""
    wet = gaussian(rng.normal(0.65, 0.3, images.shape).astype(np.float32), 1.0)
    mask = gaussian((wet > 0.65).astype(np.float32), 1.5)
    mask[mask < 0.8] = 0.0
    return _clipped(images * (1.0 - mask) + 63.0 / 255.0 * mask)


def dotted_line(images: Float, rng: np.random.Generator) -> Float:
    """A dotted line from the left edge to the right one."""
    heights = rng.integers(0, SIDE, (len(images), 2))
    ends = np.array([0.0, SIDE - 1.0])
    lines = np.stack([_drawn(np.stack([ends, pair], axis=1)) for pair in heights])
    lines[..., (np.arange(SIDE) // 2) % 2 == 1] = 0.0
    return _clipped(images + lines)


def zigzag(images: Float, rng: np.random.Generator) -> Float:
    """A zigzag across the digit, two pixels up and two down, a turn every two columns."""
    columns = np.concatenate([[2.0], np.arange(3.0, 25.0, 2.0), [25.0]])
    turns = np.where(np.arange(len(columns)) % 2, 2.0, -2.0)
    turns[[0, -1]] = 0.0
    out = []
    for image in images:
        start, rise = rng.integers(0, SIDE - 1), rng.integers(-5, 6)
        rows = start + rise * (columns - 2) / 23 + turns
        out.append(image + _drawn(np.stack([columns, rows], axis=1)))
    return _clipped(np.stack(out))


def _drawn(points: NDArray[np.float64]) -> NDArray[np.float64]:
    """A line through points (x, y): ink log(1 - d / 2.3) + 1 at the distance d from it."""
    places = np.stack(np.meshgrid(np.arange(SIDE), np.arange(SIDE)), axis=-1)[:, :, None]
    start, step = points[:-1], np.diff(points, axis=0)
    along = ((places - start) * step).sum(axis=-1) / (step**2).sum(axis=-1)
    nearest = start + np.clip(along, 0, 1)[..., None] * step
    distance = np.sqrt(((places - nearest) ** 2).sum(axis=-1)).min(axis=2)
    ink: NDArray[np.float64] = np.log(1 - np.minimum(distance, 2.2) / 2.3) + 1
    return np.clip(ink, 0, 1)


def canny_edges(images: Float, rng: np.random.Generator) -> Float:
    """Nothing left but the outline."""
    return canny(images, sigma=1.0, low=0.1, high=0.2)


CORRUPTIONS: tuple[Corruption, ...] = (
    shot_noise,
    impulse_noise,
    glass_blur,
    motion_blur,
    shear,
    scale,
    rotate,
    brightness,
    translate,
    stripe,
    fog,
    spatter,
    dotted_line,
    zigzag,
    canny_edges,
)
