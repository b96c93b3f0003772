"""Held sheets: a sheet of paper with a digit, held up by a hand before a drawn room.

The sheet is turned, foreshortened and bowed; it lies in the room's light and throws its shadow
on what is behind it. Thumbs and fingers reach over its edge, from a hand with a sleeve.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageChops, ImageDraw, ImageFilter

from core.synthesis.camera_model import expose, illumination
from core.synthesis.pen import Strokes
from core.synthesis.rooms import camera_style, draw_room, photograph
from core.synthesis.scene import Scene, absence, draw_page
from core.synthesis.style import Style, between, chance

Float = NDArray[np.float32]

SHEET = (0.33, 1.05)
"""Height of a sheet, as a share of the frame's."""

LEAST_LIGHT = 0.3
"""Light on a sheet, as a share of full exposure, in which its writing can still be read."""


def sample_held(
    rng: np.random.Generator,
    *,
    digit: int | Literal["random"] | None = "random",
    ink: NDArray[np.generic] | None = None,
    strokes: Strokes | None = None,
    size: tuple[int, int] = (240, 320),
    sheet: tuple[float, float] = SHEET,
) -> Scene:
    """A photograph of a sheet held up before a room.

    digit, ink, strokes: as for `core.synthesis.scene.sample_scene`. size: (height, width).
    sheet: range of the sheet's height, as a share of the frame's.
    """
    if digit == "random":
        digit = int(rng.integers(0, 10)) if ink is None and strokes is None else None
    style, shape = _sheet(rng, size, sheet)
    page, box = _page(rng, style, shape, digit, ink, strokes)
    grip = _Grip.sample(rng, page.shape, size)
    surface = draw_room(rng, size)
    light = _lit_as(rng, surface, page)
    _lay(rng, surface, page, grip)
    if chance(rng, 0.7):
        _hold(rng, surface, grip, light, box)
    frame = photograph(rng, surface, style)
    return Scene(frame, digit, None if box is None else grip.box(box, size), "held")


def held_presentation(
    rng: np.random.Generator,
    digit: int,
    frames: int = 24,
    *,
    size: tuple[int, int] = (240, 320),
    sheet: tuple[float, float] = SHEET,
) -> Iterator[Scene]:
    """A sheet brought before a room by hand, held there with a tremor, and taken away again.

    The times are those of `core.synthesis.scene.presentation`. Room, page and light are drawn
    once; the camera's exposure wavers. The label is None unless the sheet is as far in view as
    it will be; the box is that of the digit's part in view. sheet: as for `sample_held`.
    """
    style, shape = _sheet(rng, size, sheet)
    page, box = _page(rng, style, shape, digit)
    held = _Grip.sample(rng, page.shape, size)
    room = draw_room(rng, size)
    light = _lit_as(rng, room, page)
    lamp = illumination(rng, style, size)
    gain = between(rng, 0.65, 1.05) / max(0.1, float(np.percentile(room * lamp, 95)))
    angle, swing = between(rng, 0, 2 * np.pi), float(rng.normal(0, 0.4))
    # Far enough that a sheet as large as the frame is beyond the frame's corner.
    away = np.array([np.cos(angle), np.sin(angle)]) * 0.75 * (size[0] + size[1])
    seed, drift, wavering = int(rng.integers(2**31)), np.zeros(4), 0.0
    for number in range(frames):
        out = absence(number, frames)
        drift = 0.8 * drift + rng.normal(0, 1, 4)
        x, y, turn, nearer = drift + rng.normal(0, 1, 4)
        grip = held.moved(
            away * out**1.5 + np.array([x, y]) * 0.002 * size[0],
            swing * out + 0.005 * turn,
            1 + 0.003 * nearer,
        )
        surface = room.copy()
        if out < 1:
            # The same seed each time: shadow and hands stay as they are.
            still = np.random.default_rng(seed)
            _lay(still, surface, page, grip)
            if chance(still, 0.7):
                _hold(still, surface, grip, light, box)
        wavering = 0.9 * wavering + float(rng.normal(0, 0.01))
        surface *= lamp * np.float32(gain * (1 + wavering))
        motion = style.motion + abs(float(rng.normal(0, 0.8))) + (10 * out if out < 1 else 0)
        frame = expose(rng, surface, replace(style, motion=motion))
        label = digit if out == 0 or grip.within(size) else None
        yield Scene(
            frame, label, None if out == 1 or box is None else grip.box(box, size), "held"
        )


