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

from collections.abc import Sequence
from typing import Any

from pi.devices.displays.base import State
from pi.devices.displays.lamps import LampDisplay, Lamps, Lit, Pattern
from pi.devices.pins import BCD_WEIGHTS

_BLINK_S = 0.8
_WALK_S = 0.3


def _frame(number: int) -> Lit:
    return tuple(bool(number & weight) for weight in BCD_WEIGHTS)


PATTERNS: dict[int | State, Pattern] = {
    **{digit: Pattern((_frame(digit),)) for digit in range(10)},
    State.DARK: Pattern((_frame(15),)),
    State.UNSURE: Pattern((_frame(13), _frame(12)), _BLINK_S),
    State.ERROR: Pattern((_frame(14),)),
    State.LEARNING: Pattern((_frame(10), _frame(11)), _WALK_S),
}


class BcdDisplay(LampDisplay):
    """Four bits on pins, BCM numbers of the bits 8, 4, 2 and 1.

    Raises
    ------
    DeviceError : no GPIO here, or a pin is in use.
    """

    def __init__(
        self, pins: Sequence[int], *, active_high: bool = True, pin_factory: Any = None
    ) -> None:
        # Dark from the first moment, or a decoder would show a 0 before anything was read.
        lamps = Lamps(
            pins, "the BCD output", active_high=active_high, initial=True,
            pin_factory=pin_factory,
        )  # fmt: skip
        super().__init__(lamps, PATTERNS)
