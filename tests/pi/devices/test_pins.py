from __future__ import annotations

import doctest
from dataclasses import replace

import pytest

from core.errors import ZerodigitError
from pi.devices import pins
from pi.devices.pins import ButtonSettings, DisplaySettings, PinError, check, uses

ALL = DisplaySettings(type=("seven_segment", "leds", "bcd", "terminal"))


def test_docstrings_hold():
    assert doctest.testmod(pins).failed == 0


def test_the_header_is_that_of_a_raspberry_pi():
    assert len(pins.HEADER) == 40
    assert [pin for pin, name in pins.HEADER.items() if name == "GND"] == [
        6, 9, 14, 20, 25, 30, 34, 39,
    ]  # fmt: skip
    assert [pin for pin, name in pins.HEADER.items() if name in ("3V3", "5V")] == [1, 2, 4, 17]
    assert sorted(pins.HEADER_PIN) == list(range(28))


def test_the_header_is_the_one_that_gpiozero_knows(mock_factory):
    header = mock_factory.board_info.headers["J8"]
    theirs = {pin: info.name for pin, info in header.pins.items()}
    assert theirs == pins.HEADER


@pytest.mark.parametrize("kind", ["seven_segment", "leds", "bcd", "terminal"])
def test_defaults_do_not_clash_and_leave_the_buses_alone(kind):
    wanted = uses(DisplaySettings(type=(kind,)), ButtonSettings())
    check(wanted)
    i2c, spi, uart = {2, 3}, {7, 8, 9, 10, 11}, {14, 15}
    assert not {use.pin for use in wanted} & (i2c | spi | uart)


def test_bcd_goes_beside_the_digit_by_default():
    check(uses(DisplaySettings(type=("seven_segment", "bcd", "terminal")), ButtonSettings()))


def test_only_what_is_chosen_is_checked():
    check(uses(DisplaySettings(leds=(17,) * 10), ButtonSettings()))


@pytest.mark.parametrize(
    ("display", "buttons", "names", "keys"),
    [
        ({"status": 17}, {}, ("the status LED", "button right"), ("status", "right")),
        ({"status": 12}, {}, ("segment c", "the status LED"), ("segments", "status")),
        ({"point": 5}, {}, ("segment a", "the point"), ("segments", "point")),
        ({"segments": (5, 6, 5, 13, 16, 19, 20)}, {}, ("segment a", "segment c"), None),
        ({}, {"wrong": 17}, ("button right", "button wrong"), ("right", "wrong")),
        ({"type": ("seven_segment", "leds")}, {}, ("segment a", "LED 0"), None),
        ({"type": ("leds", "bcd")}, {}, ("LED 8", "BCD bit 8"), ("leds", "bcd")),
    ],
)
def test_a_clash_names_the_two_users_of_the_pin(display, buttons, names, keys):
    with pytest.raises(PinError) as caught:
        check(uses(replace(DisplaySettings(), **display), replace(ButtonSettings(), **buttons)))
    one, other = caught.value.uses
    assert (one.name, other.name) == names
    assert one.pin == other.pin
    if keys:
        assert (one.key, other.key) == keys
    message = str(caught.value)
    assert "\n" not in message
    assert f"GPIO{one.pin} (pin {pins.HEADER_PIN[one.pin]})" in message
    assert all(name in message for name in names)


@pytest.mark.parametrize("pin", [-1, 0, 1, 28, 33, 40, 41, 1000, True])
def test_an_impossible_pin_names_its_user(pin):
    with pytest.raises(PinError, match="the point cannot be on GPIO") as caught:
        check(uses(DisplaySettings(point=pin)))
    assert [use.key for use in caught.value.uses] == ["point"]
    assert "GPIO2 to GPIO27" in str(caught.value)


def test_a_number_of_the_header_is_recognised():
    with pytest.raises(PinError, match="if pin 33 of the header is meant, that is 13"):
        check(uses(DisplaySettings(status=33)))


@pytest.mark.parametrize(("key", "count"), [("segments", 7), ("leds", 10), ("bcd", 4)])
@pytest.mark.parametrize("wired", [(), (5,), tuple(range(2, 13))])
def test_a_display_needs_its_number_of_pins(key, count, wired):
    with pytest.raises(PinError, match=f"{key} needs {count} pins.* not {len(wired)}"):
        uses(replace(ALL, **{key: wired}))


def test_what_is_not_wired_needs_no_pin():
    nothing = DisplaySettings(type=("terminal",), status=None)
    assert uses(nothing, ButtonSettings(right=None, wrong=None)) == []


def test_it_is_an_error_that_is_expected():
    assert issubclass(PinError, ZerodigitError)
    assert issubclass(PinError, ValueError)


def test_the_template_of_settings_says_the_same():
    from pi import config

    merged = config.load()
    for mine, theirs in (
        (DisplaySettings(), merged.display),
        (ButtonSettings(), merged.buttons),
    ):
        for key, value in vars(mine).items():
            assert getattr(theirs, key) == value, key
