"""The wiring as a picture: ``python -m tools.pictures.wiring`` draws ``wiring.svg`` beside it.

Which pin goes where is a setting of each part. Here is only where things lie in the
picture, and which ground pin serves whom.
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from pi.devices import panel, pins
from pi.devices.buttons import ButtonSettings
from pi.devices.displays.registry import display_settings
from tools.pictures import svg
from tools.pictures.svg import FAINT, Point

PATH = Path(__file__).with_name("wiring.svg")

SIZE = (1100.0, 872.0)
_PITCH = 26.0
_SCALE = _PITCH / 2.54
_BOARD = (36.0, 66.0)
# The header begins 8.37 mm from the board's corner, its outer row 2.23 mm from the edge.
_ODD_X = _BOARD[0] + (30 - 2.23 - 2.54) * _SCALE
_EVEN_X = _ODD_X + _PITCH
_FIRST_Y = _BOARD[1] + 8.37 * _SCALE

_CHANNEL_X = 448.0
_SLOT = 11.0
_RESISTOR_X = 645.0
_PARTS_X = 742.0
_BUTTONS_Y = (170.0, 270.0)
_DIGIT_Y = 374.0
_ROW = 32.0
_LED_Y = 712.0
_LED_X = 775.0
_WIDTH = 316.0

_COLOURS = {
    "segment a": "#d7263d", "segment b": "#ee7b12", "segment c": "#b99400",
    "segment d": "#3a9d3c", "segment e": "#0797a5", "segment f": "#2468d8",
    "segment g": "#7a40cf", "the point": "#c22f86", "the status LED": "#96612c",
    "button right": "#1e8a4c", "button wrong": "#c0322b",
}  # fmt: skip
_GROUND = "#2b2d33"
# 330 ohm: orange, orange, brown, and gold for 5 %.
_BANDS = ("#ee7b12", "#ee7b12", "#7a4a21", "#cfa02f")

# The legs of nearly every single digit of 14 mm (types 5161 and 5611), by the letters of its
# data sheet. 3 and 8 are both the common one.
LEGS = {"a": 7, "b": 6, "c": 4, "d": 2, "e": 1, "f": 9, "g": 10, "dp": 5}


@dataclass(frozen=True)
class Wire:
    """A wire from a pin of the header, by its number there, to something."""

    pin: int
    to: str
    colour: str

    @property
    def track(self) -> float:
        """How far down it leaves the header, in rows; odd pins' wires pass below even pins."""
        row = (self.pin + 1) // 2
        return row + 0.5 * (self.pin % 2)

    @property
    def start(self) -> Point:
        """The middle of its pin."""
        return place(self.pin)

    @property
    def leaves_at(self) -> float:
        """Its height beside the header."""
        return _FIRST_Y + (self.track - 1) * _PITCH


def place(pin: int) -> Point:
    """Where a pin of the header is in the picture."""
    return (_ODD_X if pin % 2 else _EVEN_X), _FIRST_Y + (pin - 1) // 2 * _PITCH


def wires() -> list[Wire]:
    """Every wire of the default wiring, from top to bottom."""
    used = panel.uses(display_settings(), ButtonSettings())
    signals = [Wire(pins.HEADER_PIN[use.pin], use.name, _COLOURS[use.name]) for use in used]
    return sorted([*signals, *_grounds(signals)], key=lambda wire: wire.track)


def _grounds(signals: Sequence[Wire]) -> list[Wire]:
    """A ground pin of its own for each part, so near to the part's other pins as can be."""
    parts: dict[str, list[float]] = {}
    for wire in signals:
        parts.setdefault(_part(wire.to), []).append(wire.track)
    middles = {part: sum(tracks) / len(tracks) for part, tracks in parts.items()}
    free = [Wire(pin, "ground", _GROUND) for pin, name in pins.HEADER.items() if name == "GND"]
    best = min(
        itertools.permutations(free, len(middles)),
        key=lambda chosen: sum(
            abs(ground.track - middle)
            for ground, middle in zip(chosen, middles.values(), strict=True)
        ),
    )
    return [
        Wire(ground.pin, f"ground of {part}", _GROUND)
        for ground, part in zip(best, middles, strict=True)
    ]


