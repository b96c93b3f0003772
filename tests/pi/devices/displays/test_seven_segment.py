from __future__ import annotations

import pytest

from pi.devices.displays.base import State
from pi.devices.displays.seven_segment import SevenSegmentDisplay, SevenSegmentSettings
from pi.devices.pins import PinError

# Written out by hand, not made by the code it tests.
TABLE = {
    #  abcdefg.
    0: "11111100",
    1: "01100000",
    2: "11011010",
    3: "11110010",
    4: "01100110",
    5: "10110110",
    6: "10111110",
    7: "11100000",
    8: "11111110",
    9: "11110110",
    State.DARK: "00000000",
    State.UNSURE: "00000011 00000010 00000011",
    State.ERROR: "10011110",
    State.LEARNING: "10000000 01000000 00100000 00010000 00001000 00000100 10000000",
}
STEP_S = {State.UNSURE: 0.8, State.LEARNING: 0.2}
WITHOUT_POINT = {
    **{state: " ".join(frame[:7] for frame in text.split()) for state, text in TABLE.items()},
    State.UNSURE: "0000001 0000001 0000001",
}


@pytest.mark.parametrize("active_high", [True, False])
@pytest.mark.parametrize("state", TABLE)
def test_every_pin_in_every_state(check_state, state, active_high):
    check_state(SevenSegmentDisplay, TABLE, STEP_S, state, active_high=active_high)


@pytest.mark.parametrize("active_high", [True, False])
@pytest.mark.parametrize("state", TABLE)
def test_a_digit_without_a_point(check_state, state, active_high):
    settings = {"point": None, "active_high": active_high}
    check_state(SevenSegmentDisplay, WITHOUT_POINT, STEP_S, state, **settings)


def test_a_photograph_of_any_moment_tells_the_state(check_table):
    check_table(TABLE)


def test_each_segment_has_a_pin_and_the_point_if_it_is_wired():
    uses = SevenSegmentDisplay.uses(SevenSegmentSettings())
    assert [(use.name, use.key) for use in uses] == [
        *((f"segment {name}", "segments") for name in "abcdefg"),
        ("the point", "point"),
    ]
    assert [use.pin for use in uses] == [5, 6, 12, 13, 16, 19, 20, 21]
    assert len(SevenSegmentDisplay.uses(SevenSegmentSettings(point=None))) == 7
    with pytest.raises(PinError, match="segments needs 7 pins, segment a to segment g, not 0"):
        SevenSegmentDisplay.uses(SevenSegmentSettings(segments=()))
