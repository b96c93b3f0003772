"""Drawn rooms: walls, furniture, shelves, windows, prints and people, as a camera sees them.

Nothing in a room is meant to be recognised, and nothing is drawn that a person would take for a
digit: no bare ring, no short bar alone. It has what a search for writing has to tell from
writing: straight edges, panes and bars, print, rounds, dark things on light ground, and light
evenly spread over a wall.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFilter

from core.synthesis.camera_model import expose, illumination
from core.synthesis.distractors import cloth, object_outline, shade, weave
from core.synthesis.noise import noise_tile
from core.synthesis.paper import table_texture
from core.synthesis.strokes import LETTER_CHARACTERS, character_strokes
from core.synthesis.style import Style, between, chance
from core.vision import Frame

Float = NDArray[np.float32]
Place = tuple[int, int, int, int]
"""Left, top, width and height, in pixels."""

READABLE = 0.04
"""Print of this height, as a share of the room's, is large enough to be read."""


def draw_room(rng: np.random.Generator, size: tuple[int, int]) -> Float:
    """The lightness of a room in even light: float32 of ``size`` (height, width), 0..1."""
    height, width = size
    # Larger than the frame, so that it can be turned without bare corners.
    large = (round(1.3 * height), round(1.3 * width))
    canvas = Image.fromarray(_grey(_ground(rng, large)))
    for _ in range(round(4 * 15.0 ** float(rng.random()))):
        thing = THINGS[int(rng.integers(len(THINGS)))]
        tall = height * 0.08 * 10.0 ** float(rng.random())
        wide = tall * 3.5 ** between(rng, -1, 1)
        place = (
            round(between(rng, -0.5 * wide, large[1] - 0.5 * wide)),
            round(between(rng, -0.5 * tall, large[0] - 0.5 * tall)),
            max(6, round(wide)),
            max(6, round(tall)),
        )
        thing(rng, canvas, place)
    seen = _askew(rng, canvas, (width, height))
    return np.asarray(seen, np.float32) * np.float32(1 / 255)


def sample_room(rng: np.random.Generator, size: tuple[int, int] = (240, 320)) -> Frame:
    """A photograph of a room in which nothing is held up: uint8 of ``size``."""
    style = camera_style(rng)
    return photograph(rng, draw_room(rng, size), style)


def photograph(rng: np.random.Generator, surface: Float, style: Style) -> Frame:
    """A lit and exposed surface, float32 (h, w): the camera makes its lightest parts light."""
    size = (surface.shape[0], surface.shape[1])
    lit = surface * illumination(rng, style, size)
    lightest = max(0.1, float(np.percentile(lit, 95)))
    return expose(rng, lit * np.float32(between(rng, 0.65, 1.05) / lightest), style)


def camera_style(rng: np.random.Generator) -> Style:
    """The light and the camera of a frame of a room, its other parameters as sampled."""
    style = Style.sample(rng, crop=False)
    return replace(
        style,
        thumb=False,
        exposure=between(rng, 0.8, 1.1) if chance(rng, 0.8) else style.exposure,
        contrast=max(style.contrast, 0.6),
        blur=min(style.blur, 1.3),
        motion=min(style.motion, 2.0),
        noise=min(style.noise, 4.0),
    )


def _grey(lightness: Float) -> Frame:
    grey: Frame = np.clip(lightness * np.float32(255), 0, 255).astype(np.uint8)
    return grey


def _tone(rng: np.random.Generator) -> int:
    return int(rng.integers(8, 250))


def _ground(rng: np.random.Generator, size: tuple[int, int]) -> Float:
    """Wall above, floor below, each in its own material."""
    wall = np.full(size, between(rng, 0.25, 0.98), np.float32)
    wall += noise_tile(rng, size, 4.0) * np.float32(between(rng, 0, 0.03))
    if chance(rng, 0.3):
        wall = _material(rng, size)
    skirting = round(size[0] * between(rng, 0.4, 1.3))
    if skirting < size[0]:
        wall[skirting:] = _material(rng, size)[skirting:]
    return wall


