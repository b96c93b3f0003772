"""What every display of lamps does, tried on all of them."""

from __future__ import annotations

import pytest

from core.errors import DeviceError
from pi.devices.displays.base import State
from pi.devices.displays.bcd import BcdDisplay
from pi.devices.displays.lamps import LampDisplay, Lamps, Pattern
from pi.devices.displays.registry import DISPLAYS, display_class
from pi.devices.displays.section import display_settings
from pi.devices.displays.seven_segment import SevenSegmentDisplay

KINDS = [each for each in map(display_class, DISPLAYS) if issubclass(each, LampDisplay)]
each_kind = pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.__name__)


def opened(kind, **settings):
    return kind.open(display_settings(**settings))


def pins_of(kind):
    return [use.pin for use in kind.uses(display_settings())]


def dark(kind, active_high=True):
    """Every level of a dark display; the lamps of a BCD output are all lit then."""
    return "01"[(kind is BcdDisplay) == active_high] * len(pins_of(kind))


def test_frames_of_a_pattern_follow_one_another():
    pattern = Pattern(((True,), (False,)), 0.5)
    moments = [pattern.at(time)[0] for time in (-1.0, 0.0, 0.49, 0.5, 0.99, 1.0)]
    assert moments == [True, True, True, False, False, True]


@pytest.mark.parametrize("active_high", [True, False])
@each_kind
def test_dark_from_the_first_moment_to_after_the_last(mock_factory, levels, kind, active_high):
    pins = pins_of(kind)
    display = opened(kind, active_high=active_high)
    assert levels(pins) == dark(kind, active_high)
    display.show(3)
    display.close()
    assert levels(pins) == dark(kind, active_high)
    assert {mock_factory.pin(pin).function for pin in pins} == {"input"}
    display.close()


@each_kind
def test_no_lamp_flashes_when_a_common_anode_is_opened(mock_factory, kind):
    pins = [mock_factory.pin(pin) for pin in pins_of(kind)]
    for pin, level in zip(pins, dark(kind, active_high=False), strict=True):
        # As the pin would lie anyway, if nobody drove it.
        (pin.drive_high if level == "1" else pin.drive_low)()
        pin.clear_states()
    with opened(kind, active_high=False):
        assert [len(pin.states) for pin in pins] == [1] * len(pins)


@each_kind
def test_a_pin_is_written_only_when_it_changes(mock_factory, kind):
    with opened(kind) as display:
        display.show(5)
        pins = [mock_factory.pin(pin) for pin in pins_of(kind)]
        for pin in pins:
            pin.clear_states()
        for time in range(20):
            display.show(5)
            display.tick(time)
        assert [len(pin.states) for pin in pins] == [1] * len(pins)


@each_kind
def test_nothing_moves_by_itself(levels, kind):
    with opened(kind) as display:
        display.show(State.LEARNING)
        before = levels(pins_of(kind))
        for _ in range(3):
            display.show(State.LEARNING)
            assert levels(pins_of(kind)) == before


def test_showing_the_same_again_does_not_start_a_pattern_anew(levels):
    frames = ["10000000", "01000000", "00100000", "00010000", "00001000", "00000100"]
    with opened(SevenSegmentDisplay) as display:
        for number, frame in enumerate(frames):
            display.show(State.LEARNING)
            display.tick(50.0 + number * 0.2 + (0.01 if number else 0.0))
            assert levels(pins_of(SevenSegmentDisplay)) == frame


@each_kind
@pytest.mark.parametrize("state", [10, -1, "7", None])
def test_anything_else_is_refused(mock_factory, kind, state):
    with opened(kind) as display, pytest.raises(ValueError, match="0 to 9"):
        display.show(state)


@each_kind
def test_one_lamp_for_the_wiring_check(levels, kind):
    pins = pins_of(kind)
    with opened(kind) as display:
        assert [use.pin for use in display.lamps] == pins
        for place in range(len(pins)):
            display.only(place)
            display.tick(1.0 + place)
            assert levels(pins).count("1") == 1
            assert levels(pins)[place] == "1"
        display.show(State.DARK)
        assert levels(pins) == dark(kind)


def test_pins_in_use_are_named_with_who_wants_them(mock_factory):
    board = Lamps([22, 23], "the other")
    with pytest.raises(DeviceError, match=r"the lamps cannot have GPIO22 \(pin 15\), GPIO23"):
        Lamps([22, 23], "the lamps")
    board.close()
    Lamps([22, 23], "the lamps").close()
