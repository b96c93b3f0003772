from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from core.errors import DeviceError
from pi.devices.displays.base import State
from pi.devices.displays.bcd import BcdDisplay
from pi.devices.displays.factory import display_settings, display_uses, open_displays
from pi.devices.displays.seven_segment import SevenSegmentDisplay
from pi.devices.pins import PinError

CHECKOUT = Path(__file__).resolve().parents[4]
BOTH = ("seven_segment", "bcd", "terminal")


def test_defaults_are_those_of_the_wiring_diagram():
    settings = display_settings()
    assert settings.type == ("seven_segment",)
    assert settings.active_high
    assert settings.segments == (5, 6, 12, 13, 16, 19, 20)
    assert settings.point == 21
    assert settings.leds == (5, 6, 12, 13, 16, 19, 20, 21, 22, 23)
    assert settings.bcd == (22, 23, 24, 25)
    assert settings.status == 26
    assert settings.status_active_high
    assert display_settings() == settings


def test_several_show_the_same(levels, capsys):
    with open_displays(display_settings(type=BOTH)) as display:
        display.show(6, "0.97")
        assert levels([5, 6, 12, 13, 16, 19, 20, 21]) == "10111110"
        assert levels([22, 23, 24, 25]) == "0110"
        display.show(State.LEARNING)
        display.tick(10.0)
        display.tick(10.35)
        assert levels([5, 6, 12, 13, 16, 19, 20, 21]) == "01000000"
        assert levels([22, 23, 24, 25]) == "1011"
    assert capsys.readouterr().out.splitlines() == ["digit 6 (0.97)", "learning"]
    assert levels([22, 23, 24, 25]) == "1111"


def test_one_named_twice_is_one(mock_factory):
    with open_displays(display_settings(type=("bcd", "bcd"))) as display:
        assert len(display.displays) == 1


def test_a_clash_is_found_before_any_pin_is_touched(mock_factory):
    with pytest.raises(PinError, match="segment a and by LED 0"):
        open_displays(display_settings(type=("seven_segment", "leds")))
    assert mock_factory.pins == {}


def test_nothing_stays_open_when_one_cannot_be(mock_factory):
    settings = display_settings(type=BOTH)
    with BcdDisplay.open(settings):
        with pytest.raises(DeviceError, match="the BCD output cannot have GPIO22"):
            open_displays(settings)
        SevenSegmentDisplay.open(settings).close()


def test_the_pins_are_those_of_the_displays_chosen():
    assert [use.pin for use in display_uses(display_settings(type=("terminal", "bcd")))] == [
        22, 23, 24, 25,
    ]  # fmt: skip
    assert display_uses(display_settings(type=("terminal",))) == []


def test_a_display_that_nobody_knows():
    with pytest.raises(ValueError, match="no display is called nixie"):
        open_displays(display_settings(type=("nixie",)))


def test_a_terminal_needs_no_pins():
    code = (
        "import sys; from pi.devices.displays.factory import *;"
        "open_displays(display_settings(type=('terminal',))).show(3);"
        "sys.exit(bool({'gpiozero', 'numpy'} & set(sys.modules)))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=CHECKOUT, capture_output=True, text=True
    )
    assert (done.returncode, done.stdout) == (0, "digit 3\n")