def _material(rng: np.random.Generator, size: tuple[int, int]) -> Float:
    choice = rng.random()
    if choice < 0.3:
        return cloth(rng, size)
    if choice < 0.55:
        return weave(rng, size)
    return table_texture(rng, size, ("dark", "light", "wood")[int(rng.integers(3))])


def _askew(rng: np.random.Generator, canvas: Image.Image, size: tuple[int, int]) -> Image.Image:
    """A part of the canvas, turned a little and foreshortened, (width, height) ``size``."""
    spare = np.array([canvas.width - size[0], canvas.height - size[1]])
    corners = np.array([[0, 0], [0, 1], [1, 1], [1, 0]]) * (np.array(canvas.size) - 1.0)
    pull = rng.uniform(0, 0.9, (4, 2)) * spare * np.array([[1, 1], [1, -1], [-1, -1], [-1, 1]])
    quad = (corners + pull).ravel().tolist()
    return canvas.transform(size, Image.Transform.QUAD, quad, Image.Resampling.BILINEAR)


def _paste(
    rng: np.random.Generator, canvas: Image.Image, patch: Image.Image, place: Place
) -> None:
    """Lay a patch on the canvas, turned a little, perhaps with a shadow under it."""
    angle = float(rng.normal(0, 4))
    shape = Image.new("L", patch.size, 255).rotate(angle, expand=True)
    if chance(rng, 0.4):
        drop = round(2 + 0.04 * place[3])
        soft = shape.filter(ImageFilter.BoxBlur(drop)).point(
            [level // 3 for level in range(256)]
        )
        canvas.paste(10, (place[0] + drop, place[1] + drop), soft)
    turned = patch.rotate(angle, Image.Resampling.BILINEAR, expand=True)
    canvas.paste(turned, place[:2], shape)


def _panel(rng: np.random.Generator, canvas: Image.Image, place: Place) -> None:
    """A cupboard door, a picture, a screen: a rectangle in a rectangle, some with a pattern."""
    wide, tall = place[2:]
    patch = Image.new("L", (wide, tall), _tone(rng))
    draw = ImageDraw.Draw(patch)
    rim = max(1, round(min(wide, tall) * between(rng, 0.03, 0.2)))
    if chance(rng, 0.75):
        box = (rim, rim, max(rim, wide - rim - 1), max(rim, tall - rim - 1))
        draw.rectangle(box, fill=_tone(rng), outline=_tone(rng) if chance(rng, 0.4) else None)
        if chance(rng, 0.4) and min(box[2:]) > rim + 8:
            inner = (box[3] - rim, box[2] - rim)
            patch.paste(Image.fromarray(_grey(_material(rng, inner))), (rim, rim))
    _paste(rng, canvas, patch, place)


def _panes(rng: np.random.Generator, canvas: Image.Image, place: Place) -> None:
    """A window, a railing, a blind, tiles: bars across and upright at even distances."""
    wide, tall = place[2:]
    patch = Image.new("L", (wide, tall), _tone(rng))
    draw = ImageDraw.Draw(patch)
    bar = max(1, round(min(wide, tall) * between(rng, 0.01, 0.08)))
    tone = _tone(rng)
    for upright, length in ((True, wide), (False, tall)):
        step = max(bar + 2, length // int(rng.integers(1, 12)))
        for at in range(0, length, step) if chance(rng, 0.8) else ():
            line = (at, 0, at, tall) if upright else (0, at, wide, at)
            draw.line(line, fill=tone, width=bar)
    _paste(rng, canvas, patch, place)


def _shelves(rng: np.random.Generator, canvas: Image.Image, place: Place) -> None:
    """Boards with books, boxes and bottles on them, in many tones."""
    wide, tall = place[2:]
    patch = Image.new("L", (wide, tall), _tone(rng))
    draw = ImageDraw.Draw(patch)
    rows = int(rng.integers(1, 6))
    board, middle, spread = _tone(rng), between(rng, 30, 220), between(rng, 5, 70)
    for row in range(rows):
        floor, x = (row + 1) * tall // rows, 0.0
        while x < wide:
            thick = wide * between(rng, 0.015, 0.12)
            top = floor - tall / rows * between(rng, 0.35, 0.95)
            box = (round(x), round(top), round(x + thick), floor)
            tone = int(np.clip(rng.normal(middle, spread), 0, 255))
            if chance(rng, 0.75):
                draw.rectangle(box, fill=tone)
            elif chance(rng, 0.5):
                draw.ellipse(box, fill=tone, outline=board)
            x += thick * between(rng, 1.0, 1.4)
        draw.line((0, floor - 1, wide, floor - 1), fill=board, width=max(1, tall // 40))
    _paste(rng, canvas, patch, place)


def _print(rng: np.random.Generator, canvas: Image.Image, place: Place) -> None:
    """A poster, a sign, a page of print: rows of letters, small ones as short strokes.

    Large strokes would be a 1 or a 7: what is large enough to be read is a letter.
    """
    wide, tall = place[2:]
    patch = Image.new("L", (wide, tall), int(rng.integers(120, 255)))
    draw = ImageDraw.Draw(patch)
    y = between(rng, 0.05, 0.2) * tall
    while y < 0.9 * tall:
        line = between(rng, 0.03, 0.3) * tall
        x, tone, pen = 0.08 * wide, int(rng.integers(0, 110)), max(1, round(0.12 * line))
        while x < 0.9 * wide:
            step = line * between(rng, 0.3, 0.8)
            if line < READABLE * canvas.height:
                ends = [(x + step * a, y + line * b) for a, b in rng.random((3, 2))]
                draw.line(ends, fill=tone, width=pen)
            else:
                letter = LETTER_CHARACTERS[int(rng.integers(len(LETTER_CHARACTERS)))]
                middle = np.array([x + step / 2, y + line / 2])
                strokes = character_strokes(rng, letter).moved(line, middle)
                for one, other in zip(strokes.start, strokes.end, strict=True):
                    draw.line([*one.tolist(), *other.tolist()], fill=tone, width=pen)
            x += step * (2.2 if chance(rng, 0.15) else 1.2)
        y += 1.4 * line
    _paste(rng, canvas, patch, place)


def _person(rng: np.random.Generator, canvas: Image.Image, place: Place) -> None:
    """Shoulders and a head with hair, eyes and mouth."""
    draw = ImageDraw.Draw(canvas)
    x, y, _, tall = place
    head = max(4, tall // 4)
    skin, hair = int(rng.integers(70, 220)), int(rng.integers(5, 150))
    draw.rounded_rectangle(
        (x - head, y + 2 * head, x + 3 * head, y + 7 * head), head, fill=_tone(rng)
    )
    draw.rectangle((x + 0.6 * head, y + 1.5 * head, x + 1.4 * head, y + 2.4 * head), fill=skin)
    draw.ellipse((x, y - 0.3 * head, x + 2 * head, y + 1.6 * head), fill=hair)
    draw.ellipse((x + 0.2 * head, y, x + 1.8 * head, y + 2.2 * head), fill=skin)
    dark = max(0, skin - int(rng.integers(30, 100)))
    for eye in (0.6, 1.2):
        left, top = x + eye * head, y + 0.85 * head
        draw.ellipse((left, top, left + 0.25 * head, top + 0.15 * head), fill=dark)
    draw.line(
        (x + 0.7 * head, y + 1.65 * head, x + 1.3 * head, y + 1.6 * head),
        fill=dark,
        width=max(1, head // 10),
    )


def _thing(rng: np.random.Generator, canvas: Image.Image, place: Place) -> None:
    """An object, rounded, with its shadow."""
    wide, tall = max(24, place[2]), max(24, place[3])
    left, top = max(0, place[0]), max(0, place[1])
    box = (left, top, min(canvas.width, left + wide), min(canvas.height, top + tall))
    size = (box[3] - box[1], box[2] - box[0])
    if min(size) < 16:
        return
    surface = np.asarray(canvas.crop(box), np.float32) * np.float32(1 / 255)
    outline = object_outline(rng, size)
    shade(rng, surface, outline, between(rng, 0.03, 0.95), folds=chance(rng, 0.3))
    canvas.paste(Image.fromarray(_grey(surface)), box[:2])


def _round(rng: np.random.Generator, canvas: Image.Image, place: Place) -> None:
    """A plate, a lamp on its stand, a clock, a wheel: a bare ring would be a 0."""
    draw = ImageDraw.Draw(canvas)
    x, y, _, tall = place
    middle, radius = np.array([x + tall / 2, y + tall / 2]), tall / 2
    tone, rim = _tone(rng), between(rng, 0.75, 0.95)

    def disc(share: float, fill: int) -> None:
        ends = [*(middle - share * radius).tolist(), *(middle + share * radius).tolist()]
        draw.ellipse(ends, fill=fill)

    def spoke(angle: float, start: float, end: float, fill: int, width: float) -> None:
        way = radius * np.array([np.cos(angle), np.sin(angle)])
        ends = [*(middle + start * way).tolist(), *(middle + end * way).tolist()]
        draw.line(ends, fill=fill, width=max(1, round(width * radius)))

    kind, turn = rng.random(), between(rng, 0, 2 * np.pi)
    if kind < 0.3:
        spoke(
            float(rng.choice([-0.5, 0.5])) * np.pi, 0.9, 12, _tone(rng), between(rng, 0.05, 0.4)
        )
    disc(1, tone)
    if kind < 0.55:
        # A lamp or a plate: its rim stands out little.
        disc(rim, int(np.clip(tone + rng.normal(0, 12), 0, 255)))
        return
    face = _tone(rng)
    disc(rim, face)
    if kind < 0.8:
        for number in range(12):
            spoke(turn + number * np.pi / 6, 0.7 * rim, 0.9 * rim, tone, 0.04)
        for long in (0.5, 0.8):
            spoke(between(rng, 0, 2 * np.pi), -0.1, long * rim, tone, between(rng, 0.05, 0.12))
        return
    spokes, width = int(rng.integers(3, 10)), between(rng, 0.04, 0.2)
    for number in range(spokes):
        spoke(turn + number * 2 * np.pi / spokes, 0, 1, tone, width)
    disc(between(rng, 0.1, 0.4), tone)


def _bar(rng: np.random.Generator, canvas: Image.Image, place: Place) -> None:
    """Cables, pipes and edges from end to end of the room, legs and rails in rows.

    One alone that ends within the room would be a 1, and a cable in loops any digit.
    """
    draw = ImageDraw.Draw(canvas)
    tone, size = _tone(rng), place[3]
    wide = max(1, round(size * between(rng, 0.01, 0.12)))
    angle = float(rng.choice([0, np.pi / 2])) + float(rng.normal(0, 0.2))
    along = np.array([np.cos(angle), np.sin(angle)])
    across = np.array([-along[1], along[0]])
    row = chance(rng, 0.5)
    number, length = (
        (int(rng.integers(4, 9)), size)
        if row
        else (int(rng.integers(1, 4)), 2 * max(canvas.size))
    )
    sag = 0 if row or chance(rng, 0.5) else between(rng, -1, 1) * length
    middle, apart = np.array(place[:2]), wide * between(rng, 1.5, 6)
    way = np.linspace(-1, 1, 33)[:, None]
    for each in range(number):
        points = middle + each * apart * across + way * along * length + way**2 * across * sag
        draw.line(points.ravel().tolist(), fill=tone, width=wide, joint="curve")


Thing = Callable[[np.random.Generator, Image.Image, Place], None]
THINGS: tuple[Thing, ...] = (
    _panel, _panel, _panel, _panes, _panes, _shelves, _shelves, _print, _person, _thing,
    _thing, _round, _bar,
)  # fmt: skip
"""What is put into a room; each draws itself on a canvas at a place."""
