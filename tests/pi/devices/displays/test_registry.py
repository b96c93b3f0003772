from __future__ import annotations

import contextlib
import subprocess
import sys
import tomllib
from dataclasses import dataclass
from pathlib import Path

import pytest

from core.errors import ConfigError
from pi import config
from pi.cli import main
from pi.devices.displays.base import Display, DisplaySettings, State
from pi.devices.displays.lamps import LampDisplay, Pattern
from pi.devices.displays.registry import DISPLAYS, display_class
from pi.devices.panel import Panel
from pi.devices.pins import row
from pi.devices.settings import setting

CHECKOUT = Path(__file__).resolve().parents[4]


@dataclass(frozen=True, kw_only=True)
class BarSettings(DisplaySettings):
    bar: tuple[int, ...] = setting(
        tuple(range(2, 12)), "The pins of ten LEDs, the lowest first."
    )


class BarDisplay(LampDisplay[BarSettings]):
    """As many of ten LEDs lit as the digit says: a display that is not there yet."""

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
    monkeypatch.setitem(DISPLAYS, "bar", f"{__name__}:BarDisplay")


def write(path, text):
    path.write_text(text)
    return path


@pytest.mark.usefixtures("with_bar")
class TestAddingADisplayIsItsClassAndALine:
    def test_it_is_opened_as_a_file_says(self, tmp_path, levels):
        path = write(
            tmp_path / "mine.toml", "[display]\ntype = ['bar']\nbar = [2,3,4,7,8,9,10,11,14,15]"
        )
        loaded = config.load([path])
        pins = loaded.display.bar
        assert pins == (2, 3, 4, 7, 8, 9, 10, 11, 14, 15)
        with contextlib.closing(Panel(loaded.display, loaded.buttons)) as panel:
            assert [type(each) for each in panel.displays] == [BarDisplay]
            panel.show(3)
            assert levels(pins) == "1110000000"
        assert levels(pins) == "0000000000"

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


def test_the_displays_there_are():
    assert list(DISPLAYS) == ["seven_segment", "leds", "bcd", "terminal"]
    assert all(issubclass(display_class(name), Display) for name in DISPLAYS)


def test_a_display_that_nobody_knows():
    with pytest.raises(
        ValueError, match="no display is called nixie; there are seven_segment,"
    ):
        display_class("nixie")


def test_the_list_imports_no_display():
    code = (
        "import sys, pi.devices.displays.registry;"
        "print([name for name in sys.modules if name.startswith('pi.devices.displays.')])"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=CHECKOUT, capture_output=True, text=True
    )
    assert done.stdout == "['pi.devices.displays.registry']\n", done.stderr
