"""``zerodigit display --test``."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from pi.cli import display, main
from pi.devices.buttons import ButtonSettings
from pi.devices.displays.registry import display_settings
from pi.devices.displays.status_led import StatusLed
from pi.devices.panel import Panel

CHECKOUT = Path(__file__).resolve().parents[3]
SEGMENTS = (5, 6, 12, 13, 16, 19, 20, 21)
ALL_STATES = [*(f"digit {digit}" for digit in range(10)), "unsure", "error", "learning", "dark"]
QUICK = ("--rounds", "1", "--step", "0.01")


pytestmark = pytest.mark.usefixtures("alone")


class Film:
    """A clock that only sleeping moves; at given times somebody presses. Looks at the pins."""

    def __init__(self, factory, fingers=()):
        self.factory = factory
        self.now = 1000.0
        self.start = self.now
        self.fingers = list(fingers)
        self.seen = []
        self.status = []
        settings = display_settings()
        panel = Panel(settings, ButtonSettings())
        status = StatusLed.uses(settings)
        self.check = display.WiringCheck(panel, status, lambda: self.now, self.sleep)

    def sleep(self, seconds):
        def levels(pins):
            return "".join(str(int(self.factory.pin(pin).state)) for pin in pins)

        for kept, now in ((self.seen, levels(SEGMENTS)), (self.status, levels([26]))):
            if not kept or kept[-1] != now:
                kept.append(now)
        self.now += seconds
        while self.fingers and self.now - self.start >= self.fingers[0][0]:
            _, pin, down = self.fingers.pop(0)
            pin = self.factory.pin(pin)
            (pin.drive_low if down else pin.drive_high)()


def test_every_segment_then_every_digit_is_lit(mock_factory, capsys):
    film = Film(mock_factory)
    film.check.run(1, 0.5)
    assert film.seen[:8] == ["".join("01"[a == b] for b in range(8)) for a in range(8)]
    assert film.seen[8] == "00000000"
    assert film.seen[9:19] == [
        "11111100", "01100000", "11011010", "11110010", "01100110",
        "10110110", "10111110", "11100000", "11111110", "11110110",
    ]  # fmt: skip
    moving = film.seen[19:]
    assert moving[-1] == "00000000"
    assert {"00000011", "00000010", "10011110", "10000000", "00000100"} <= set(moving)
    assert film.now - film.start == pytest.approx(0.5 * (8 + 1 + 10) + 2.0 * 4)
    lines = capsys.readouterr().out.splitlines()
    assert lines[:9] == [
        "segment a on GPIO5 (pin 29)",
        "segment b on GPIO6 (pin 31)",
        "segment c on GPIO12 (pin 32)",
        "segment d on GPIO13 (pin 33)",
        "segment e on GPIO16 (pin 36)",
        "segment f on GPIO19 (pin 35)",
        "segment g on GPIO20 (pin 38)",
        "the point on GPIO21 (pin 40)",
        "the status LED on GPIO26 (pin 37)",
    ]
    assert lines[9:] == ALL_STATES


def test_buttons_are_echoed_and_acknowledged_meanwhile(mock_factory, capsys):
    presses = [(6.0, 17, True), (6.2, 17, False), (8.0, 27, True), (9.9, 27, False)]
    film = Film(mock_factory, presses)
    film.check.run(1, 0.5)
    lines = capsys.readouterr().out.splitlines()
    echoed = [line for line in lines if line.startswith("button")]
    assert echoed == ["button right: short press", "button wrong: long press"]
    assert film.status.count("1") > 5


def test_rounds_are_counted(mock_factory, capsys):
    film = Film(mock_factory)
    film.check.run(3, 0.1)
    assert capsys.readouterr().out.splitlines().count("digit 7") == 3


@pytest.mark.parametrize(
    ("kind", "first", "count"),
    [
        ("seven_segment", "segment a on GPIO5 (pin 29)", 8),
        ("leds", "LED 0 on GPIO5 (pin 29)", 10),
        ("bcd", "BCD bit 8 on GPIO22 (pin 15)", 4),
    ],
)
def test_each_display_as_a_command(mock_factory, capsys, kind, first, count):
    assert main(["display", "--test", "--type", kind, *QUICK]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[:3] == [
        "pins by mock, which lights nothing",
        "buttons: right on GPIO17 (pin 11), wrong on GPIO27 (pin 13)",
        "Ctrl-C ends",
    ]
    assert lines[3] == first
    assert lines[3 + count] == "the status LED on GPIO26 (pin 37)"
    assert lines[4 + count :] == ALL_STATES
    assert {pin.function for pin in mock_factory.pins.values()} == {"input"}, "let go"


def test_several_at_once(mock_factory, capsys):
    types = ("--type", "seven_segment", "--type", "bcd", "--type", "terminal")
    assert main(["display", "--test", *types, *QUICK]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert len([line for line in lines if line.startswith("segment")]) == 7
    assert len([line for line in lines if line.startswith("BCD bit")]) == 4
    assert lines[-4:] == ["unsure", "error", "learning", "dark"]
    assert lines.count("digit 4") == 1


def test_the_settings_choose(mock_factory, capsys, tmp_path):
    mine = tmp_path / "mine.toml"
    mine.write_text('[display]\nsegments = [2, 3, 4, 5, 6, 7, 8]\npoint = "none"\n')
    assert main(["display", "--test", "--config", str(mine), *QUICK]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[3] == "segment a on GPIO2 (pin 3)"
    assert not any("the point" in line for line in lines)


def test_a_clash_is_one_line(capsys, mock_factory):
    assert main(["display", "--test", "--type", "leds", "--type", "bcd"]) == 2
    error = capsys.readouterr().err
    assert error.count("\n") == 1
    assert "GPIO22 (pin 15) is wanted by LED 8 and by BCD bit 8" in error


def test_without_gpio_it_is_one_line(capsys, monkeypatch):
    from gpiozero import Device

    monkeypatch.setattr(Device, "pin_factory", None)
    monkeypatch.delenv("GPIOZERO_PIN_FACTORY", raising=False)
    monkeypatch.setenv("LG_WD", "/tmp")
    monkeypatch.setitem(sys.modules, "lgpio", None)
    assert main(["display", "--test"]) == 5
    said = capsys.readouterr()
    assert said.err.count("\n") == 1
    assert said.err.startswith("zerodigit: error: no GPIO by lgpio")
    assert said.out == ""


def test_a_terminal_alone_needs_no_gpio(capsys, monkeypatch):
    monkeypatch.setitem(sys.modules, "gpiozero", None)
    assert main(["display", "--test", "--type", "terminal", *QUICK]) == 0
    assert capsys.readouterr().out.splitlines() == ALL_STATES


@pytest.mark.parametrize("arguments", [(), ("--test", "--type", "nixie"),
    ("--test", "--rounds", "0"), ("--test", "--step", "0")])  # fmt: skip
def test_usage(capsys, arguments):
    assert main(["display", *arguments]) == 2
    assert capsys.readouterr().err.count("\n") == 1


@pytest.mark.parametrize(("arguments", "code"), [((), 0), (("--rounds", "9"), 130)])
def test_ctrl_c_is_safe(arguments, code):
    """As a process: the pins are let go and nothing but the lines is said."""
    environment = {**os.environ, "GPIOZERO_PIN_FACTORY": "mock", "PYTHONPATH": str(CHECKOUT)}
    process = subprocess.Popen(
        [sys.executable, "-m", "pi.cli", "display", "--test", *arguments],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environment,
    )  # fmt: skip
    with process:
        for line in process.stdout:
            if line.startswith("segment"):
                break
        process.send_signal(signal.SIGINT)
        _, error = process.communicate(timeout=20)
    assert (process.returncode, error) == (code, "")


def test_pins_are_let_go_when_interrupted(mock_factory, monkeypatch):
    def interrupt(self, rounds, step_s):
        assert mock_factory.pin(5).function == "output"
        raise KeyboardInterrupt

    monkeypatch.setattr(display.WiringCheck, "run", interrupt)
    assert main(["display", "--test"]) == 0
    assert {pin.function for pin in mock_factory.pins.values()} == {"input"}
