from __future__ import annotations

import itertools
import re
import subprocess
import sys
import xml.etree.ElementTree as ET
from pathlib import Path

import pytest

from pi.devices import panel, pins
from pi.devices.buttons import ButtonSettings
from pi.devices.displays.registry import display_settings
from tools.pictures import wiring

CHECKOUT = Path(__file__).resolve().parents[3]
SVG = "{http://www.w3.org/2000/svg}"


@pytest.fixture(scope="module")
def drawn():
    return ET.fromstring(wiring.draw())


def test_the_committed_picture_is_up_to_date():
    assert wiring.PATH.read_text(encoding="utf-8") == wiring.draw(), (
        "draw it again: python -m tools.pictures.wiring"
    )


def test_it_is_the_command_that_draws_it(tmp_path, monkeypatch):
    monkeypatch.setattr(wiring, "PATH", tmp_path / "wiring.svg")
    wiring.main()
    assert (tmp_path / "wiring.svg").read_text(encoding="utf-8") == wiring.draw()


def test_every_pin_that_is_used_is_wired_to_its_user(drawn):
    wired = {(int(path.get("data-pin")), path.get("data-to")) for path in lines(drawn)}
    used = panel.uses(display_settings(), ButtonSettings())
    signals = {(pins.HEADER_PIN[use.pin], use.name) for use in used}
    assert signals <= wired
    grounds = wired - signals
    assert {pins.HEADER[pin] for pin, _ in grounds} == {"GND"}
    assert {to for _, to in grounds} == {
        f"ground of {part}"
        for part in ("the digit", "the status LED", "button right", "button wrong")
    }
    assert len({pin for pin, _ in wired}) == len(wired), "a pin for each wire"


def test_every_wire_begins_at_its_pin_and_ends_at_its_part(drawn):
    ends = wiring.targets(wiring.wires())
    for path in lines(drawn):
        corners = points(path.get("d"))
        assert corners[0] == pytest.approx(wiring.place(int(path.get("data-pin"))), abs=0.06)
        assert corners[-1] == pytest.approx(ends[path.get("data-to")][-1], abs=0.06)


def test_pins_stand_where_a_header_has_them():
    assert wiring.place(1)[0] < wiring.place(2)[0]
    assert wiring.place(1)[1] == wiring.place(2)[1] < wiring.place(3)[1]
    inch_tenths = (
        wiring.place(39)[1] - wiring.place(1)[1],
        wiring.place(2)[0] - wiring.place(1)[0],
    )
    assert inch_tenths[0] == pytest.approx(19 * inch_tenths[1])


def test_no_wire_lies_on_another_and_few_cross():
    crossings = 0
    routes = wiring.routes(wiring.wires())
    for one, other in itertools.combinations(routes.values(), 2):
        for a, b in itertools.product(straights(one), straights(other)):
            if a[0] == b[0]:
                (_, where, low, high), (_, there, below, above) = a, b
                apart = abs(where - there) > 5 or min(high, above) < max(low, below) - 5
                assert apart, (one, other)
            else:
                crossings += a[2] < b[1] < a[3] and b[2] < a[1] < b[3]
    assert crossings <= 1, "the status LED's under the point's"


def test_everything_lies_within_the_picture(drawn):
    width, height = wiring.SIZE
    for element in drawn.iter():
        x, y = element.get("x") or element.get("cx"), element.get("y") or element.get("cy")
        if x is not None:
            assert 0 <= float(x) <= width
            assert 0 <= float(y) <= height


def test_numbers_and_names_are_those_of_the_header(drawn):
    texts = [element.text for element in drawn.iter(f"{SVG}text")]
    for pin in range(1, 41):
        assert str(pin) in texts
    for name in set(pins.HEADER.values()):
        assert texts.count(name) == list(pins.HEADER.values()).count(name)


def test_legs_of_the_digit_are_all_there():
    assert sorted([*wiring.LEGS.values(), 3, 8]) == list(range(1, 11))


def test_drawing_needs_no_device():
    code = (
        "import sys; from tools.pictures import wiring; wiring.draw();"
        "print({'gpiozero', 'numpy'} & {*sys.modules})"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=CHECKOUT, capture_output=True, text=True
    )
    assert done.stdout == "set()\n", done.stderr


def lines(drawn):
    return [path for path in drawn.iter(f"{SVG}path") if path.get("data-pin")]


def points(path):
    numbers = [float(number) for number in re.findall(r"-?[\d.]+", path)]
    return list(zip(numbers[::2], numbers[1::2], strict=True))


def straights(corners):
    """Of what runs straight: across or down, where, and from where to where."""
    for (x0, y0), (x1, y1) in itertools.pairwise(corners):
        if y0 == y1 and x0 != x1:
            yield "across", y0, min(x0, x1), max(x0, x1)
        elif x0 == x1 and y0 != y1:
            yield "down", x0, min(y0, y1), max(y0, y1)
