"""A digit as four bits, for a decoder chip or for four LEDs that are read as a number.

All but the digits is above nine. Dark is 15, which decoders (7447, 4511) show as nothing, for
0 is a digit: four bare LEDs are all lit when there is nothing to say. A 4511 shows nothing
for the other states either; the status LED does.

========  ==============================
digit     0 to 9
dark      15
unsure    13 and 12 in turn, slowly
error     14
learning  10 and 11 in turn
========  ==============================
"""

from __future__ import annotations

from dataclasses import dataclass

from pi.devices.displays.base import DisplaySettings, State
from pi.devices.displays.lamps import LampDisplay, Lit, Pattern, Patterns
from pi.devices.pins import Use, row
from pi.devices.settings import setting

WEIGHTS = (8, 4, 2, 1)
_BLINK_S = 0.8
_WALK_S = 0.3


@dataclass(frozen=True, kw_only=True)
class BcdSettings(DisplaySettings):
    """The pins of the bits 8, 4, 2 and 1, by BCM number."""

    bcd: tuple[int, ...] = setting((22, 23, 24, 25), "The pins of the bits 8, 4, 2 and 1.")


def _lit(number: int) -> Lit:
    return tuple(bool(number & weight) for weight in WEIGHTS)


class BcdDisplay(LampDisplay[BcdSettings]):
    """Four bits on pins."""

    about = "four, binary"
    Settings = BcdSettings
    user = "the BCD output"

    @classmethod
    def uses(cls, settings: BcdSettings) -> list[Use]:
        return row("bcd", settings.bcd, [f"BCD bit {weight}" for weight in WEIGHTS])

    @classmethod
    def patterns(cls, settings: BcdSettings) -> Patterns:
        return {
            **{digit: Pattern((_lit(digit),)) for digit in range(10)},
            State.DARK: Pattern((_lit(15),)),
            State.UNSURE: Pattern((_lit(13), _lit(12)), _BLINK_S),
            State.ERROR: Pattern((_lit(14),)),
            State.LEARNING: Pattern((_lit(10), _lit(11)), _WALK_S),
        }