def _part(user: str) -> str:
    return "the digit" if user.startswith("segment") or user == "the point" else user


def targets(drawn: Sequence[Wire]) -> dict[str, list[Point]]:
    """Where each wire ends, and where it bends after it came out of the channel."""
    ends: dict[str, list[Point]] = {}
    row = 0
    for wire in drawn:
        part = _part(wire.to.removeprefix("ground of "))
        if part == "the digit":
            ends[wire.to] = [(_PARTS_X, _DIGIT_Y + row * _ROW)]
            row += 1
        elif part == "the status LED":
            ends[wire.to] = [(_LED_X - 18, _LED_Y)]
            if wire.to != part:
                x, low = _LED_X + 56, _LED_Y + 38
                ends[wire.to] = [(x, low), (x, _LED_Y), (_LED_X + 15, _LED_Y)]
    for number, name in enumerate(("button right", "button wrong")):
        legs = [wire.to for wire in drawn if wire.to in (name, f"ground of {name}")]
        for leg, to in zip((-13, 13), legs, strict=True):
            ends[to] = [(_PARTS_X - 14, _BUTTONS_Y[number] + leg)]
    return ends


def routes(drawn: Sequence[Wire]) -> dict[str, list[Point]]:
    """The corners of every wire, from its pin to its end.

    They leave the header in a row each, change height in a channel, and go on. In the channel
    those that go up turn the sooner the higher they are, and those that go down the later:
    so no two cross that need not.
    """
    ends = targets(drawn)
    up = [wire for wire in drawn if ends[wire.to][0][1] < wire.leaves_at]
    down = [wire for wire in drawn if wire not in up]
    found = {}
    for order in (up, list(reversed(down))):
        for slot, wire in enumerate(order):
            x, y = _CHANNEL_X + slot * _SLOT, wire.leaves_at
            start = [wire.start]
            if wire.pin % 2:
                start.append((_ODD_X + _PITCH / 2 - 2, y))
            first = ends[wire.to][0]
            found[wire.to] = [*start, (x, y), (x, first[1]), *ends[wire.to]]
    return found


def draw() -> str:
    """The picture, as the text of an SVG file."""
    drawn = wires()
    colours = {wire.pin: wire.colour for wire in drawn}
    parts = [
        svg.text((36, 34), "zerodigit: how it is wired", 21, font_weight="bold"),
        *svg.board(*_BOARD, _SCALE),
        *svg.camera((_BOARD[0] + 15 * _SCALE, _BOARD[1] + 65.6 * _SCALE), 38),
        svg.header(_ODD_X - 14, _FIRST_Y - 14, _PITCH + 28, 19 * _PITCH + 28),
        *_digit(drawn),
    ]
    corners = routes(drawn)
    for wire in drawn:
        to = {"data_pin": wire.pin, "data_to": wire.to}
        parts.append(svg.wire(corners[wire.to], wire.colour, **to))
    parts += _header_pins(colours)
    parts += _components(drawn)
    parts += _notes()
    return svg.picture(*SIZE, "The wiring of zerodigit", parts)


def _header_pins(colours: dict[int, str]) -> list[str]:
    parts = []
    for pin, name in pins.HEADER.items():
        x, y = place(pin)
        right = pin % 2 == 0
        colour = colours.get(pin)
        parts.append(svg.pad((x, y), pin, colour))
        if colour:
            at = (x + (28 if right else -18), y)
            parts.append(svg.tag(at, name, colour, right=right))
        else:
            at = (x + (34 if right else -22), y)
            look = {"fill": FAINT if right else "#a9d2bd"}
            anchor = "start" if right else "end"
            parts.append(svg.text(at, name, 10.5, text_anchor=anchor, **look))
    return parts


