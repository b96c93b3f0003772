"""``zerodigit display --test``."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from pi.cli import main
from pi.diagnostics.wiring_check import WiringCheck

CHECKOUT = Path(__file__).resolve().parents[3]
ALL_STATES = [*(f"digit {digit}" for digit in range(10)), "unsure", "error", "learning", "dark"]
QUICK = ("--rounds", "1", "--step", "0.01")


pytestmark = pytest.mark.usefixtures("alone")


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


@pytest.mark.parametrize("arguments", [("--test", "--type", "nixie"),
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

    monkeypatch.setattr(WiringCheck, "run", interrupt)
    assert main(["display", "--test"]) == 0
    assert {pin.function for pin in mock_factory.pins.values()} == {"input"}


def test_the_pins_of_the_settings_are_listed_without_gpio(capsys):
    assert main(["display", "--type", "leds"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[:2] == ["[display] type: leds", "GPIO5 (pin 29): LED 0, leds under [display]"]
    assert lines[-1] == "GPIO27 (pin 13): button wrong, wrong under [buttons]"
    assert len(lines) == 1 + 10 + 3
