from __future__ import annotations

import pytest

from core.errors import DeviceError
from pi.devices.buttons import Buttons, ButtonSettings, Press

PINS = {"right": 17, "wrong": 27}


class Finger:
    """Presses and lets go at given times, while a loop polls."""

    def __init__(self, factory, every=0.02, **settings):
        self.pins = {name: factory.pin(pin) for name, pin in PINS.items()}
        self.buttons = Buttons(ButtonSettings(**settings))
        self.every = every
        self.time = 100.0
        self.poll()

    def poll(self):
        return self.buttons.poll(self.time)

    def run(self, *changes, until):
        """changes: (seconds, button, down), in order; all that was heard, with the time."""
        heard = []
        pending = list(changes)
        start = self.time
        while self.time - start < until:
            while pending and pending[0][0] <= self.time - start + 1e-9:
                _, name, down = pending.pop(0)
                pin = self.pins[name]
                (pin.drive_low if down else pin.drive_high)()
            heard += [(press, round(self.time - start, 3)) for press in self.poll()]
            self.time += self.every
        assert not pending
        return heard


@pytest.fixture
def finger(mock_factory):
    return Finger(mock_factory)


@pytest.mark.parametrize("name", PINS)
def test_a_short_press_is_complete_when_it_is_let_go(finger, name):
    heard = finger.run((0.1, name, True), (0.3, name, False), until=3)
    assert heard == [(Press(name, False, pytest.approx(100.1)), pytest.approx(0.3, abs=0.021))]


@pytest.mark.parametrize("name", PINS)
def test_a_long_press_is_complete_while_it_lasts_and_once(finger, name):
    heard = finger.run((0.1, name, True), (4.0, name, False), until=6)
    assert heard == [(Press(name, True, pytest.approx(100.1)), pytest.approx(1.1, abs=0.021))]


@pytest.mark.parametrize(("held", "long"), [(0.9, False), (0.98, False), (1.02, True)])
def test_a_second_makes_the_difference(finger, held, long):
    heard = finger.run((0.1, "right", True), (0.1 + held, "right", False), until=3)
    assert [press.long for press, _ in heard] == [long]


def test_the_border_can_be_set(mock_factory):
    finger = Finger(mock_factory, long_s=0.4)
    heard = finger.run((0.1, "right", True), (0.6, "right", False), until=3)
    assert [press.long for press, _ in heard] == [True]


@pytest.mark.parametrize("every", [0.001, 0.004, 0.02, 0.05])
def test_contacts_that_bounce_are_one_press(mock_factory, every):
    finger = Finger(mock_factory, every=every)
    down = [(0.100 + n * 0.002, "right", n % 2 == 0) for n in range(13)]
    up = [(0.300 + n * 0.002, "right", n % 2 == 1) for n in range(13)]
    heard = finger.run(*down, *up, until=2)
    assert [(press.button, press.long) for press, _ in heard] == [("right", False)]


def test_contacts_that_bounce_do_not_cut_a_long_press(mock_factory):
    finger = Finger(mock_factory, every=0.001)
    down = [(0.100 + n * 0.002, "wrong", n % 2 == 0) for n in range(13)]
    heard = finger.run(*down, (2.0, "wrong", False), until=3)
    assert [(press.button, press.long) for press, _ in heard] == [("wrong", True)]


def test_three_taps_are_three_presses(finger):
    taps = [(0.1 + 0.2 * n, "wrong", n % 2 == 0) for n in range(6)]
    heard = finger.run(*taps, until=3)
    assert [(press.button, press.long) for press, _ in heard] == [("wrong", False)] * 3


def test_a_tap_between_two_slow_frames_is_heard(mock_factory):
    # The loop reads a frame for 150 ms, and the tap takes no longer.
    finger = Finger(mock_factory, every=0.15)
    heard = finger.run((0.14, "right", True), (0.29, "right", False), until=2)
    assert len(heard) == 1


def test_a_long_press_that_ended_between_two_readings_is_long(mock_factory):
    finger = Finger(mock_factory, every=1.5)
    heard = finger.run((1.4, "right", True), (2.9, "right", False), until=9)
    assert [press.long for press, _ in heard] == [True]


def test_both_at_once_are_two_presses(finger):
    heard = finger.run(
        (0.1, "right", True), (0.12, "wrong", True),
        (0.3, "right", False), (0.32, "wrong", False), until=2,
    )  # fmt: skip
    assert [press.button for press, _ in heard] == ["right", "wrong"]


def test_a_button_that_is_stuck_says_nothing_until_it_has_been_up(mock_factory):
    # The pull-up is strong enough for nobody: hold it down again as soon as it is claimed.
    buttons = Buttons(ButtonSettings())
    pin = mock_factory.pin(17)
    pin.drive_low()
    assert [buttons.poll(time) for time in (0.0, 1.0, 60.0)] == [[], [], []]
    pin.drive_high()
    assert buttons.poll(61.0) == []
    pin.drive_low()
    assert buttons.poll(62.0) == []
    pin.drive_high()
    assert buttons.poll(62.5) == [Press("right", False, 62.0)]


def test_pins_are_pulled_up_and_watch_no_edges(finger):
    for pin in finger.pins.values():
        assert (pin.function, pin.pull, pin.when_changed) == ("input", "up", None)


def test_one_button_or_none(mock_factory):
    assert Buttons(ButtonSettings(right=None, wrong=None)).poll(0.0) == []
    assert mock_factory.pins == {}
    buttons = Buttons(ButtonSettings(right=None))
    assert buttons.poll(0.0) == []
    assert list(mock_factory.pins) == [mock_factory.pin(27).info]


def test_a_pin_in_use_names_the_button_and_lets_the_other_go(mock_factory):
    from gpiozero import LED

    with LED(27), pytest.raises(DeviceError, match=r"button wrong cannot have GPIO27 \(pin 13"):
        Buttons(ButtonSettings())
    Buttons(ButtonSettings()).close()


def test_closing_again_is_nothing(finger):
    finger.buttons.close()
    finger.buttons.close()
    assert finger.poll() == []
