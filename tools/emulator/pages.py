"""Sheets of paper with a digit, as the camera would see them: drawn with the standard library.

The skeletons are those of :mod:`core.synthesis.glyphs`, the first way of writing each digit;
the paper is evenly lit, since here the appliance is tested and not its vision.
"""

from __future__ import annotations

from core.synthesis.glyphs import DIGIT_GLYPHS

WIDTH, HEIGHT = 320, 240
EMPTY = "empty"

_PAPER, _INK = 205, 40
_LEFT, _TOP, _SCALE = 118, 50, 1.4
_PEN = 6.0

Point = tuple[float, float]


def page(digit: int | None) -> bytes:
    """A PGM picture of a sheet with the digit, or of an empty one (None)."""
    pixels = bytearray([_PAPER]) * (WIDTH * HEIGHT)
    if digit is not None:
        for stroke in strokes(DIGIT_GLYPHS[str(digit)][0]):
            for x, y in stroke:
                _dot(pixels, _LEFT + _SCALE * x, _TOP + _SCALE * y)
    return b"P5 %d %d 255\n" % (WIDTH, HEIGHT) + bytes(pixels)


def strokes(text: str) -> list[list[Point]]:
    """The strokes of a line of ``core.synthesis.glyphs``, as points close to each other."""
    found = []
    for part in text.partition(":")[2].split("/"):
        dense: list[Point] = []
        piece: list[Point] = []
        for word in part.split():
            x, y = word.rstrip("!").split(",")
            piece.append((float(x), float(y)))
            if word.endswith("!"):
                dense += _curve(piece)
                piece = piece[-1:]
        found.append(dense + _curve(piece))
    return found


def _curve(points: list[Point]) -> list[Point]:
    """A Catmull-Rom curve through the points."""
    padded = [points[0], *points, points[-1]]
    steps = 40
    return [
        _between(*padded[place : place + 4], step / steps)
        for place in range(len(points) - 1)
        for step in range(steps + 1)
    ]


def _between(a: Point, b: Point, c: Point, d: Point, t: float) -> Point:
    def along(p: float, q: float, r: float, s: float) -> float:
        # Catmull and Rom 1974, with tension 1/2.
        return 0.5 * (
            2 * q + (r - p) * t + (2 * p - 5 * q + 4 * r - s) * t**2
            + (3 * q - p - 3 * r + s) * t**3
        )  # fmt: skip

    return along(a[0], b[0], c[0], d[0]), along(a[1], b[1], c[1], d[1])


def _dot(pixels: bytearray, x: float, y: float) -> None:
    """The pen's tip, with a soft rim of a pixel."""
    for row in range(int(y - _PEN), int(y + _PEN) + 2):
        for column in range(int(x - _PEN), int(x + _PEN) + 2):
            distance = ((column - x) ** 2 + (row - y) ** 2) ** 0.5
            share = min(1.0, max(0.0, _PEN / 2 + 0.5 - distance))
            place = row * WIDTH + column
            shade = round(_PAPER + share * (_INK - _PAPER))
            pixels[place] = min(pixels[place], shade)
