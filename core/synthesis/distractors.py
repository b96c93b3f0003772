"""Distractors, objects without writing before a camera: cloth, patterns, hands, cables."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFilter

from core.synthesis.noise import noise_tile
from core.synthesis.style import between, chance

Float = NDArray[np.float32]


def cloth(rng: np.random.Generator, size: tuple[int, int]) -> Float:
    """Folded cloth, float32 of `size`, 0..1: each fold a light and a dark band, fading out."""
    rows, columns = max(8, size[0] // 3), max(8, size[1] // 3)
    y, x = np.mgrid[0:rows, 0:columns].astype(np.float32) / np.float32(rows)
    relief = np.zeros((rows, columns), np.float32)
    main = between(rng, 0, np.pi)
    for _ in range(int(rng.integers(3, 9))):
        angle = main + rng.normal(0, 0.5)
        cosine, sine = np.float32(np.cos(angle)), np.float32(np.sin(angle))
        px, py = (np.float32(v) for v in rng.uniform(-0.1, 1.1, 2))
        along = (x - px) * cosine + (y - py) * sine
        across = (y - py) * cosine - (x - px) * sine
        across += np.float32(rng.normal(0, 0.06)) * np.sin(
            along * np.float32(between(rng, 2, 7))
        )
        across /= np.float32(0.012 * 12.0 ** float(rng.random()))
        reach = along / np.float32(between(rng, 0.15, 0.8))
        relief += (
            np.float32(rng.normal(0, 1)) * across * np.exp(-across * across - reach * reach)
        )
    large = Image.fromarray(relief).resize((size[1], size[0]), Image.Resampling.BICUBIC)
    folds = np.asarray(large, np.float32) * np.float32(between(rng, 0.08, 0.35))
    sheet = np.float32(between(rng, 0.45, 0.98)) * (1 + folds)
    sheet += noise_tile(rng, size, 0.7) * np.float32(between(rng, 0.0, 0.02))
    return np.asarray(np.clip(sheet, 0, 1), np.float32)


def weave(rng: np.random.Generator, size: tuple[int, int]) -> Float:
    """A repeating pattern (threads, bricks, stripes): float32 of `size`, 0..1."""
    y, x = np.mgrid[0 : size[0], 0 : size[1]].astype(np.float32)
    angle = between(rng, 0, np.pi)
    u = x * np.float32(np.cos(angle)) + y * np.float32(np.sin(angle))
    v = y * np.float32(np.cos(angle)) - x * np.float32(np.sin(angle))
    first, second = (np.float32(0.15 * 10.0 ** float(v)) for v in -rng.random(2))
    pattern = np.sin(u * first) * np.float32(rng.random()) + np.sin(v * second)
    depth = np.float32(between(rng, 0.05, 0.35))
    base = np.float32(between(rng, 0.3, 0.8))
    surface = base + depth * np.tanh(pattern * np.float32(between(rng, 0.5, 4)))
    return np.asarray(np.clip(surface, 0, 1), np.float32)


def hand_outline(rng: np.random.Generator, size: tuple[int, int]) -> Image.Image:
    """A hand with arm and fingers, grey = its tone, on black; `size` is (height, width)."""
    height, width = size
    image = Image.new("L", (width, height))
    draw = ImageDraw.Draw(image)
    unit = height * between(rng, 0.14, 0.26)
    cx, cy = width * between(rng, 0.35, 0.65), height * between(rng, 0.45, 0.7)
    up = between(rng, 0, 2 * np.pi) if chance(rng, 0.4) else float(rng.normal(0, 0.35))

    def bar(
        x: float, y: float, angle: float, length: float, thick: float
    ) -> tuple[float, float]:
        ex, ey = float(x + np.sin(angle) * length), float(y - np.cos(angle) * length)
        tone = int(rng.integers(205, 256))
        # A darker rim sets a finger off from the one behind.
        for part, fill in ((1.14, 120), (1.0, tone)):
            radius = thick * part / 2
            draw.line([x, y, ex, ey], fill=fill, width=max(2, round(2 * radius)))
            for px, py in ((x, y), (ex, ey)):
                draw.ellipse([px - radius, py - radius, px + radius, py + radius], fill=fill)
        return ex, ey

    bar(cx, cy, up + np.pi, height * 1.2, unit * between(rng, 1.2, 1.8))
    draw.ellipse([cx - unit, cy - unit, cx + unit, cy + unit], fill=230)
    spread = between(rng, 0.26, 0.4)
    for finger in range(5):
        long = unit * (between(rng, 1.5, 2.2) if chance(rng, 0.5) else between(rng, 0.3, 0.8))
        root = up + (finger - 2) * spread
        x, y = float(cx + np.sin(root) * unit * 0.8), float(cy - np.cos(root) * unit * 0.8)
        thick = unit * between(rng, 0.42, 0.56)
        x, y = bar(x, y, root * 0.6 + up * 0.4, long * 0.6, thick)
        bar(x, y, root * 0.6 + up * 0.4 + float(rng.normal(0, 0.4)), long * 0.4, thick * 0.92)
    return image


def object_outline(rng: np.random.Generator, size: tuple[int, int]) -> Image.Image:
    """The silhouette of an object, rounded or angular, perhaps with a hole, a handle, legs."""
    height, width = size
    image = Image.new("L", (width, height))
    draw = ImageDraw.Draw(image)
    cx, cy = width * between(rng, 0.3, 0.7), height * between(rng, 0.3, 0.7)
    corners = int(rng.integers(4, 14))
    angles = np.sort(rng.uniform(0, 2 * np.pi, corners))
    radii = rng.uniform(0.35, 1.0, corners) * height * between(rng, 0.2, 0.5)
    stretch = between(rng, 0.5, 1.6)
    outline = [
        (float(cx + r * np.cos(a) * stretch), float(cy + r * np.sin(a)))
        for r, a in zip(radii, angles, strict=True)
    ]
    draw.polygon(outline, fill=255)
    if chance(rng, 0.3):
        radius = float(radii.min()) * 0.6
        draw.ellipse([cx - radius, cy - radius, cx + radius, cy + radius], fill=0)
    for _ in range(int(rng.integers(0, 3))):
        x, y = outline[int(rng.integers(0, corners))]
        draw.line(
            [x, y, x + rng.normal(0, width / 5), y + rng.normal(0, height / 5)],
            fill=255,
            width=max(2, round(height * between(rng, 0.02, 0.08))),
        )
    return image.filter(ImageFilter.GaussianBlur(height * between(rng, 0.003, 0.015)))


def cable_outline(rng: np.random.Generator, size: tuple[int, int]) -> Image.Image:
    """A cable: a long thick line in loops across the frame."""
    height, width = size
    image = Image.new("L", (width, height))
    knots = np.cumsum(rng.normal(0, 0.5, (7, 2)), axis=0)
    knots = (knots - knots.mean(axis=0)) * (0.4 * height) + [width / 2, height / 2]
    knots[0], knots[-1] = rng.uniform(-1, 2, 2) * size[::-1], rng.uniform(-1, 2, 2) * size[::-1]
    time, at = np.linspace(0, 1, 220), np.linspace(0, 1, 7)
    path = np.stack([np.interp(time, at, knots[:, i]) for i in (0, 1)], axis=1)
    kernel = np.hanning(51) / np.hanning(51).sum()
    path = np.stack([np.convolve(path[:, i], kernel, "valid") for i in (0, 1)], axis=1)
    ImageDraw.Draw(image).line(
        [(float(p[0]), float(p[1])) for p in path],
        fill=255,
        width=max(2, round(height * between(rng, 0.008, 0.05))),
        joint="curve",
    )
    return image


def shade(
    rng: np.random.Generator, surface: Float, outline: Image.Image, tone: float, *, folds: bool
) -> None:
    """Draw a rounded body of this outline and lightness, with its shadow, in place."""
    height = surface.shape[0]
    shape = outline.point(lambda level: 255 if level > 40 else 0)
    mask = np.asarray(shape.filter(ImageFilter.GaussianBlur(0.8)), np.float32) / np.float32(255)
    tint = np.asarray(outline.filter(ImageFilter.GaussianBlur(1.2)), np.float32) / np.float32(
        255
    )
    soft = np.asarray(shape.filter(ImageFilter.BoxBlur(height * 0.04)), np.float32)
    soft = soft / np.float32(255)
    step = max(1, round(height * 0.02))
    cast = np.roll(soft, (step, int(rng.choice([-step, step]))), axis=(0, 1))
    surface *= 1 - np.float32(between(rng, 0.1, 0.5)) * cast
    # Light from the side: the slope of the softened outline is the body's roundness.
    slope = np.gradient(soft, axis=1) * np.float32(between(rng, -1, 1) * height * 0.12)
    body = np.float32(tone) * (np.float32(0.7) + np.float32(0.35) * soft + slope)
    body *= np.float32(0.35) + np.float32(0.65) * np.minimum(tint + (1 - mask), 1)
    if folds:
        wrinkles = cloth(rng, (surface.shape[0], surface.shape[1]))
        body *= np.float32(0.6) + np.float32(0.5) * wrinkles
    surface += (np.clip(body, 0, 1) - surface) * mask