def _lit_as(rng: np.random.Generator, room: Float, page: Float) -> float:
    """Light a page, in place, about as the room; the lightness of the paper."""
    light = float(np.percentile(room, 90)) * between(rng, 0.65, 1.15)
    page *= np.float32(light / max(0.3, float(np.percentile(page, 80))))
    return light


@dataclass(frozen=True)
class _Grip:
    """How a page is held: ``source`` are its four corners, in pixels of the page, ``target``
    the same in pixels of the frame, float64 (4, 2) each, from the top left, clockwise."""

    source: NDArray[np.float64]
    target: NDArray[np.float64]

    @classmethod
    def sample(
        cls, rng: np.random.Generator, page: tuple[int, ...], size: tuple[int, int]
    ) -> _Grip:
        tall, wide = page
        unit = np.array([[-0.5, -0.5], [0.5, -0.5], [0.5, 0.5], [-0.5, 0.5]])
        shape = (unit + rng.uniform(-0.05, 0.05, (4, 2))) * [wide, tall]
        angle = np.radians(np.clip(rng.normal(0, 7), -16, 16))
        turn = np.array([[np.cos(angle), np.sin(angle)], [-np.sin(angle), np.cos(angle)]])
        spare = np.maximum(0, np.array([size[1], size[0]]) - [wide, tall]) / 2
        middle = np.array([size[1], size[0]]) / 2 + rng.uniform(-1, 1, 2) * spare
        return cls((unit + 0.5) * [wide, tall], shape @ turn + middle)

    def moved(self, by: NDArray[np.float64], angle: float, scale: float) -> _Grip:
        """Moved by so many pixels, turned by ``angle`` radians and scaled about its middle."""
        middle = self.target.mean(axis=0)
        turn = np.array([[np.cos(angle), np.sin(angle)], [-np.sin(angle), np.cos(angle)]])
        return replace(self, target=(self.target - middle) @ turn * scale + middle + by)

    def within(self, size: tuple[int, int]) -> bool:
        """Whether the whole page is in a frame of (height, width) ``size``."""
        inside = (self.target >= 0) & (self.target <= [size[1], size[0]])
        return bool(inside.all())

    def perspective(self, *, back: bool) -> list[float]:
        """Eight coefficients: of ``Image.transform`` if ``back``, else from page to frame."""
        start, end = (self.target, self.source) if back else (self.source, self.target)
        rows, right = [], []
        for (x, y), (u, v) in zip(start.tolist(), end.tolist(), strict=True):
            rows += [[x, y, 1, 0, 0, 0, -u * x, -u * y], [0, 0, 0, x, y, 1, -v * x, -v * y]]
            right += [u, v]
        solved: list[float] = np.linalg.solve(np.array(rows), np.array(right)).tolist()
        return solved

    def box(self, box: tuple[int, ...], size: tuple[int, int]) -> tuple[int, int, int, int]:
        """The box in the frame of a box of the page."""
        a, b, c, d, e, f, g, h = self.perspective(back=False)
        x, y = np.array([[box[i], box[j]] for i in (0, 2) for j in (1, 3)], np.float64).T
        depth = g * x + h * y + 1
        u, v = (a * x + b * y + c) / depth, (d * x + e * y + f) / depth
        left, right = (int(np.clip(s, 0, size[1])) for s in (u.min(), u.max() + 1))
        top, bottom = (int(np.clip(s, 0, size[0])) for s in (v.min(), v.max() + 1))
        return left, top, max(right, left + 1), max(bottom, top + 1)


def _sheet(
    rng: np.random.Generator, size: tuple[int, int], sheet: tuple[float, float]
) -> tuple[Style, tuple[int, int]]:
    """The style of a photograph of a held sheet, and the (height, width) of its page.

    As for all styles the writing is legible, here as small as it is in the frame and in the
    least of the room's light.
    """
    tall = between(rng, *sheet) * size[0]
    wide = min(tall * between(rng, 0.6, 1.5), 0.98 * size[1])
    style = camera_style(rng)
    height = between(rng, 0.35, 0.9)
    style = replace(
        style,
        ink=max(style.ink, 0.4),
        line_ink=min(style.line_ink, 0.25),
        tilt=0.0,
        edge=None,
        binding=False,
        frame=False,
        neighbours=0,
        inverted=False,
        shade=max(style.shade, 0.7),
        place=(between(rng, 0.1, 0.9), between(rng, 0.1, 0.9)),
    )
    seen = replace(style, height=height * tall / size[0], exposure=LEAST_LIGHT).legible()
    return replace(seen, height=height, exposure=style.exposure), (round(tall), round(wide))


