"""tools/pictures/wiring.svg shows the wires that the program expects."""

from __future__ import annotations

import itertools
import re
import xml.etree.ElementTree as ET
from pathlib import Path

import pytest

from pi.devices import panel, pins
from pi.devices.buttons import ButtonSettings
from pi.devices.displays.section import display_settings

PICTURE = Path(__file__).resolve().parents[3] / "tools" / "pictures" / "wiring.svg"
SVG = "{http://www.w3.org/2000/svg}"
RADIUS = 9
"""Of a pin of the header, in the picture's units."""


@pytest.fixture(scope="module")
def drawn():
    return ET.parse(PICTURE).getroot()


@pytest.fixture(scope="module")
def wires(drawn):
    """The corners of each wire, by the pin that it starts at and what it leads to."""
    return {
        (int(path.get("data-pin")), path.get("data-to")): points(path.get("d"))
        for path in drawn.iter(f"{SVG}path")
        if path.get("data-pin")
    }


@pytest.fixture(scope="module")
def header(drawn):
    """The middle of each pin of the header."""
    found = {}
    for shape in drawn.iter():
        if pin := shape.get("data-header"):
            x, y = shape.get("cx"), shape.get("cy")
            corner = float(shape.get("x") or 0) + 8, float(shape.get("y") or 0) + 8
            found[int(pin)] = (float(x), float(y)) if x else corner
    return found


def test_every_pin_that_is_used_is_wired_to_its_user(wires):
    used = panel.uses(display_settings(), ButtonSettings())
    signals = {(pins.HEADER_PIN[use.pin], use.name) for use in used}
    assert signals <= wires.keys()
    grounds = wires.keys() - signals
    assert {pins.HEADER[pin] for pin, _ in grounds} == {"GND"}
    assert {to for _, to in grounds} == {
        f"ground of {part}"
        for part in ("the digit", "the status LED", "button right", "button wrong")
    }
    assert len({pin for pin, _ in wires}) == len(wires), "a pin for each wire"


def test_every_wire_begins_at_its_pin_and_ends_at_a_place_of_its_own(wires, header):
    for (pin, _), corners in wires.items():
        assert corners[0] == pytest.approx(header[pin], abs=0.06)
    assert len({corners[-1] for corners in wires.values()}) == len(wires)


def test_pins_stand_where_a_header_has_them(header):
    """Two columns, odd pins on the left, all a tenth of an inch apart."""
    assert sorted(header) == list(range(1, 41))
    (left, top), (right, _) = header[1], header[2]
    step = right - left
    for pin, (x, y) in header.items():
        assert x == pytest.approx(left if pin % 2 else right, abs=0.11)
        assert y == pytest.approx(top + (pin - 1) // 2 * step, abs=0.11)


def test_every_pin_bears_its_number(drawn, header):
    numbers = {}
    for text in drawn.iter(f"{SVG}text"):
        if (text.text or "").isdigit():
            numbers.setdefault(text.text, []).append(
                (float(text.get("x")), float(text.get("y")))
            )
    for pin, (x, y) in header.items():
        assert any(
            abs(x - across) < RADIUS and abs(y - down) < RADIUS
            for across, down in numbers[str(pin)]
        ), pin


def test_names_are_those_of_the_header(drawn):
    texts = [element.text for element in drawn.iter(f"{SVG}text")]
    for name in set(pins.HEADER.values()):
        assert texts.count(name) == list(pins.HEADER.values()).count(name)


def test_no_wire_lies_on_another_and_few_cross(wires):
    crossings = 0
    for (one, first), (other, second) in itertools.combinations(wires.items(), 2):
        for a, b in itertools.product(straights(first), straights(second)):
            if a[0] == b[0]:
                (_, where, low, high), (_, there, below, above) = a, b
                apart = abs(where - there) > 5 or min(high, above) < max(low, below) - 5
                assert apart, (one, other)
            else:
                crossings += a[2] < b[1] < a[3] and b[2] < a[1] < b[3]
    assert crossings <= 1, "the status LED's under the point's"


def test_everything_lies_within_the_picture(drawn):
    width, height = (float(drawn.get(side)) for side in ("width", "height"))
    for element in drawn.iter():
        x, y = element.get("x") or element.get("cx"), element.get("y") or element.get("cy")
        if x is not None:
            assert 0 <= float(x) <= width
            assert 0 <= float(y) <= height


def test_every_leg_of_the_digit_is_named_once(drawn):
    """Of its ten, 3 and 8 are both its common one."""
    texts = [element.text or "" for element in drawn.iter(f"{SVG}text")]
    legs = [
        int(leg) for text in texts if text.startswith("leg") for leg in re.findall(r"\d+", text)
    ]
    assert sorted(legs) == list(range(1, 11))


def points(path):
    """The corners of a path of straight lines and the round corners between them."""
    numbers = [float(number) for number in re.findall(r"-?[\d.]+", path)]
    return list(zip(numbers[::2], numbers[1::2], strict=True))


def straights(corners):
    """Of what runs straight: across or down, where, and from where to where."""
    for (x0, y0), (x1, y1) in itertools.pairwise(corners):
        if y0 == y1 and x0 != x1:
            yield "across", y0, min(x0, x1), max(x0, x1)
        elif x0 == x1 and y0 != y1:
            yield "down", x0, min(y0, y1), max(y0, y1)
