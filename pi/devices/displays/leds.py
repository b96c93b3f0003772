"""A row of ten LEDs, one for each digit.

========  ====================================================
digit     the LED of the digit
dark      nothing
unsure    the first and the last, in turn with their neighbours
error     the even ones and the odd ones in turn
learning  two neighbours walking along the row
========  ====================================================
"""

from __future__ import annotations

from dataclasses import dataclass

from pi.devices.displays.base import DisplaySettings, State
from pi.devices.displays.lamps import LampDisplay, Lit, Pattern, Patterns
from pi.devices.pins import Use, row
from pi.devices.settings import setting

_BLINK_S = 0.8
_ALARM_S = 0.4
_WALK_S = 0.15


@dataclass(frozen=True, kw_only=True)
class LedsSettings(DisplaySettings):
    """The pins of the LEDs 0 to 9, by BCM number."""

    leds: tuple[int, ...] = setting(
        (5, 6, 12, 13, 16, 19, 20, 21, 22, 23), "The pins of ten LEDs, 0 to 9."
    )


def _lit(*digits: int) -> Lit:
    return tuple(digit in digits for digit in range(10))


class LedsDisplay(LampDisplay[LedsSettings]):
    """Ten LEDs on pins."""

    about = "ten, one a digit"
    Settings = LedsSettings
    user = "the LED row"

    @classmethod
    def uses(cls, settings: LedsSettings) -> list[Use]:
        return row("leds", settings.leds, [f"LED {digit}" for digit in range(10)])

    @classmethod
    def patterns(cls, settings: LedsSettings) -> Patterns:
        return {
            **{digit: Pattern((_lit(digit),)) for digit in range(10)},
            State.DARK: Pattern((_lit(),)),
            State.UNSURE: Pattern((_lit(0, 9), _lit(1, 8)), _BLINK_S),
            State.ERROR: Pattern((_lit(0, 2, 4, 6, 8), _lit(1, 3, 5, 7, 9)), _ALARM_S),
            State.LEARNING: Pattern(tuple(_lit(left, left + 1) for left in range(9)), _WALK_S),
        }
