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

from collections.abc import Iterable, Sequence
from typing import Any

from pi.devices.displays.base import State
from pi.devices.displays.lamps import LampDisplay, Lamps, Lit, Pattern

_BLINK_S = 0.8
_ALARM_S = 0.4
_WALK_S = 0.15


def _frame(lit: Iterable[int]) -> Lit:
    chosen = set(lit)
    return tuple(digit in chosen for digit in range(10))


PATTERNS: dict[int | State, Pattern] = {
    **{digit: Pattern((_frame([digit]),)) for digit in range(10)},
    State.DARK: Pattern((_frame([]),)),
    State.UNSURE: Pattern((_frame([0, 9]), _frame([1, 8])), _BLINK_S),
    State.ERROR: Pattern((_frame(range(0, 10, 2)), _frame(range(1, 10, 2))), _ALARM_S),
    State.LEARNING: Pattern(tuple(_frame([left, left + 1]) for left in range(9)), _WALK_S),
}


class LedsDisplay(LampDisplay):
    """Ten LEDs on pins, BCM numbers of the LEDs 0 to 9.

    Raises
    ------
    DeviceError : no GPIO here, or a pin is in use.
    """

    def __init__(
        self, pins: Sequence[int], *, active_high: bool = True, pin_factory: Any = None
    ) -> None:
        lamps = Lamps(pins, "the LED row", active_high=active_high, pin_factory=pin_factory)
        super().__init__(lamps, PATTERNS)
