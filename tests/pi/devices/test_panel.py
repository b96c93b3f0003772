from __future__ import annotations

import contextlib
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from core.errors import DeviceError
from pi.devices.buttons import ButtonSettings
from pi.devices.displays.base import State
from pi.devices.displays.bcd import BcdDisplay
from pi.devices.displays.section import display_settings
from pi.devices.displays.seven_segment import SevenSegmentDisplay
from pi.devices.displays.status_led import Mode
from pi.devices.panel import Panel, uses
from pi.devices.pins import HEADER_PIN, PinError, check

BUTTONS = ButtonSettings()
CHECKOUT = Path(__file__).resolve().parents[3]
BOTH = ("seven_segment", "bcd", "terminal")
SEGMENTS = (5, 6, 12, 13, 16, 19, 20, 21)


def opened(**display):
    return contextlib.closing(Panel(display_settings(**display), BUTTONS))


def check_pins(display, buttons=None):
    check(uses(display_settings(**display), replace(BUTTONS, **(buttons or {}))))


@pytest.mark.parametrize("kind", ["seven_segment", "leds", "bcd", "terminal"])
def test_defaults_do_not_clash_and_leave_the_buses_alone(kind):
    wanted = uses(display_settings(type=(kind,)), BUTTONS)
    check(wanted)
    i2c, spi, uart = {2, 3}, {7, 8, 9, 10, 11}, {14, 15}
    assert not {use.pin for use in wanted} & (i2c | spi | uart)


def test_bcd_goes_beside_the_digit_by_default():
    check_pins({"type": ("seven_segment", "bcd", "terminal")})


def test_only_what_is_chosen_is_checked():
    check_pins({"leds": (17,) * 10})


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
        check_pins(display, buttons)
    one, other = caught.value.uses
    assert (one.name, other.name) == names
    assert one.pin == other.pin
    if keys:
        assert (one.key, other.key) == keys
    message = str(caught.value)
    assert "\n" not in message
    assert f"GPIO{one.pin} (pin {HEADER_PIN[one.pin]})" in message
    assert all(name in message for name in names)


@pytest.mark.parametrize("pin", [-1, 0, 1, 28, 33, 40, 41, 1000, True])
def test_an_impossible_pin_names_its_user(pin):
    with pytest.raises(PinError, match="the point cannot be on GPIO") as caught:
        check_pins({"point": pin})
    assert [use.key for use in caught.value.uses] == ["point"]
    assert "GPIO2 to GPIO27" in str(caught.value)


@pytest.mark.parametrize(("key", "count"), [("segments", 7), ("leds", 10), ("bcd", 4)])
@pytest.mark.parametrize("wired", [(), (5,), tuple(range(2, 13))])
def test_a_display_needs_its_number_of_pins(key, count, wired):
    everything = {"type": ("seven_segment", "leds", "bcd", "terminal"), key: wired}
    with pytest.raises(PinError, match=f"{key} needs {count} pins.* not {len(wired)}"):
        uses(display_settings(**everything), BUTTONS)


def test_what_is_not_wired_needs_no_pin():
    nothing = display_settings(type=("terminal",), status=None)
    assert uses(nothing, ButtonSettings(right=None, wrong=None)) == []


def test_it_shows_and_hears(mock_factory, levels):
    panel = Panel(display_settings(), BUTTONS)
    panel.show(7)
    panel.tick(0.0)
    assert (panel.state, levels(SEGMENTS), levels([26])) == (7, "11100000", "1")
    assert panel.poll(0.0) == []
    mock_factory.pin(17).drive_low()
    assert panel.poll(1.0) == []
    mock_factory.pin(17).drive_high()
    (press,) = panel.poll(1.2)
    panel.acknowledge(press.button, press.long)
    panel.tick(1.3)
    assert levels([26]) == "0", "the pause before the flash"
    panel.tick(1.65)
    assert levels([26]) == "1", "the flash"
    panel.close()
    panel.close()
    assert levels(SEGMENTS) == "00000000"
    assert {pin.function for pin in mock_factory.pins.values()} == {"input"}


@pytest.mark.parametrize(("state", "period_s"), [(State.ERROR, 0.3), (State.LEARNING, 2.0)])
def test_the_status_led_goes_with_the_state(mock_factory, levels, state, period_s):
    panel = Panel(display_settings(), BUTTONS)
    panel.show(state)
    panel.tick(0.0)
    assert levels([26]) == "1"
    panel.tick(0.75 * period_s)
    assert levels([26]) == "0"
    panel.close()


@pytest.mark.parametrize("state", [7, State.DARK, State.LEARNING])
def test_the_status_led_says_that_labels_wait(mock_factory, state):
    panel = Panel(display_settings(), BUTTONS)
    panel.show(state)
    before = panel.led.mode
    panel.wait_for_card(True)
    assert panel.led.mode is Mode.WAITING
    panel.show(State.ERROR)
    assert panel.led.mode is Mode.TROUBLE, "which is worse"
    panel.show(state)
    assert panel.led.mode is Mode.WAITING
    panel.wait_for_card(False)
    assert panel.led.mode is before
    panel.close()


def test_it_opens_all_or_nothing(mock_factory):
    from gpiozero import LED

    with LED(27), pytest.raises(DeviceError, match="button wrong"):
        Panel(display_settings(), BUTTONS)
    Panel(display_settings(), BUTTONS).close()


def test_several_displays_show_the_same(levels, capsys):
    with opened(type=BOTH) as panel:
        panel.show(6, "0.97")
        assert levels(SEGMENTS) == "10111110"
        assert levels([22, 23, 24, 25]) == "0110"
        panel.show(State.LEARNING)
        panel.tick(10.0)
        panel.tick(10.35)
        assert levels(SEGMENTS) == "01000000"
        assert levels([22, 23, 24, 25]) == "1011"
    assert capsys.readouterr().out.splitlines() == ["digit 6 (0.97)", "learning"]
    assert levels([22, 23, 24, 25]) == "1111"


def test_one_named_twice_is_one(mock_factory):
    with opened(type=("bcd", "bcd")) as panel:
        assert len(panel.displays) == 1


def test_a_clash_is_found_before_any_pin_is_touched(mock_factory):
    with pytest.raises(PinError, match="segment a and by LED 0"):
        Panel(display_settings(type=("seven_segment", "leds")), BUTTONS)
    assert mock_factory.pins == {}


def test_nothing_stays_open_when_one_display_cannot_be(mock_factory):
    settings = display_settings(type=BOTH)
    with BcdDisplay.open(settings):
        with pytest.raises(DeviceError, match="the BCD output cannot have GPIO22"):
            Panel(settings, BUTTONS)
        SevenSegmentDisplay.open(settings).close()


def test_all_parts_are_closed_though_one_fails(mock_factory):
    panel = Panel(display_settings(type=BOTH), BUTTONS)
    close = panel.displays[1].close

    def fail():
        close()
        raise OSError("gone")

    panel.displays[1].close = fail
    with pytest.raises(OSError, match="gone"):
        panel.close()
    assert {pin.function for pin in mock_factory.pins.values()} == {"input"}


def test_a_terminal_alone_needs_no_pins():
    code = (
        "import sys; from pi.devices.panel import *;"
        "from pi.devices.displays.section import display_settings;"
        "settings = display_settings(type=('terminal',), status=None);"
        "Panel(settings, ButtonSettings(right=None, wrong=None)).show(3);"
        "sys.exit(bool({'gpiozero', 'numpy'} & set(sys.modules)))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=CHECKOUT, capture_output=True, text=True
    )
    assert (done.returncode, done.stdout) == (0, "digit 3\n")
