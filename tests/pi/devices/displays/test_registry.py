from __future__ import annotations

import subprocess
import sys
import tomllib
from dataclasses import dataclass
from pathlib import Path

import pytest

from core.errors import ConfigError, DeviceError
from pi import config
from pi.cli import main
from pi.devices.displays import registry
from pi.devices.displays.base import Display, DisplaySettings, State
from pi.devices.displays.bcd import BcdDisplay
from pi.devices.displays.lamps import LampDisplay, Pattern
from pi.devices.displays.registry import (
    DISPLAYS,
    display_names,
    display_settings,
    open_displays,
)
from pi.devices.displays.seven_segment import SevenSegmentDisplay
from pi.devices.pins import PinError, row
from pi.devices.settings import setting

CHECKOUT = Path(__file__).resolve().parents[4]
BOTH = ("seven_segment", "bcd", "terminal")


@dataclass(frozen=True, kw_only=True)
class BarSettings(DisplaySettings):
    bar: tuple[int, ...] = setting(
        tuple(range(2, 12)), "The pins of ten LEDs, the lowest first."
    )


class BarDisplay(LampDisplay[BarSettings]):
    """As many of ten LEDs lit as the digit says: a display that is not there yet."""

    name = "bar"
    about = "ten, so many lit"
    Settings = BarSettings
    user = "the bar"

    @classmethod
    def uses(cls, settings):
        return row("bar", settings.bar, [f"bar {number}" for number in range(1, 11)])

    @classmethod
    def patterns(cls, settings):
        def lit(low, high):
            return Pattern((tuple(low <= place < high for place in range(10)),))

        return {
            **{digit: lit(0, digit) for digit in range(10)},
            State.DARK: lit(0, 0),
            State.UNSURE: lit(4, 6),
            State.ERROR: lit(8, 10),
            State.LEARNING: lit(2, 4),
        }


@pytest.fixture
def with_bar(monkeypatch):
    """The one line that adds a display."""
    monkeypatch.setattr(registry, "DISPLAYS", [*DISPLAYS, BarDisplay])


def write(path, text):
    path.write_text(text)
    return path


@pytest.mark.usefixtures("with_bar")
class TestAddingADisplayIsItsClassAndALine:
    def test_it_is_opened_as_a_file_says(self, tmp_path, levels):
        path = write(
            tmp_path / "mine.toml", "[display]\ntype = ['bar']\nbar = [2,3,4,7,8,9,10,11,14,15]"
        )
        display = config.load([path]).display
        assert display.bar == (2, 3, 4, 7, 8, 9, 10, 11, 14, 15)
        with open_displays(display) as shown:
            assert isinstance(shown.displays[0], BarDisplay)
            shown.show(3)
            assert levels(display.bar) == "1110000000"
        assert levels(display.bar) == "0000000000"

    @pytest.mark.parametrize(
        ("text", "error"),
        [
            ("bar = [2, 3]", "[display] bar: bar needs 10 pins, bar 1 to bar 10, not 2"),
            (
                "bar = [2, 3, 4, 5, 6, 7, 8, 9, 10, 17]",
                "[display] bar: GPIO17 (pin 11) is wanted by bar 10 and by button right",
            ),
            ("bar = 2", "[display] bar must be a list, each a whole number, not 2"),
            ("baar = []", "[display] baar is no setting; did you mean bar?"),
            (
                "type = ['baar']",
                '[display] type must be one of "seven_segment", "leds", "bcd", "terminal", '
                '"bar", not ["baar"]; did you mean "bar"?',
            ),
        ],
    )
    def test_a_mistake_is_one_line(self, tmp_path, text, error):
        chosen = "" if "type" in text else "type = ['bar']\n"
        path = write(tmp_path / "mine.toml", f"[display]\n{chosen}{text}\n")
        with pytest.raises(ConfigError) as caught:
            config.load([path])
        assert str(caught.value) == f"{path}: {error}"

    def test_the_template_explains_it(self):
        text = config.template()
        assert (
            "# The pins of ten LEDs, the lowest first.\nbar = [2, 3, 4, 5, 6, 7, 8, 9, 10, 11]"
            in text
        )
        assert '"terminal" and "bar" (ten, so many lit).' in text
        assert tomllib.loads(text)["display"]["bar"] == list(range(2, 12))

    def test_the_wiring_check_knows_it(self, mock_factory, capsys, monkeypatch, tmp_path):
        monkeypatch.setenv("ZERODIGIT_CONFIG", str(write(tmp_path / "empty.toml", "")))
        arguments = ["display", "--test", "--type", "bar", "--rounds", "1", "--step", "0.01"]
        assert main(arguments) == 0
        assert "bar 1 on GPIO2 (pin 3)" in capsys.readouterr().out.splitlines()


def test_every_display_has_a_name_and_pins_of_its_own():
    assert display_names() == ("seven_segment", "leds", "bcd", "terminal")
    assert all(issubclass(each, Display) for each in DISPLAYS)


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


def test_a_display_that_nobody_knows():
    with pytest.raises(
        ValueError, match=r"no display is called nixie; there are seven_segment,"
    ):
        open_displays(display_settings(type=("nixie",)))


def test_a_terminal_needs_no_pins():
    code = (
        "import sys; from pi.devices.displays.registry import *;"
        "open_displays(display_settings(type=('terminal',))).show(3);"
        "sys.exit(bool({'gpiozero', 'numpy'} & set(sys.modules)))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=CHECKOUT, capture_output=True, text=True
    )
    assert (done.returncode, done.stdout) == (0, "digit 3\n")
