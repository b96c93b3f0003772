"""Simulated photographs of a digit on paper, for the demo, the tests and training.

:func:`sample_scene` gives one frame with its label and the digit's true box;
:func:`presentation` gives a sequence in which a sheet is brought in, held and taken away.
Nothing is taken from real pictures: paper, pens, light and camera are drawn by
:mod:`core.synthesis.paper`, :mod:`core.synthesis.strokes` and
:mod:`core.synthesis.camera_model`, and chosen by :class:`core.synthesis.style.Style`.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from core.synthesis.camera_model import add_thumb, expose, illumination
from core.synthesis.paper import Box, draw_sheet, lay_ink, table_texture, write
from core.synthesis.pen import Strokes
from core.synthesis.sheet import Pose, Sheet, sample_sheet
from core.synthesis.strokes import bitmap_strokes, character_strokes, enlarge_bitmap
from core.synthesis.style import Style, between, chance
from core.vision import Frame

__all__ = [
    "Box", "Scene", "Style", "absence", "draw_page", "presentation", "sample_scene",
    "sample_size",
]  # fmt: skip


@dataclass(frozen=True)
class Scene:
    """frame: uint8 (h, w), 0 = black. label: 0..9, None without a digit.

    box: (left, top, right, bottom) of the digit's ink in pixels, right and bottom exclusive;
    None without a digit. note: the style in a few words.
    """

    frame: Frame
    label: int | None
    box: Box | None
    note: str


def sample_size(rng: np.random.Generator, style: Style) -> tuple[int, int]:
    """(height, width) of a frame as cameras and croppers make them: 40 to 640 pixels."""
    if not style.crop:
        return ((240, 320), (320, 240), (480, 640), (640, 480), (240, 320))[
            int(rng.integers(0, 5))
        ]
    height = round(40 * 10.0 ** (float(rng.random()) ** 1.4))
    aspect = float(np.clip(np.exp(rng.normal(-0.12, 0.22)), 0.5, 1.6))
    return min(height, 480), int(np.clip(round(min(height, 480) * aspect), 40, 640))


def sample_scene(
    rng: np.random.Generator,
    *,
    digit: int | Literal["random"] | None = "random",
    ink: NDArray[np.generic] | None = None,
    strokes: Strokes | None = None,
    size: tuple[int, int] | None = (240, 320),
    style: Style | None = None,
) -> Scene:
    """One simulated photograph.

    digit: 0..9 to be written, "random", or None for paper without writing. ink: a 28x28 bitmap
    (uint8, or float 0..1) to write instead of a drawn digit; `digit` is then its label.
    strokes: other writing (a letter, a scribble), normalised to height 1; the label is then
    `digit` too, None unless given. size: (height, width), or None to draw one that suits
    the style. style: None draws one. Raises ValueError for a digit beyond 0..9.
    """
    if style is None:
        style = Style.sample(rng)
    if size is None:
        size = sample_size(rng, style)
    if digit == "random":
        digit = int(rng.integers(0, 10)) if ink is None and strokes is None else None
    if digit is not None and not 0 <= digit <= 9:
        raise ValueError(
            f"digit {digit} cannot be written: use 0 to 9, or None for empty paper"
        )
    paper, box = draw_page(rng, style, size, digit, ink, strokes)
    paper *= illumination(rng, style, size)
    if style.thumb:
        add_thumb(rng, paper, box)
    frame = expose(rng, paper, style)
    return Scene(frame, digit, box, _note(style))


def draw_page(
    rng: np.random.Generator,
    style: Style,
    size: tuple[int, int],
    digit: int | None = None,
    ink: NDArray[np.generic] | None = None,
    strokes: Strokes | None = None,
) -> tuple[NDArray[np.float32], Box | None]:
    """A page with its writing in even light, float32 of ``size``, and the writing's box.

    digit, ink, strokes: as for :func:`sample_scene`; the box is None without writing.
    """
    bitmap = None
    if strokes is None:
        strokes, bitmap = _writing(rng, digit, ink)
    sheet = sample_sheet(rng, style)
    pose = _pose(rng, style, size, strokes)
    return _surface(rng, sheet, style, pose, size, strokes, bitmap)


def _writing(
    rng: np.random.Generator, digit: int | None, ink: NDArray[np.generic] | None
) -> tuple[Strokes | None, NDArray[np.generic] | None]:
    """The strokes to write, and for some bitmaps the bitmap, to be drawn with its own line."""
    if ink is not None:
        strokes = bitmap_strokes(rng, ink)
        return strokes, ink if strokes is None or chance(rng, 0.4) else None
    if digit is None:
        return None, None
    return character_strokes(rng, str(digit)), None


def _pose(
    rng: np.random.Generator, style: Style, size: tuple[int, int], strokes: Strokes | None
) -> Pose:
    """The pose of a sheet: size, rotation, tilt and place of the digit as in the style."""
    height, width = size
    angle = np.radians(style.rotation)
    reach = np.array([0.5, 0.5])
    if strokes is not None:
        turned = Pose((0, 0), 1.0, float(angle)).to_frame(
            np.concatenate([strokes.start, strokes.end])
        )
        reach = np.abs(turned).max(axis=0) + style.pen.width / 2
    scale = float(min(style.height * height / (2 * reach[1]), 0.94 * width / (2 * reach[0])))
    free = np.array([width / 2, height / 2]) - reach * scale
    room = np.maximum(free - 1, 0)
    centre = np.array([width / 2, height / 2]) + room * (np.array(style.place) * 2 - 1)
    direction = between(rng, 0, 2 * np.pi)
    lean = style.tilt / max(size) * np.array([np.cos(direction), np.sin(direction)])
    return Pose(
        (float(centre[0]), float(centre[1])),
        scale,
        float(angle),
        (float(lean[0]), float(lean[1])),
    )


def _surface(
    rng: np.random.Generator,
    sheet: Sheet,
    style: Style,
    pose: Pose,
    size: tuple[int, int],
    strokes: Strokes | None,
    bitmap: NDArray[np.generic] | None,
) -> tuple[NDArray[np.float32], Box | None]:
    """The paper with its writing, in even light, and the box of the writing."""
    paper = draw_sheet(rng, sheet, style, pose, size)
    if bitmap is not None:
        return paper, _stamp(rng, paper, bitmap, style, pose)
    if strokes is None:
        return paper, None
    return paper, write(rng, paper, strokes, pose, style.pen, style.ink, style.inverted)


def _stamp(
    rng: np.random.Generator,
    paper: NDArray[np.float32],
    bitmap: NDArray[np.generic],
    style: Style,
    pose: Pose,
) -> Box | None:
    """Lay a bitmap on the paper in place, rotated as the sheet is; returns its box."""
    # MNIST's digits fill 20 of 28 pixels.
    side = max(8, round(pose.scale * 28 / 20))
    large = enlarge_bitmap(bitmap, side, bolder=between(rng, -0.16, 0.16))
    picture = Image.fromarray((large * 255).astype(np.uint8))
    turned = picture.rotate(-style.rotation, Image.Resampling.BILINEAR)
    ink = np.asarray(turned, np.float32) * np.float32(1 / 255)
    left, top = round(pose.centre[0] - side / 2), round(pose.centre[1] - side / 2)
    height, width = paper.shape
    ink = ink[max(0, -top) : height - top, max(0, -left) : width - left]
    return lay_ink(paper, ink, (max(0, left), max(0, top)), style.ink, style.inverted)


def _note(style: Style) -> str:
    """The style in a few words."""
    traits = [
        "inverted", "binding", "thumb", "crop", "frame", "underline",
        "bleed", "crease", "shadow", "vignette", "motion",
    ]  # fmt: skip
    parts = [style.paper, style.pen.kind, *(name for name in traits if getattr(style, name))]
    if style.edge is not None:
        parts.append(f"edge on {style.background}")
    if style.blur > 1:
        parts.append("out of focus")
    return ", ".join(parts)


def presentation(
    rng: np.random.Generator,
    digit: int,
    frames: int = 24,
    *,
    size: tuple[int, int] = (240, 320),
    style: Style | None = None,
) -> Iterator[Scene]:
    """A sheet brought before the camera, held with a little shake, and taken away again.

    The first and last eighth of the frames show the empty table, and in an eighth each the
    sheet is moved in and out. Label and box are None unless all of the digit is in the frame.
    """
    if style is None:
        style = Style.sample(rng, crop=False)
        style = replace(style, height=min(style.height, 0.7), motion=0.0)
    if style.edge is None:
        style = replace(style, edge=between(rng, 0.9, 1.6))
    strokes = character_strokes(rng, str(digit))
    sheet = sample_sheet(rng, style)
    held = _pose(rng, style, size, strokes)
    angle = between(rng, 0, 2 * np.pi)
    # From beyond the frame's corner plus the page itself.
    away = np.array([np.cos(angle), np.sin(angle)]) * 2.2 * (size[0] + size[1])
    light = illumination(rng, style, size)
    table = table_texture(rng, size, style.background)
    seed = int(rng.integers(0, 2**31))
    for number in range(frames):
        out = absence(number, frames)
        shake = rng.normal(0, 0.004 * size[0], 2) + away * out**2
        pose = replace(
            held,
            centre=(held.centre[0] + float(shake[0]), held.centre[1] + float(shake[1])),
            angle=held.angle + float(rng.normal(0, 0.01)) + 0.3 * out,
        )
        # The same seed each time: the paper's texture and the ink must not flicker.
        still = np.random.default_rng(seed)
        if out >= 1:
            paper, box = table.copy(), None
        else:
            paper, box = _surface(still, sheet, style, pose, size, strokes, None)
        paper *= light
        blurred = replace(style, motion=10.0 * out) if 0 < out < 1 else style
        complete = box is not None and _is_inside(strokes, pose, size)
        yield Scene(
            expose(rng, paper, blurred),
            digit if complete else None,
            box if complete else None,
            _note(style),
        )


def absence(number: int, frames: int) -> float:
    """How far out a sheet of a presentation is: 1 = beyond the frame, 0 = where it is held."""
    eighth = max(1, frames // 8)
    before, after = number - eighth, frames - 1 - eighth - number
    return min(1.0, max(0.0, 1 - (min(before, after) + 1) / (eighth + 1)))


def _is_inside(strokes: Strokes, pose: Pose, size: tuple[int, int]) -> bool:
    points = pose.to_frame(np.concatenate([strokes.start, strokes.end]))
    inside = (points >= 0) & (points <= np.array([size[1], size[0]], np.float32))
    return bool(inside.all())
