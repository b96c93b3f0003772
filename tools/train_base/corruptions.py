"""Digits with something over them, or through them, that are still digits.

A pen that only draws the outline, a pattern of dots, a scribble across, a fold where light
and dark change places, grain, frost: a person reads on. Each kind of damage takes a digit
of 28x28 pixels, as :mod:`tools.train_base.crops` reads it as a small frame.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from core.synthesis.noise import noise_tile
from core.synthesis.style import between, chance
from core.vision.morphology import thicken

Float = NDArray[np.float32]

SIDE = 28


def damage(image: NDArray[np.uint8], rng: np.random.Generator) -> NDArray[np.uint8]:
    """A digit, uint8 (28, 28), ink = 255, with one kind of damage: a new array."""
    kind = KINDS[int(rng.integers(len(KINDS)))]
    ink = kind(image.astype(np.float32) / np.float32(255), rng)
    return np.rint(np.clip(ink, 0, 1) * 255).astype(np.uint8)


def outline(ink: Float, rng: np.random.Generator) -> Float:
    """Only the strokes' edges are drawn, as hollow letters are."""
    solid = np.where(ink > between(rng, 0.2, 0.6), np.uint8(255), np.uint8(0))
    inner = 255 - thicken(255 - solid, 1)[1:-1, 1:-1]
    hollow = solid - inner if chance(rng, 0.5) else thicken(solid, 1)[1:-1, 1:-1] - solid
    return np.asarray(hollow * np.float32(between(rng, 0.6, 1.0) / 255), dtype=np.float32)


def scribble(ink: Float, rng: np.random.Generator) -> Float:
    """A zigzag, a wave or a dashed line from one side to the other, at any height."""
    at = np.arange(0, SIDE, 0.25)
    height, period = between(rng, 0, 3.2), between(rng, 2.5, 9)
    phase = (at / period + rng.random()) % 1
    wave = np.abs(2 * phase - 1) * 2 - 1 if chance(rng, 0.6) else np.sin(2 * np.pi * phase)
    if chance(rng, 0.5):
        middle = np.linspace(between(rng, -1, SIDE), between(rng, -1, SIDE), len(at))
    else:
        middle = between(rng, 0, SIDE) + (at - SIDE / 2) * between(rng, -0.25, 0.25)
    drawn = np.ones(len(at), dtype=bool)
    if chance(rng, 0.35):
        dash = int(rng.integers(3, 14))
        drawn = np.arange(len(at)) // dash % 2 == 0
    if chance(rng, 0.3):
        drawn &= (at > between(rng, 0, 6)) & (at < between(rng, 20, SIDE))
    x, y = at[drawn], (middle + height * wave)[drawn]
    rows, columns = np.mgrid[:SIDE, :SIDE]
    away = np.hypot(rows[..., None] - y, columns[..., None] - x).min(axis=2, initial=99)
    line = np.clip(between(rng, 0.9, 1.8) - away, 0, 1) * between(rng, 0.6, 1.0)
    return np.asarray(np.maximum(ink, line), dtype=np.float32)


def salt_and_pepper(ink: Float, rng: np.random.Generator) -> Float:
    """Single pixels all black or all white."""
    share, draw = between(rng, 0.04, 0.22), rng.random(ink.shape)
    out = ink.copy()
    out[draw < share] = 1
    out[draw < share / 2] = 0
    return out


def grain(ink: Float, rng: np.random.Generator) -> Float:
    """Few photons: the brighter, the more it scatters; or even grain."""
    if chance(rng, 0.6):
        photons = between(rng, 2.5, 12)
        return (rng.poisson(ink * photons) / photons).astype(np.float32)
    return ink + rng.normal(0, between(rng, 0.05, 0.25), ink.shape).astype(np.float32)


def frost(ink: Float, rng: np.random.Generator) -> Float:
    """Seen through rippled glass: softened, and every pixel from somewhere near by."""
    soft = _softened(ink, between(rng, 0.4, 0.9))
    reach = between(rng, 0.6, 1.6)
    rows, columns = np.mgrid[:SIDE, :SIDE]
    shift = np.rint(rng.normal(0, reach / 1.5, (2, *ink.shape))).astype(np.intp)
    rows, columns = np.clip(rows + shift[0], 0, 27), np.clip(columns + shift[1], 0, 27)
    return _softened(soft[rows, columns], between(rng, 0.4, 0.9))


def smear(ink: Float, rng: np.random.Generator) -> Float:
    """Moved while it was taken, fading along the way."""
    angle, length = between(rng, -np.pi, np.pi), between(rng, 2, 8)
    out, total = np.zeros_like(ink), 0.0
    for step in range(int(length) + 1):
        weight = float(np.exp(-((step / length) ** 2) * 2))
        shift = round(step * np.sin(angle)), round(step * np.cos(angle))
        out += np.float32(weight) * np.roll(ink, shift, (0, 1))
        total += weight
    return out / np.float32(total)


def changed_ground(ink: Float, rng: np.random.Generator) -> Float:
    """Light and dark change places beyond a line, or in a band at either side."""
    first, last = int(rng.integers(2, 10)), int(rng.integers(18, 27))
    out = ink.copy()
    turned = out if chance(rng, 0.7) else out.T
    if chance(rng, 0.8):
        turned[:, :first] = 1 - turned[:, :first]
    turned[:, last:] = 1 - turned[:, last:]
    return out


def haze(ink: Float, rng: np.random.Generator) -> Float:
    """A bright, cloudy veil over all of it."""
    cloud = noise_tile(rng, ink.shape, (1.5, 4.0)[int(rng.integers(2))])
    cloud = (cloud - cloud.min()) / np.float32(np.ptp(cloud) + 1e-6)
    veil = np.float32(between(rng, 0.4, 0.75))
    if chance(rng, 0.3):
        cloud = np.full_like(ink, 0.7)
    return ink * (1 - veil) + veil * cloud


def blots(ink: Float, rng: np.random.Generator) -> Float:
    """Drops of something half dark."""
    cloud = noise_tile(rng, ink.shape, (0.7, 1.5)[int(rng.integers(2))])
    drops = cloud > np.quantile(cloud, between(rng, 0.75, 0.95))
    return np.where(drops, np.float32(between(rng, 0.15, 0.7)), ink).astype(np.float32)


KINDS: tuple[Callable[[Float, np.random.Generator], Float], ...] = (
    outline, scribble, scribble, salt_and_pepper, grain, frost, smear, changed_ground, haze,
    blots,
)  # fmt: skip


def _softened(ink: Float, sigma: float) -> Float:
    at = np.arange(-2, 3)
    kernel = np.exp(-0.5 * (at / sigma) ** 2)
    kernel /= kernel.sum()
    padded = np.pad(ink, 2)
    down = sum(w * padded[i : i + SIDE] for i, w in enumerate(kernel))
    across = sum(w * down[:, i : i + SIDE] for i, w in enumerate(kernel))
    return np.asarray(across, dtype=np.float32)
