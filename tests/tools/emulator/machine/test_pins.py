"""What the level register says, and that the pins are those that the program uses."""

from __future__ import annotations

import tomllib

import pytest

from pi.config import template
from pi.devices.segments import GLYPHS
from tools.emulator.machine import pins


def levels(segments, others=0):
    return others | sum(1 << pins.SEGMENTS["abcdefg".index(name)] for name in segments)


@pytest.mark.parametrize("glyph", sorted(GLYPHS))
def test_every_sign_is_known_again(glyph):
    assert pins.sign(levels(GLYPHS[glyph])) == glyph


def test_other_pins_do_not_matter():
    others = 1 << pins.STATUS | 1 << pins.POINT | 1 << pins.RIGHT
    assert pins.sign(levels("abc", others)) == "7"
    assert pins.lit(levels("bc", others)) == "bc"


def test_what_is_no_sign_is_not_taken_for_one():
    assert pins.sign(levels("a")) == "?"


def test_the_pins_are_the_default_ones():
    default = tomllib.loads(template())
    display, buttons = default["display"], default["buttons"]
    assert list(pins.SEGMENTS) == display["segments"]
    assert (display["point"], display["status"]) == (pins.POINT, pins.STATUS)
    assert (buttons["right"], buttons["wrong"]) == (pins.RIGHT, pins.WRONG)
