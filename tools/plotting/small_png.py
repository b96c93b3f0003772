"""PNGs for the README: greys as of a photograph, a few colours, a fraction of the bytes."""

from __future__ import annotations

import os

import numpy as np
from PIL import Image

from core.files.output import write_output

GREYS, COLOURS = 48, 48
"""In the palette. Photographs are grey, and what is drawn on them has few colours."""

GREY = 16
"""Red, green and blue of a grey differ by no more: the tint of paper is not lost on it."""


def save(picture: Image.Image, path: str | os.PathLike[str]) -> None:
    """Write an RGB picture with a palette, whole or not at all. Raises StorageError."""
    reduced = reduce(picture)
    with write_output(path) as file:
        reduced.save(file, "PNG", optimize=True)


def reduce(picture: Image.Image) -> Image.Image:
    """The picture with GREYS greys and up to COLOURS colours of its own; mode P."""
    pixels = np.asarray(picture.convert("RGB")).reshape(-1, 3)
    spread = pixels.max(axis=1) - pixels.min(axis=1)
    levels = np.linspace(0, 255, GREYS).astype(np.uint8)
    palette = [np.repeat(levels[:, None], 3, axis=1)]
    for these in (pixels[spread > GREY], _most(pixels[(spread > 0) & (spread <= GREY)])):
        if len(these):
            own = Image.fromarray(these[None]).quantize(COLOURS // 2).convert("RGB")
            palette.append(np.unique(np.asarray(own).reshape(-1, 3), axis=0))
    table = np.concatenate(palette)
    reduced = Image.fromarray(_nearest(pixels, table).reshape(picture.height, picture.width))
    reduced.putpalette(table.tobytes())
    return reduced


def _nearest(pixels: np.ndarray, table: np.ndarray) -> np.ndarray:
    """For each pixel the index of the nearest colour; pillow's own search is a rough one."""
    tints, which = np.unique(pixels, axis=0, return_inverse=True)
    best = np.zeros(len(tints), np.uint8)
    least = np.full(len(tints), np.inf)
    for number, colour in enumerate(table):
        distance = ((tints.astype(np.float32) - colour) ** 2).sum(axis=1)
        best[distance < least] = number
        least = np.minimum(least, distance)
    return best[which.reshape(-1)]


def _most(pixels: np.ndarray) -> np.ndarray:
    """The most frequent tint of paper, alone: a background has to keep its exact colour."""
    if not len(pixels):
        return pixels
    tints, counts = np.unique(pixels, axis=0, return_counts=True)
    return tints[[int(counts.argmax())]]
