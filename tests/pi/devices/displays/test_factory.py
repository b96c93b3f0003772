from __future__ import annotations

import io
import subprocess
import sys
from pathlib import Path

import pytest

from core.errors import DeviceError
from pi.devices.displays.base import State
from pi.devices.displays.factory import open_display, open_displays
from pi.devices.displays.group import SeveralDisplays
from pi.devices.pins import DisplaySettings, PinError

CHECKOUT = Path(__file__).resolve().parents[4]
BOTH = DisplaySettings(type=("seven_segment", "bcd", "terminal"))


def test_several_show_the_same(levels):
    text = io.StringIO()
    with open_displays(BOTH, stream=text) as display:
        display.show(6, "0.97")
        assert levels([5, 6, 12, 13, 16, 19, 20, 21]) == "10111110"
        assert levels([22, 23, 24, 25]) == "0110"
        display.show(State.LEARNING)
        display.tick(10.0)
        display.tick(10.35)
        assert levels([5, 6, 12, 13, 16, 19, 20, 21]) == "01000000"
        assert levels([22, 23, 24, 25]) == "1011"
    assert text.getvalue().splitlines() == ["digit 6 (0.97)", "learning"]
    assert levels([22, 23, 24, 25]) == "1111"


def test_all_are_closed_though_one_fails():
    closed = []

    class Fake:
        def __init__(self, name):
            self.name = name

        def close(self):
            closed.append(self.name)
            if self.name == "b":
                raise OSError("gone")

    with pytest.raises(OSError, match="gone"):
        SeveralDisplays([Fake("a"), Fake("b"), Fake("c")]).close()
    assert closed == ["c", "b", "a"]


def test_one_named_twice_is_one(mock_factory):
    with open_displays(DisplaySettings(type=("bcd", "bcd"))) as display:
        assert len(display.displays) == 1


def test_a_clash_is_found_before_any_pin_is_touched(mock_factory):
    with pytest.raises(PinError, match="segment a and by LED 0"):
        open_displays(DisplaySettings(type=("seven_segment", "leds")))
    assert mock_factory.pins == {}


def test_nothing_stays_open_when_one_cannot_be(mock_factory):
    with open_display("bcd", BOTH):
        with pytest.raises(DeviceError, match="the BCD output cannot have GPIO22"):
            open_displays(BOTH)
        with open_display("seven_segment", BOTH):
            pass


def test_a_display_that_nobody_knows():
    with pytest.raises(ValueError, match="no display is called nixie"):
        open_display("nixie", DisplaySettings())


def test_a_terminal_needs_no_pins():
    code = (
        "import sys; from pi.devices.displays.factory import open_displays;"
        "from pi.devices.pins import *;"
        "open_displays(DisplaySettings(type=('terminal',))).show(3);"
        "sys.exit(bool({'gpiozero', 'numpy'} & set(sys.modules)))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=CHECKOUT, capture_output=True, text=True
    )
    assert (done.returncode, done.stdout) == (0, "digit 3\n")