def _page(
    rng: np.random.Generator,
    style: Style,
    shape: tuple[int, int],
    digit: int | None,
    ink: NDArray[np.generic] | None = None,
    strokes: Strokes | None = None,
) -> tuple[Float, tuple[int, int, int, int] | None]:
    """The page alone, bowed, and the writing's box on it."""
    page, box = draw_page(rng, style, shape, digit, ink, strokes)
    if chance(rng, 0.4):
        across = np.linspace(-1, 1, page.shape[1], dtype=np.float32) - np.float32(
            rng.normal(0, 0.5)
        )
        page *= 1 + np.float32(rng.normal(0, 0.12)) * (across * across - np.float32(0.33))
    return page, box


def _lay(rng: np.random.Generator, surface: Float, page: Float, grip: _Grip) -> None:
    """Lay the page over what is behind it, in place, with its shadow."""
    size = (surface.shape[1], surface.shape[0])
    how = grip.perspective(back=True)
    grey = Image.fromarray(np.clip(page * 200, 0, 255).astype(np.uint8))
    seen = grey.transform(size, Image.Transform.PERSPECTIVE, how, Image.Resampling.BICUBIC)
    whole = Image.new("L", grey.size, 255)
    shape = whole.transform(size, Image.Transform.PERSPECTIVE, how, Image.Resampling.BILINEAR)
    fall = round(between(rng, -8, 8)), round(between(rng, 0, 9))
    soft = ImageChops.offset(shape, *fall).filter(ImageFilter.GaussianBlur(between(rng, 2, 8)))
    surface *= 1 - np.float32(between(rng, 0, 0.5) / 255) * np.asarray(soft, np.float32)
    shape = shape.filter(ImageFilter.GaussianBlur(between(rng, 0.3, 1.5)))
    share = np.asarray(shape, np.float32) * np.float32(1 / 255)
    surface += (np.asarray(seen, np.float32) * np.float32(1 / 200) - surface) * share


def _hold(
    rng: np.random.Generator,
    surface: Float,
    grip: _Grip,
    light: float,
    box: tuple[int, int, int, int] | None,
) -> None:
    """Draw one or two hands in place: fingers over an edge, the hand and a sleeve behind.

    Who shows a digit keeps the fingers off it: none is over the writing's ``box`` on the page.
    """
    height, width = surface.shape
    corners, middle = grip.target, grip.target.mean(axis=0)
    sides = ((3, 2), (0, 3), (1, 2), (0, 1))
    tall = float(np.linalg.norm(corners[3] - corners[0]))
    skin = light * between(rng, 0.3, 0.9)
    written = None if box is None else grip.box(box, (height, width))
    for side in rng.permutation(4)[: int(rng.integers(1, 3))]:
        start, end = corners[sides[side][0]], corners[sides[side][1]]
        layer = Image.new("L", (width, height))
        draw = ImageDraw.Draw(layer)
        radius = between(rng, 0.035, 0.08) * tall
        first, apart = between(rng, 0.1, 0.75), 2.3 * radius / np.linalg.norm(end - start)
        for finger in range(int(rng.integers(1, 4))):
            root = start + (end - start) * (first + finger * apart)
            inward = (middle - root) / max(1.0, float(np.linalg.norm(middle - root)))
            reach, out = between(rng, 0.2, 1.6), root - inward * radius * between(rng, 2, 14)
            tips = [root + inward * radius * each for each in (reach, -0.5)]
            free = [tip for tip in tips if written is None or _apart(tip, written) > radius]
            if not free:
                continue
            tip = free[0]
            draw.line([*tip.tolist(), *out.tolist()], fill=255, width=max(2, round(2 * radius)))
            draw.ellipse([*(tip - radius).tolist(), *(tip + radius).tolist()], fill=255)
        shape = np.asarray(
            layer.filter(ImageFilter.GaussianBlur(between(rng, 0.5, 2))), np.float32
        )
        body = layer.filter(ImageFilter.BoxBlur(max(1.0, 0.6 * radius)))
        rounded = np.float32(0.75) + np.asarray(body, np.float32) * np.float32(0.25 / 255)
        surface += (np.float32(skin) * rounded - surface) * (shape * np.float32(1 / 255))


def _apart(point: NDArray[np.float64], box: tuple[int, int, int, int]) -> float:
    """Distance of a point from a box, 0 within."""
    return float(np.linalg.norm(point - np.clip(point, box[:2], box[2:])))
