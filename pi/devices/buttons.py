"""The buttons "right" and "wrong", and the presses of them, short or long.

The pins are read once in each round of the loop: no thread, no edge detection, which costs a
Pi Zero more than it gives and which emulated boards do not have.
"""

from __future__ import annotations

import contextlib
from dataclasses import dataclass
from typing import Any, Literal

from pi.devices import gpio
from pi.devices.pins import Use
from pi.devices.settings import between, setting

Name = Literal["right", "wrong"]
NAMES: tuple[Name, Name] = ("right", "wrong")


@dataclass(frozen=True, kw_only=True)
class ButtonSettings:
    """The settings under ``[buttons]``: pins by BCM number, or None; times in s."""

    right: int | None = setting(
        17, 'The pins of the buttons, each to ground ("none": there is none).'
    )
    wrong: int | None = setting(27)
    debounce_s: float = between(
        0,
        1,
        default=0.03,
        help="For how long contacts may bounce, and from how long on a press is a long one.",
    )
    long_s: float = between(0.1, 60, default=1.0)
    remember_s: float = between(
        0,
        3600,
        default=20.0,
        help="A press is about the digit last shown, up to so long after it went dark.",
    )


@dataclass(frozen=True)
class Press:
    """A button was pressed.

    Attributes
    ----------
    button : ``"right"`` or ``"wrong"``.
    long : whether it was, or still is, held for a second, or for what ``long_s`` says.
    time : when it went down, s.
    """

    button: Name
    long: bool
    time: float


class Contact:
    """Presses from the levels of one button's pin, read now and then.

    A change counts at once, and for ``debounce_s`` after it nothing does. The other way, to
    wait until the level has stayed, would lose a tap between two readings of the pin while a
    frame is being read; and what bounce there is comes after the first touch, never before it.

    A press is complete when the button is let go, or, a long one, as soon as it has been held
    for ``long_s``. A button that is down from the start is stuck or wired wrongly, and counts
    only once it has been up.
    """

    def __init__(self, button: Name, debounce_s: float, long_s: float) -> None:
        self._button = button
        self._debounce_s = debounce_s
        self._long_s = long_s
        self._seen_up = False
        self._down_since: float | None = None
        self._reported = False
        self._changed_at = float("-inf")

    def update(self, down: bool, time: float) -> Press | None:
        """Take the level read at ``time`` (s); give the press that it completes."""
        if not self._seen_up:
            self._seen_up = not down
            return None
        since = self._down_since
        if down != (since is not None) and time - self._changed_at >= self._debounce_s:
            self._changed_at = time
            if since is None:
                self._down_since, self._reported = time, False
                return None
            self._down_since = None
            if not self._reported:
                return Press(self._button, time - since >= self._long_s, since)
            return None
        if down and since is not None and not self._reported and time - since >= self._long_s:
            self._reported = True
            return Press(self._button, True, since)
        return None


class Buttons(contextlib.AbstractContextManager["Buttons"]):
    """The buttons on their pins, each to ground, pulled up inside the Pi.

    Raises
    ------
    DeviceError : no GPIO here, or a pin is in use.
    """

    @staticmethod
    def uses(settings: ButtonSettings) -> list[Use]:
        """The pins of the buttons that there are."""
        return [Use(pin, f"button {name}", "buttons", name) for name, pin in _wired(settings)]

    def __init__(self, settings: ButtonSettings, pin_factory: Any = None) -> None:
        self._inputs: list[tuple[Any, Contact]] = []
        wired = _wired(settings)
        if not wired:
            return
        factory = gpio.open_factory() if pin_factory is None else pin_factory
        from gpiozero import InputDevice

        with contextlib.ExitStack() as stack:
            for name, pin in wired:
                with gpio.claiming([pin], f"button {name}"):
                    device = InputDevice(pin, pull_up=True, pin_factory=factory)
                stack.callback(device.close)
                contact = Contact(name, settings.debounce_s, settings.long_s)
                self._inputs.append((device, contact))
            stack.pop_all()

    def poll(self, time: float) -> list[Press]:
        """Read the pins now, at ``time`` (s); the presses that are complete by then."""
        presses = (contact.update(device.is_active, time) for device, contact in self._inputs)
        return [press for press in presses if press is not None]

    def close(self) -> None:
        """Let the pins go. May be called again."""
        for device, _ in self._inputs:
            device.close()
        self._inputs = []

    def __exit__(self, *_: object) -> None:
        self.close()


def _wired(settings: ButtonSettings) -> list[tuple[Name, int]]:
    pins = [(name, getattr(settings, name)) for name in NAMES]
    return [(name, pin) for name, pin in pins if pin is not None]
