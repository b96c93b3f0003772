"""The parts of a wiring diagram as SVG: text, wires with round corners, boards and components.

Lengths are in units of the picture, which is drawn at about ten to the millimetre.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from xml.sax.saxutils import escape

Point = tuple[float, float]

INK = "#2b2d33"
FAINT = "#7d828c"
PAPER = "#fbfaf6"
_BOARD = "#2c7a57"
_BOARD_EDGE = "#1f5b40"
_SILK = "#e8f3ec"
_METAL = "#c9ced6"
_GOLD = "#e3b54b"
_PLASTIC = "#1d1f24"
_FONT = "Helvetica, Arial, 'DejaVu Sans', sans-serif"
_CORNER = 7.0


def number(value: float) -> str:
    """A length with at most one decimal, always written the same."""
    return f"{round(value, 1):g}"


def element(name: str, inner: str = "", /, **attributes: object) -> str:
    """An element; ``_`` in a name becomes ``-``, numbers are rounded."""
    said = "".join(
        f' {key.rstrip("_").replace("_", "-")}="'
        f'{number(value) if isinstance(value, int | float) else escape(str(value))}"'
        for key, value in attributes.items()
    )
    return f"<{name}{said}>{inner}</{name}>" if inner else f"<{name}{said}/>"


def text(at: Point, said: str, size: float = 13, **attributes: object) -> str:
    """A line of text, its baseline set so that it is centred on the height of ``at``."""
    attributes.setdefault("fill", INK)
    x, y = at
    return element("text", escape(said), x=x, y=y + 0.35 * size, font_size=size, **attributes)


def box(left: float, top: float, width: float, height: float, **attributes: object) -> str:
    """A rectangle."""
    return element("rect", x=left, y=top, width=width, height=height, **attributes)


def disc(centre: Point, radius: float, **attributes: object) -> str:
    """A circle."""
    return element("circle", cx=centre[0], cy=centre[1], r=radius, **attributes)


def group(parts: Iterable[str], **attributes: object) -> str:
    """Parts that belong together."""
    return element("g", "\n" + "\n".join(parts) + "\n", **attributes)


def picture(width: float, height: float, title: str, parts: Iterable[str]) -> str:
    """The whole file, on paper of its own so that it can be read on a dark page."""
    inner = [
        element("title", escape(title)),
        box(0, 0, width, height, rx=14, fill=PAPER),
        *parts,
    ]
    return (
        element(
            "svg",
            "\n" + "\n".join(inner) + "\n",
            xmlns="http://www.w3.org/2000/svg",
            viewBox=f"0 0 {number(width)} {number(height)}",
            width=width,
            height=height,
            font_family=_FONT,
        )
        + "\n"
    )


def wire(points: Sequence[Point], colour: str, **attributes: object) -> str:
    """A wire along the points, its corners rounded, passing over whatever it crosses."""
    path = _rounded(points)
    line = {"fill": "none", "stroke_linecap": "round"}
    halo = element("path", d=path, stroke=PAPER, stroke_width=8, **line)
    return halo + element("path", d=path, stroke=colour, stroke_width=3.2, **line, **attributes)


def _rounded(points: Sequence[Point]) -> str:
    path = f"M{_pair(points[0])}"
    for before, corner, after in zip(points, points[1:], points[2:], strict=False):
        radius = min(_CORNER, math.dist(before, corner) / 2, math.dist(corner, after) / 2)
        path += f" L{_pair(_toward(corner, before, radius))}"
        path += f" Q{_pair(corner)} {_pair(_toward(corner, after, radius))}"
    return path + f" L{_pair(points[-1])}"


def _toward(start: Point, end: Point, length: float) -> Point:
    share = length / (math.dist(start, end) or 1.0)
    return start[0] + (end[0] - start[0]) * share, start[1] + (end[1] - start[1]) * share


def _pair(point: Point) -> str:
    return f"{number(point[0])},{number(point[1])}"


def board(left: float, top: float, scale: float) -> list[str]:
    """A Raspberry Pi Zero, 30 x 65 mm, upright with its header at the right; no header yet.

    ``scale`` is in units a millimetre. Places of the connectors: Raspberry Pi's mechanical
    drawing of the Zero, as near as a picture needs.
    """

    def part(x: float, y: float, width: float, height: float, **look: object) -> str:
        return box(left + x * scale, top + y * scale, width * scale, height * scale, **look)

    parts = [
        part(0, 0, 30, 65, rx=3 * scale, fill=_BOARD, stroke=_BOARD_EDGE, stroke_width=2),
        part(8, -1.5, 11, 13, rx=4, fill=_METAL, stroke="#9aa1ab"),
        part(-1.2, 6.8, 8, 11.2, rx=3, fill=_METAL, stroke="#9aa1ab"),
        part(-1, 37.5, 5.6, 7.8, rx=3, fill=_METAL, stroke="#9aa1ab"),
        part(-1, 50.1, 5.6, 7.8, rx=3, fill=_METAL, stroke="#9aa1ab"),
        part(3.4, 21, 11.2, 11.2, rx=5, fill="#3a3d44"),
        part(6.5, 61, 17, 4.6, rx=3, fill="#efece2", stroke="#b9b4a3"),
        part(6.5, 64, 17, 1.8, rx=2, fill="#4a4c52"),
    ]
    for x, y in ((3.5, 3.5), (26.5, 3.5), (3.5, 61.5), (26.5, 61.5)):
        centre = (left + x * scale, top + y * scale)
        parts.append(disc(centre, 1.4 * scale, fill=PAPER, stroke=_GOLD, stroke_width=5))
    for x, y, said in ((13.5, 5, "micro SD"), (3.2, 12.4, "HDMI"), (1.9, 41.4, "USB")):
        size = 11 if said != "USB" else 10
        fill = "#5b616b"
        parts.append(_centred((left + x * scale, top + y * scale), said, size, fill=fill))
    parts.append(_centred((left + 1.9 * scale, top + 54 * scale), "PWR", 10, fill="#5b616b"))
    parts.append(_centred((left + 11.5 * scale, top + 57.5 * scale), "camera", 12, fill=_SILK))
    name = (left + 9 * scale, top + 26.6 * scale)
    parts.append(_centred((name[0], name[1] - 8), "Raspberry Pi", 13, fill="#d5d8de"))
    parts.append(_centred((name[0], name[1] + 10), "Zero", 13, fill="#d5d8de"))
    return parts


def _centred(at: Point, said: str, size: float = 13, **attributes: object) -> str:
    return text(at, said, size, text_anchor="middle", **attributes)


def header(left: float, top: float, width: float, height: float) -> str:
    """The black block that the pins stand in."""
    return box(left, top, width, height, rx=3, fill=_PLASTIC)


def pad(at: Point, pin: int, colour: str | None) -> str:
    """One pin seen from above with its number, pin 1 square; coloured if it is used."""
    x, y = at
    fill = colour or _GOLD
    edge = {"stroke": "#fff" if colour else "#a37c22", "stroke_width": 1.5}
    if pin == 1:
        shape = box(x - 8, y - 8, 16, 16, fill=fill, **edge)
    else:
        shape = disc(at, 9, fill=fill, **edge)
    look = {"fill": "#fff" if colour else "#6b4f10", "font_weight": "bold"}
    return shape + _centred(at, str(pin), 9, **look)


def tag(at: Point, said: str, colour: str, *, right: bool) -> str:
    """A label in a coloured pill that ends at ``at``, or begins there if ``right``."""
    width = 7.2 * len(said) + 14
    left = at[0] if right else at[0] - width
    pill = box(left, at[1] - 8.5, width, 17, rx=8.5, fill=colour)
    bold = {"font_weight": "bold", "fill": "#fff"}
    return pill + _centred((left + width / 2, at[1]), said, 11.5, **bold)


def resistor(centre: Point, bands: Sequence[str]) -> str:
    """An axial resistor lying on a wire."""
    x, y = centre
    body = [box(x - 25, y - 8, 50, 16, rx=8, fill="#e9d6b4", stroke="#b69a6a")]
    for place, band in zip((-15, -6, 3, 15), bands, strict=True):
        body.append(box(x + place - 2, y - 7.4, 4.4, 14.8, fill=band))
    return group(body)


def button(at: Point, colour: str, legs: Sequence[float]) -> str:
    """A push button whose legs point left, at these heights; ``at`` is its middle."""
    x, y = at
    stubs = [box(x - 46, leg - 3, 16, 6, fill=_METAL, stroke="#9aa1ab") for leg in legs]
    body = [
        box(x - 32, y - 32, 64, 64, rx=7, fill="#3a3d44"),
        box(x - 26, y - 26, 52, 52, rx=4, fill=_METAL),
        disc((x, y), 20, fill=colour, stroke="#1d1f24", stroke_opacity=0.3, stroke_width=2),
        disc((x - 5, y - 6), 6, fill="#fff", opacity=0.28),
    ]
    return group([*stubs, *body])


def led(at: Point, colour: str) -> str:
    """A 5 mm LED seen from above, its flat side, the cathode, at the right."""
    x, y = at
    rim = f"M{_pair((x + 15, y - 11))} A18.6,18.6 0 1 0 {_pair((x + 15, y + 11))} Z"
    return group([
        disc(at, 30, fill=colour, opacity=0.16),
        element("path", d=rim, fill=colour, stroke="#b97a0a", stroke_width=2),
        disc(at, 11, fill="#fff", opacity=0.35),
    ])  # fmt: skip


# Of a digit 100 wide and 180 high: the corners of each segment, the middle of the point.
_SEGMENTS: dict[str, tuple[Point, ...]] = {
    "a": ((14, 0), (86, 0), (96, 10), (86, 20), (14, 20), (4, 10)),
    "b": ((98, 13), (108, 23), (108, 76), (98, 86), (88, 76), (88, 23)),
    "c": ((98, 94), (108, 104), (108, 157), (98, 167), (88, 157), (88, 104)),
    "d": ((14, 160), (86, 160), (96, 170), (86, 180), (14, 180), (4, 170)),
    "e": ((2, 94), (12, 104), (12, 157), (2, 167), (-8, 157), (-8, 104)),
    "f": ((2, 13), (12, 23), (12, 76), (2, 86), (-8, 76), (-8, 23)),
    "g": ((14, 80), (86, 80), (96, 90), (86, 100), (14, 100), (4, 90)),
}
_POINT = (126.0, 171.0)


def digit(left: float, top: float, scale: float, colours: Mapping[str, str]) -> str:
    """Seven segments and a point (``dp``), leaning a little, each in a colour of its own."""
    parts = []
    for name, corners in _SEGMENTS.items():
        if name in colours:
            points = " ".join(_pair(corner) for corner in corners)
            parts.append(element("polygon", points=points, fill=colours[name]))
            middle = tuple(sum(c[axis] for c in corners) / len(corners) for axis in (0, 1))
            at = (middle[0], middle[1])
            parts.append(_centred(at, name, 13, fill="#fff", font_weight="bold"))
    if "dp" in colours:
        parts.append(disc(_POINT, 11, fill=colours["dp"]))
        parts.append(_centred(_POINT, "dp", 10, fill="#fff", font_weight="bold"))
    move = f"translate({number(left)},{number(top)}) scale({scale:g}) skewX(-5)"
    return group(parts, transform=move)


def camera(top: Point, length: float) -> list[str]:
    """A ribbon cable that hangs from the middle of ``top``, and the camera at its end."""
    x, y = top
    end = y + length
    ribbon = f"M{_pair((x - 68, y))} L{_pair((x - 68, y + 14))} L{_pair((x - 54, end))}"
    ribbon += f" L{_pair((x + 54, end))} L{_pair((x + 68, y + 14))} L{_pair((x + 68, y))} Z"
    return [
        element("path", d=ribbon, fill="#f3f1ea", stroke="#bdb9aa", stroke_width=1.5),
        *(
            element(
                "path",
                d=f"M{_pair((x + 16 * step, y + 8))} L{_pair((x + 12.5 * step, end))}",
                stroke="#d9d5c7",
            )
            for step in range(-3, 4)
        ),
        box(x - 125, end, 250, 76, rx=6, fill="#2c7a57", stroke="#1f5b40", stroke_width=2),
        box(x - 30, end + 8, 60, 60, rx=5, fill="#26282d"),
        disc((x, end + 38), 21, fill="#3a3d44", stroke="#0b0c0e", stroke_width=3),
        disc((x, end + 38), 11, fill="#10131c"),
        disc((x - 4, end + 34), 3.5, fill="#8fb4ff", opacity=0.8),
    ]
