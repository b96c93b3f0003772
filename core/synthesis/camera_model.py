"""Model of light and camera: illumination, fingers, exposure, blur, noise, compression.

Light and shadows are smooth, so they are computed small and enlarged. Blur and compression are
Pillow's, in 8 bits. Noise is cut from a fixed tile (``noise``).
"""

from __future__ import annotations

import io

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFilter

from core.synthesis.noise import noise_tile
from core.synthesis.style import Style, between, chance
from core.vision import Frame

Float = NDArray[np.float32]
_SMALL = (48, 64)
"""(height, width) of light and shadows before they are enlarged."""


def illumination(rng: np.random.Generator, style: Style, size: tuple[int, int]) -> Float:
    """Illumination of each pixel: float32 of `size`, about 1 at the brightest."""
    rows, columns = _SMALL
    # Small enough for double precision, whose powers agree between releases of numpy.
    y = np.linspace(-1, 1, rows)[:, None]
    x = np.linspace(-1, 1, columns)[None]
    light = np.ones(_SMALL)
    if style.lamp:
        angle = between(rng, 0, 2 * np.pi)
        slope = (x * np.cos(angle) + y * np.sin(angle)) / 1.4
        light *= 1 - style.lamp * np.clip((slope + 1) / 2, 0, 1) ** between(rng, 0.7, 2.0)
    if style.vignette:
        cx, cy = rng.uniform(-0.35, 0.35, 2)
        distance = np.clip(((x - cx) ** 2 + (y - cy) ** 2) / 2, 0, 1)
        light *= 1 - style.vignette * distance ** between(rng, 0.7, 1.4)
    if style.shadow:
        light *= 1 - style.shadow * _shadow(rng)
    large = Image.fromarray(light.astype(np.float32)).resize(
        (size[1], size[0]), Image.Resampling.BICUBIC
    )
    return np.asarray(large, np.float32)


def _shadow(rng: np.random.Generator) -> Float:
    """A cast shadow, 0..1, of shape _SMALL: a straight edge (a phone) or rounds (a hand)."""
    rows, columns = _SMALL
    canvas = Image.new("L", (columns, rows))
    draw = ImageDraw.Draw(canvas)
    if chance(rng, 0.6):
        angle = between(rng, 0, 2 * np.pi)
        reach = between(rng, 0.0, 0.8)
        normal = np.array([np.cos(angle), np.sin(angle)])
        middle = np.array([columns / 2, rows / 2]) + normal * reach * columns / 2
        along = np.array([-normal[1], normal[0]]) * 200
        outer = normal * 200
        loop = [middle - along, middle + along, middle + along + outer, middle - along + outer]
        draw.polygon([(float(p[0]), float(p[1])) for p in loop], fill=255)
    else:
        # A hand: overlapping rounds that come in from one place at the edge.
        angle = between(rng, 0, 2 * np.pi)
        place = np.array([0.5 + 0.6 * np.cos(angle), 0.5 + 0.6 * np.sin(angle)])
        for _ in range(int(rng.integers(2, 6))):
            cx, cy = (place + rng.normal(0, 0.13, 2)) * (columns, rows)
            rx, ry = rng.uniform(6, 20, 2)
            draw.ellipse([cx - rx, cy - ry, cx + rx, cy + ry], fill=255)
    soft = canvas.filter(ImageFilter.GaussianBlur(1.2 * 8.0 ** float(rng.random())))
    return np.asarray(soft, np.float32) * np.float32(1 / 255)


def add_thumb(
    rng: np.random.Generator, scene: Float, free: tuple[int, int, int, int] | None = None
) -> None:
    """Add a finger that reaches in from one side, shaded like a rounded body, in place.

    free: a box (left, top, right, bottom) that it must not cover; it then comes from the side
    with more room, and not at all where there is none.
    """
    height, width = scene.shape
    small = Image.new("L", (width // 2 or 1, height // 2 or 1))
    half_width, half_height = small.size
    thick = half_height * between(rng, 0.07, 0.13)
    reach = half_width * between(rng, 0.05, 0.16)
    left = chance(rng, 0.5)
    if free is not None:
        room = (free[0] / 2, half_width - free[2] / 2)
        left = room[0] > room[1]
        reach = min(reach, max(room) - 1.15 * thick)
        if reach < -0.8 * thick:
            return
    x = reach if left else half_width - reach
    y = half_height * between(rng, 0.1, 0.95)
    outer = -thick * 3 if left else half_width + thick * 3
    slope = between(rng, -0.6, 0.6) * (x - outer)
    draw = ImageDraw.Draw(small)
    draw.line([x, y, outer, y - slope], fill=255, width=max(2, round(2 * thick)))
    draw.ellipse([x - thick, y - thick, x + thick, y + thick], fill=255)
    solid = np.asarray(
        small.filter(ImageFilter.GaussianBlur(1)).resize((width, height)), np.float32
    ) / np.float32(255)
    body = np.asarray(
        small.filter(ImageFilter.BoxBlur(thick * 0.6)).resize((width, height)), np.float32
    ) / np.float32(255)
    skin = np.float32(between(rng, 0.3, 0.6)) * (np.float32(0.55) + np.float32(0.6) * body)
    scene += (skin - scene) * solid


def expose(rng: np.random.Generator, scene: Float, style: Style) -> Frame:
    """Expose a scene: float32 (h, w) of light, 0..1, becomes a frame, uint8 (h, w)."""
    height, width = scene.shape
    grey = np.float32(0.5 * (1 - style.contrast)) + scene * np.float32(style.contrast)
    grey *= np.float32(255 * style.exposure)
    unit = max(height, 48) / 240
    image = Image.fromarray(np.clip(grey, 0, 255).astype(np.uint8))
    # The sensor's own softness is the same at any frame size; only gross defocus grows with it.
    blur = style.blur * (unit**0.35 if style.blur < 1 else unit**0.7)
    if blur > 0.15:
        image = image.filter(ImageFilter.GaussianBlur(blur))
    grey = np.asarray(image, np.float32)
    if style.motion:
        grey = _smeared(grey, style.motion * unit, between(rng, 0, np.pi))
    if style.noise:
        fine = chance(rng, 0.6)
        noise = noise_tile(rng, (height, width), 0.0 if fine else 0.7)
        grey = grey + noise * np.float32(style.noise)
    frame: Frame = np.clip(grey + np.float32(0.5), 0, 255).astype(np.uint8)
    if style.jpeg:
        frame = _compressed(frame, style.jpeg)
    return frame


def _smeared(grey: Float, length: float, angle: float) -> Float:
    """Motion blur: the mean of copies moved along a line of `length` pixels."""
    steps = max(2, min(9, round(length) + 1))
    total = np.zeros_like(grey)
    height, width = grey.shape
    margin = int(np.ceil(length / 2)) + 1
    padded = np.pad(grey, margin, mode="edge")
    for place in np.linspace(-length / 2, length / 2, steps):
        dx, dy = round(place * np.cos(angle)), round(place * np.sin(angle))
        total += padded[margin + dy : margin + dy + height, margin + dx : margin + dx + width]
    total *= np.float32(1 / steps)
    return total


def _compressed(frame: Frame, quality: int) -> Frame:
    """The frame compressed by JPEG and decompressed, with its blocks and ringing."""
    store = io.BytesIO()
    Image.fromarray(frame).save(store, "JPEG", quality=quality)
    store.seek(0)
    return np.asarray(Image.open(store), np.uint8).copy()