def _digit(drawn: Sequence[Wire]) -> list[str]:
    """The display's body, with the names of its terminals in the order the wires come in."""
    rows = [wire for wire in drawn if _part(wire.to.removeprefix("ground of ")) == "the digit"]
    top, height = _DIGIT_Y - 24, (len(rows) - 1) * _ROW + 48
    shown = {_letter(wire.to): wire.colour for wire in rows if wire.colour != _GROUND}
    parts = [
        svg.box(_PARTS_X, top, _WIDTH, height, rx=10, fill="#1d1f24"),
        svg.digit(_PARTS_X + 136, top + height / 2 - 117, 1.3, shown),
    ]
    for number, wire in enumerate(rows):
        y = _DIGIT_Y + number * _ROW
        letter = _letter(wire.to)
        name, legs = "com", "legs 3, 8"
        if letter in LEGS:
            name, legs = letter, f"leg {LEGS[letter]}"
        bold = {"fill": "#fff", "font_weight": "bold"}
        parts.append(svg.text((_PARTS_X + 14, y), name, 13, **bold))
        parts.append(svg.text((_PARTS_X + 50, y), legs, 10.5, fill="#a7adb8"))
    return parts


def _letter(user: str) -> str:
    return "dp" if user == "the point" else user.removeprefix("segment ")


def _components(drawn: Sequence[Wire]) -> list[str]:
    """What lies on the wires, and at their ends."""
    ends = targets(drawn)
    parts = []
    for wire in drawn:
        x, y = ends[wire.to][0]
        if x == _PARTS_X:
            parts.append(svg.disc((x, y), 6, fill="#c9ced6", stroke="#6f7682"))
        if wire.to == "the status LED" or _part(wire.to) == "the digit":
            parts.append(svg.resistor((_RESISTOR_X, y), _BANDS))
    for number, name in enumerate(("button right", "button wrong")):
        y = _BUTTONS_Y[number]
        legs = [ends[to][0][1] for to in (name, f"ground of {name}")]
        parts.append(svg.button((_PARTS_X + 32, y), _COLOURS[name], legs))
        said = name.removeprefix("button ")
        parts += _named((_PARTS_X + 84, y), said, "push button")
    parts.append(svg.led((_LED_X, _LED_Y), "#f2a516"))
    parts += _named((_LED_X + 78, _LED_Y), "status LED", "long leg to the resistor")
    return parts


def _named(at: Point, name: str, note: str) -> list[str]:
    x, y = at
    return [
        svg.text((x, y - 9), name, 17, font_weight="bold"),
        svg.text((x, y + 11), note, 12, fill=FAINT),
    ]


def _notes() -> list[str]:
    above = _DIGIT_Y - 41
    right = {"text_anchor": "end", "fill": FAINT}
    parts = [
        svg.text((_RESISTOR_X, above), "330 Ω each", 12, text_anchor="middle", fill=FAINT),
        svg.text((_PARTS_X, above), "seven-segment digit", 17, font_weight="bold"),
        svg.text((_PARTS_X + _WIDTH, above), "common cathode", 12, **right),
    ]
    parts += _lines(
        (_PARTS_X - 122, 790.0),
        "Common anode? Take com to 3V3 (pin 1 or 17) instead of ground,",
        "and set active_high = false.",
        "Legs of most digits 14 mm high: 1 to 5 below from the left,",
        "6 to 10 above from the right. Yours may differ: see its data sheet.",
    )
    parts += _lines(
        (_BOARD[0] + 298, _BOARD[1] + 65 * _SCALE + 56),
        "the Zero's camera cable:",
        "22 narrow contacts at the Zero,",
        "15 wide ones at most cameras",
    )
    return parts


def _lines(at: Point, *lines: str) -> list[str]:
    return [
        svg.text((at[0], at[1] + 18 * number), line, 12.5, fill="#555a64")
        for number, line in enumerate(lines)
    ]


def main() -> None:
    """Write the file beside this one."""
    PATH.write_text(draw(), encoding="utf-8")


if __name__ == "__main__":
    main()
