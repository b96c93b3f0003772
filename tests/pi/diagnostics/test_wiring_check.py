"""The wiring check on gpiozero's mock pins."""

from __future__ import annotations

import pytest

from pi.devices.buttons import ButtonSettings
from pi.devices.displays.section import display_settings
from pi.devices.panel import Panel
from pi.diagnostics.wiring_check import WiringCheck

SEGMENTS = (5, 6, 12, 13, 16, 19, 20, 21)
ALL_STATES = [*(f"digit {digit}" for digit in range(10)), "unsure", "error", "learning", "dark"]


class Film:
    """A clock that only sleeping moves. It records the pins, and presses at given times."""

    def __init__(self, factory, fingers=()):
        self.factory = factory
        self.now = 1000.0
        self.start = self.now
        self.fingers = list(fingers)
        self.seen = []
        self.status = []
        settings = display_settings()
        panel = Panel(settings, ButtonSettings())
        self.check = WiringCheck(panel, settings, lambda: self.now, self.sleep)

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
