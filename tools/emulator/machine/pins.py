"""The pins as registers of the BCM2835, and what a digit of seven segments on them says.

Source of the addresses: BCM2835 ARM Peripherals, section 6.1, where the ARM of a Zero sees
them.
"""

from __future__ import annotations

from collections.abc import Sequence

from pi.devices.segments import GLYPHS, NAMES

SET = 0x2020001C
CLEAR = 0x20200028
LEVEL = 0x20200034

# The default pins of the parts; a test compares them with the template of settings.
SEGMENTS = (5, 6, 12, 13, 16, 19, 20)
POINT = 21
STATUS = 26
RIGHT = 17
WRONG = 27


def lit(levels: int, pins: Sequence[int] = SEGMENTS) -> str:
    """The names of the segments that are lit, by the level register."""
    return "".join(name for name, pin in zip(NAMES, pins, strict=True) if levels >> pin & 1)


def sign(levels: int, pins: Sequence[int] = SEGMENTS) -> str:
    """What the digit shows: ``"7"``, ``" "`` for dark, ``"E"``; ``"?"`` for what is no sign."""
    segments = lit(levels, pins)
    return next((glyph for glyph, drawn in GLYPHS.items() if drawn == segments), "?")


def high(levels: int, pin: int) -> bool:
    """Whether a pin is high."""
    return bool(levels >> pin & 1)
