"""Draws a sheet of paper as it lies before the camera, in even light.

Straight lines stay straight under a perspective, so they are drawn from their end points; of
writing every piece is put through the perspective.
"""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFilter

from core.synthesis.noise import noise_tile
from core.synthesis.pen import Pen, Strokes, draw_strokes
from core.synthesis.sheet import Pose, Sheet
from core.synthesis.style import Style, between, chance

Float = NDArray[np.float32]


Box = tuple[int, int, int, int]
"""(left, top, right, bottom) in pixels, right and bottom exclusive."""


def draw_sheet(
    rng: np.random.Generator, sheet: Sheet, style: Style, pose: Pose, size: tuple[int, int]
) -> Float:
    """Lightness of the sheet in the frame, without the digit: float32 of `size`, 0..1."""
    marks = _marks(sheet, pose, size)
    tooth = noise_tile(rng, size, 0.7 if style.tooth < 0.03 else 1.5) * np.float32(style.tooth)
    cloudy = noise_tile(rng, size, 4.0) * np.float32(0.002 + 0.25 * style.tooth)
    paper = np.float32(style.shade) * (1 + tooth + cloudy)
    if style.inverted:
        paper += (np.float32(0.75) - paper) * marks
    else:
        paper *= 1 - marks
    for strokes in sheet.showing_through:
        placed, box = _placed(strokes, pose, size, 3)
        if placed is None:
            continue
        left, top, right, bottom = box
        thickness = max(1.5, 0.06 * pose.scale)
        shape = (bottom - top, right - left)
        ink = draw_strokes(rng, placed, Pen("felt", 0.05), thickness, shape)
        paper[top:bottom, left:right] *= 1 - ink * np.float32(style.bleed)
    for strokes, thickness, darkness in sheet.stray:
        write(rng, paper, strokes, pose, Pen("felt", thickness), darkness, style.inverted)
    if style.crease:
        _crease(rng, paper, style.crease)
    if sheet.corners is not None:
        _lay_on_table(rng, paper, sheet.corners, style, pose)
        if sheet.rings is not None:
            _bind(paper, sheet.rings, pose)
    return paper


def _marks(sheet: Sheet, pose: Pose, size: tuple[int, int]) -> Float | np.float32:
    """Darkness of all straight lines: float32 of `size`, 0 = none; drawn large and reduced."""
    if not sheet.lines:
        return np.float32(0)
    height, width = size
    factor = 2
    canvas = Image.new("L", (width * factor, height * factor))
    draw = ImageDraw.Draw(canvas)
    for lines, thickness, darkness in sheet.lines:
        ends = np.array(lines, np.float64).reshape(-1, 2)
        pixels = pose.to_frame(ends).reshape(-1, 4) * factor
        inside = (
            (pixels[:, 0::2].max(axis=1) > 0)
            & (pixels[:, 0::2].min(axis=1) < width * factor)
            & (pixels[:, 1::2].max(axis=1) > 0)
            & (pixels[:, 1::2].min(axis=1) < height * factor)
        )
        wide = max(1, round(thickness * pose.scale * factor))
        # A line thinner than a pixel is fainter instead.
        part = min(1.0, thickness * pose.scale * factor / wide + 0.25)
        for line in np.rint(pixels[inside]).astype(np.int32).tolist():
            draw.line(line, fill=round(255 * darkness * part), width=wide)
    return np.asarray(canvas.reduce(factor), np.float32) * np.float32(1 / 255)


def _placed(
    strokes: Strokes, pose: Pose, size: tuple[int, int], margin: int
) -> tuple[Strokes | None, Box]:
    """Strokes in pixels of the smallest patch of the frame that holds them, and its box."""
    start, end = pose.to_frame(strokes.start), pose.to_frame(strokes.end)
    low = np.floor(np.minimum(start.min(axis=0), end.min(axis=0))).astype(int) - margin
    high = np.ceil(np.maximum(start.max(axis=0), end.max(axis=0))).astype(int) + margin + 1
    left, top = max(0, int(low[0])), max(0, int(low[1]))
    right, bottom = min(size[1], int(high[0])), min(size[0], int(high[1]))
    if right - left < 2 or bottom - top < 2:
        return None, (0, 0, 0, 0)
    corner = np.array([left, top], np.float32)
    return replace(strokes, start=start - corner, end=end - corner), (left, top, right, bottom)


def write(
    rng: np.random.Generator,
    paper: Float,
    strokes: Strokes,
    pose: Pose,
    pen: Pen,
    darkness: float,
    light: bool,
) -> Box | None:
    """Write strokes on the paper in place (light: chalk). Returns the ink's box in pixels.

    The box is (left, top, right, bottom), right and bottom exclusive; None if all is outside.
    """
    thickness = max(pen.width * pose.scale, 0.75)
    margin = int(np.ceil(thickness * 0.75)) + 2
    placed, box = _placed(strokes, pose, (paper.shape[0], paper.shape[1]), margin)
    if placed is None:
        return None
    left, top, right, bottom = box
    ink = draw_strokes(rng, placed, pen, thickness, (bottom - top, right - left))
    return lay_ink(paper, ink, (left, top), darkness, light)


