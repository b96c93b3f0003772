from __future__ import annotations

import pytest

from pi.devices.displays.base import State
from pi.devices.displays.leds import LedsDisplay, LedsSettings
from pi.devices.pins import PinError

# Written out by hand, not made by the code it tests.
TABLE = {
    #  0123456789
    0: "1000000000",
    1: "0100000000",
    2: "0010000000",
    3: "0001000000",
    4: "0000100000",
    5: "0000010000",
    6: "0000001000",
    7: "0000000100",
    8: "0000000010",
    9: "0000000001",
    State.DARK: "0000000000",
    State.UNSURE: "1000000001 0100000010 1000000001",
    State.ERROR: "1010101010 0101010101 1010101010",
    State.LEARNING: (
        "1100000000 0110000000 0011000000 0001100000 0000110000 0000011000 0000001100 "
        "0000000110 0000000011 1100000000"
    ),
}
STEP_S = {State.UNSURE: 0.8, State.ERROR: 0.4, State.LEARNING: 0.15}


@pytest.mark.parametrize("active_high", [True, False])
@pytest.mark.parametrize("state", TABLE)
def test_every_pin_in_every_state(check_state, state, active_high):
    check_state(LedsDisplay, TABLE, STEP_S, state, active_high=active_high)


def test_a_photograph_of_any_moment_tells_the_state(check_table):
    check_table(TABLE)


def test_each_led_has_a_pin():
    uses = LedsDisplay.uses(LedsSettings(leds=tuple(range(2, 12))))
    assert [(use.name, use.pin) for use in uses] == [(f"LED {n}", n + 2) for n in range(10)]
    with pytest.raises(PinError, match="leds needs 10 pins, LED 0 to LED 9, not 11"):
        LedsDisplay.uses(LedsSettings(leds=tuple(range(2, 13))))
