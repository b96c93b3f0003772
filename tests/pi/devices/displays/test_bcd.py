from __future__ import annotations

import pytest

from pi.devices.displays.base import State
from pi.devices.displays.bcd import BcdDisplay, BcdSettings
from pi.devices.pins import PinError

# Written out by hand, not made by the code it tests.
TABLE = {
    #  8421
    0: "0000",
    1: "0001",
    2: "0010",
    3: "0011",
    4: "0100",
    5: "0101",
    6: "0110",
    7: "0111",
    8: "1000",
    9: "1001",
    State.DARK: "1111",
    State.UNSURE: "1101 1100 1101",
    State.ERROR: "1110",
    State.LEARNING: "1010 1011 1010",
}
STEP_S = {State.UNSURE: 0.8, State.LEARNING: 0.3}


@pytest.mark.parametrize("active_high", [True, False])
@pytest.mark.parametrize("state", TABLE)
def test_every_pin_in_every_state(check_state, state, active_high):
    check_state(BcdDisplay, TABLE, STEP_S, state, active_high=active_high)


def test_a_photograph_of_any_moment_tells_the_state(check_table):
    check_table(TABLE)


def test_each_bit_has_a_pin():
    uses = BcdDisplay.uses(BcdSettings(bcd=(2, 3, 4, 5)))
    assert [(use.name, use.pin, use.key) for use in uses] == [
        ("BCD bit 8", 2, "bcd"),
        ("BCD bit 4", 3, "bcd"),
        ("BCD bit 2", 4, "bcd"),
        ("BCD bit 1", 5, "bcd"),
    ]
    with pytest.raises(PinError, match=r"bcd needs 4 pins, BCD bit 8 to BCD bit 1, not 1"):
        BcdDisplay.uses(BcdSettings(bcd=(2,)))