def lay_ink(
    paper: Float, ink: Float, corner: tuple[int, int], darkness: float, light: bool
) -> Box | None:
    """Lay a patch of ink (0..1) on the paper in place, its top left corner at (x, y)."""
    left, top = corner
    patch = paper[top : top + ink.shape[0], left : left + ink.shape[1]]
    if light:
        patch += (np.float32(0.93) - patch) * (ink * np.float32(darkness))
    else:
        # Even black ink gives back a little light.
        patch *= 1 - ink * np.float32(darkness * 0.93)
    seen = ink > 0.25
    rows, columns = np.nonzero(seen.any(axis=1))[0], np.nonzero(seen.any(axis=0))[0]
    if not len(rows):
        return None
    return (
        left + int(columns[0]),
        top + int(rows[0]),
        left + int(columns[-1]) + 1,
        top + int(rows[-1]) + 1,
    )


def _crease(rng: np.random.Generator, paper: Float, depth: float) -> None:
    """Draw a fold in place: the paper is darker on one side of it and lighter on the other."""
    height, width = paper.shape
    angle = between(rng, 0, np.pi)
    x = np.arange(width, dtype=np.float32) - np.float32(between(rng, 0.2, 0.8) * width)
    y = np.arange(height, dtype=np.float32) - np.float32(between(rng, 0.2, 0.8) * height)
    distance = x[None] * np.float32(np.cos(angle)) + y[:, None] * np.float32(np.sin(angle))
    wide = np.float32(between(rng, 0.03, 0.25) * height)
    side = np.clip(1 - np.abs(distance) / wide, 0, 1) * np.sign(distance)
    paper *= 1 + np.float32(depth) * side


def _lay_on_table(
    rng: np.random.Generator, paper: Float, corners: Float, style: Style, pose: Pose
) -> None:
    """Draw the table beyond the page, in place, with a shadow at the page's edge."""
    height, width = paper.shape
    half = (max(1, width // 2), max(1, height // 2))
    canvas = Image.new("L", half)
    # The page's sides are cut finely: far corners would else be clipped by the perspective.
    loop = np.concatenate([corners, corners[:1]])
    along = np.linspace(0, 1, 24, endpoint=False)[:, None]
    outline = np.concatenate([a + (b - a) * along for a, b in pairwise(loop)])
    pixels = pose.to_frame(outline) * np.array([half[0] / width, half[1] / height], np.float32)
    ImageDraw.Draw(canvas).polygon([tuple(p) for p in pixels.tolist()], fill=255)
    page = np.asarray(
        canvas.resize((width, height), Image.Resampling.BILINEAR), np.float32
    ) / np.float32(255)
    shadow = np.asarray(
        canvas.filter(ImageFilter.GaussianBlur(half[1] * 0.03)).resize((width, height)),
        np.float32,
    ) / np.float32(255)
    table = table_texture(rng, (height, width), style.background)
    table *= 1 - np.float32(0.45) * shadow
    paper *= page
    paper += table * (1 - page)


def _bind(paper: Float, rings: Float, pose: Pose) -> None:
    """Draw a wire spiral in place: a dark loop and a hole for each ring."""
    height, width = paper.shape
    canvas = Image.new("L", (width * 2, height * 2))
    draw = ImageDraw.Draw(canvas)
    low = np.array([0.0, 0.063], np.float32)
    high = np.array([0.01, 0.054], np.float32)
    for ring in rings:
        hole = pose.to_frame(np.stack([ring + low, ring - high])) * 2
        wide = max(2, round(0.025 * pose.scale * 2))
        draw.line([tuple(p) for p in hole.tolist()], fill=230, width=wide)
        x, y = hole[0].tolist()
        draw.ellipse([x - wide, y - wide, x + wide, y + wide], fill=255)
    paper *= 1 - np.float32(0.9) * (
        np.asarray(canvas.reduce(2), np.float32) * np.float32(1 / 255)
    )


def table_texture(rng: np.random.Generator, size: tuple[int, int], kind: str) -> Float:
    """A table top: "dark", "light" or "wood": float32 of `size`, 0..1."""
    base = {"dark": between(rng, 0.03, 0.3), "light": between(rng, 0.5, 0.85)}.get(
        kind, between(rng, 0.2, 0.55)
    )
    surface = np.float32(base) * (1 + noise_tile(rng, size, 1.5) * np.float32(0.06))
    if kind == "wood":
        grain = noise_tile(rng, (size[0], 64), 1.5)
        stretched = Image.fromarray(grain).resize((size[1], size[0]), Image.Resampling.BILINEAR)
        surface += np.asarray(stretched, np.float32) * np.float32(0.12 * base)
    elif chance(rng, 0.3):
        band = np.float32(between(rng, -0.5, 0.5) * base)
        surface[:, int(rng.integers(0, size[1])) :] += band
    return np.clip(surface, 0.0, 1.0, out=surface)
