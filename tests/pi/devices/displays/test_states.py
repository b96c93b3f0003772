"""What lies on every pin of every display, in every state, for both ways of wiring."""

from __future__ import annotations

import pytest

from pi.devices.displays.base import Display, State
from pi.devices.displays.factory import open_display
from pi.devices.pins import DisplaySettings

# Written out by hand, not made by the code it tests: the levels in the order of the pins, for
# lamps that a high pin lights; of what moves, one frame after the other, and again the first.
SEVEN_SEGMENT = {
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
LEDS = {
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
BCD = {
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
STEP_S = {
    "seven_segment": {State.UNSURE: 0.8, State.LEARNING: 0.2},
    "leds": {State.UNSURE: 0.8, State.ERROR: 0.4, State.LEARNING: 0.15},
    "bcd": {State.UNSURE: 0.8, State.LEARNING: 0.3},
}
TABLES = {"seven_segment": SEVEN_SEGMENT, "leds": LEDS, "bcd": BCD}
EVERY = [(name, state) for name, table in TABLES.items() for state in table]
PINS = {
    "seven_segment": (5, 6, 12, 13, 16, 19, 20, 21),
    "leds": (5, 6, 12, 13, 16, 19, 20, 21, 22, 23),
    "bcd": (22, 23, 24, 25),
}
POLARITIES = pytest.mark.parametrize("active_high", [True, False])


def opened(name, **settings):
    return open_display(name, DisplaySettings(type=(name,), **settings))


def as_wired(text, active_high):
    return text if active_high else text.translate(str.maketrans("01", "10"))


@POLARITIES
@pytest.mark.parametrize(("name", "state"), EVERY)
def test_every_pin_in_every_state(levels, name, state, active_high):
    frames = as_wired(TABLES[name][state], active_high).split()
    step_s = STEP_S[name].get(state, 0.5)
    with opened(name, active_high=active_high) as display:
        display.show(8 if state != 8 else 1)
        display.tick(99.0)
        display.show(state)
        assert levels(PINS[name]) == frames[0], "shown at once"
        for number, frame in enumerate(frames):
            for moment in (0.01, 0.5, 0.99):
                if number == 0 and moment == 0.01:
                    display.tick(100.0)
                display.tick(100.0 + (number + moment) * step_s)
                assert levels(PINS[name]) == frame, f"frame {number}"


@pytest.mark.parametrize("name", TABLES)
def test_a_table_says_something_about_every_state(name):
    assert set(TABLES[name]) == {*range(10), *State}


@pytest.mark.parametrize("name", TABLES)
def test_a_photograph_of_any_moment_tells_the_state(name):
    moments = [set(frames.split()) for frames in TABLES[name].values()]
    assert sum(map(len, moments)) == len(set().union(*moments))


@POLARITIES
def test_a_digit_without_a_point(levels, active_high):
    with opened("seven_segment", point=None, active_high=active_high) as display:
        for state, frames in SEVEN_SEGMENT.items():
            display.show(state)
            expected = as_wired(frames.split()[0][:7], active_high)
            assert levels(PINS["seven_segment"][:7]) == expected
        display.show(State.UNSURE)
        for time in (1.0, 1.7, 1.9, 2.7):
            display.tick(time)
            assert levels(PINS["seven_segment"][:7]) == as_wired("0000001", active_high)


@POLARITIES
@pytest.mark.parametrize("name", TABLES)
def test_dark_from_the_first_moment_to_after_the_last(mock_factory, levels, name, active_high):
    dark = as_wired(TABLES[name][State.DARK], active_high)
    pins = [mock_factory.pin(pin) for pin in PINS[name]]
    display = opened(name, active_high=active_high)
    assert levels(PINS[name]) == dark
    display.show(3)
    display.close()
    assert levels(PINS[name]) == dark
    assert [pin.function for pin in pins] == ["input"] * len(pins)
    display.close()


@pytest.mark.parametrize("name", TABLES)
def test_no_lamp_flashes_when_a_common_anode_is_opened(mock_factory, name):
    pins = [mock_factory.pin(pin) for pin in PINS[name]]
    off = as_wired(TABLES[name][State.DARK], False)
    for pin, level in zip(pins, off, strict=True):
        # As the pin would lie anyway, if nobody drove it.
        (pin.drive_high if level == "1" else pin.drive_low)()
        pin.clear_states()
    with opened(name, active_high=False):
        assert [len(pin.states) for pin in pins] == [1] * len(pins)


@pytest.mark.parametrize("name", TABLES)
def test_a_pin_is_written_only_when_it_changes(mock_factory, name):
    with opened(name) as display:
        display.show(5)
        pins = [mock_factory.pin(pin) for pin in PINS[name]]
        for pin in pins:
            pin.clear_states()
        for time in range(20):
            display.show(5)
            display.tick(time)
        assert [len(pin.states) for pin in pins] == [1] * len(pins)


@pytest.mark.parametrize("name", TABLES)
def test_nothing_moves_by_itself(levels, name):
    with opened(name) as display:
        display.show(State.LEARNING)
        before = levels(PINS[name])
        for _ in range(3):
            display.show(State.LEARNING)
            assert levels(PINS[name]) == before


def test_showing_the_same_again_does_not_start_a_pattern_anew(levels):
    frames = SEVEN_SEGMENT[State.LEARNING].split()
    with opened("seven_segment") as display:
        for number in range(6):
            display.show(State.LEARNING)
            display.tick(50.0 + number * 0.2 + (0.01 if number else 0.0))
            assert levels(PINS["seven_segment"]) == frames[number]


@pytest.mark.parametrize("name", TABLES)
@pytest.mark.parametrize("state", [10, -1, "7", None])
def test_anything_else_is_refused(mock_factory, name, state):
    with opened(name) as display, pytest.raises(ValueError, match="0 to 9"):
        display.show(state)


@pytest.mark.parametrize("name", TABLES)
def test_one_lamp_for_the_wiring_check(levels, name):
    with opened(name) as display:
        for place in range(len(PINS[name])):
            display.only(place)
            display.tick(1.0 + place)
            assert levels(PINS[name]).count("1") == 1
            assert levels(PINS[name])[place] == "1"
        display.show(State.DARK)
        assert levels(PINS[name]) == TABLES[name][State.DARK]


@pytest.mark.parametrize("name", [*TABLES, "terminal"])
def test_each_is_a_display(mock_factory, name):
    with opened(name) as display:
        assert isinstance(display, Display)
