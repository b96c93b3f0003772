"""The buttons "right" and "wrong", and what a press is about.

The pins are looked at whenever the loop comes by: no thread, no edge detection, which costs a
Pi Zero more than it gives and which emulated boards do not have.
"""

from __future__ import annotations

import contextlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from pi.devices import gpio
from pi.devices.closing import Closing
from pi.devices.pins import ButtonPins

if TYPE_CHECKING:
    pass

Name = Literal["right", "wrong"]
NAMES: tuple[Name, Name] = ("right", "wrong")


@dataclass(frozen=True)
class Press:
    """A button was pressed.

    Attributes
    ----------
    button : ``"right"`` or ``"wrong"``.
    long : whether it was, or still is, held for a second or what was set.
    time : when it went down, s.
    """

    button: Name
    long: bool
    time: float


class Contact:
    """Presses from the levels of one button's pin, looked at now and then.

    A change counts at once, and for ``debounce_s`` after it nothing does. The other way, to
    wait until the level has stayed, would lose a tap between two looks while a frame is being
    read; and what bounce there is comes after the first touch, never before it.

    A press is told when the button is let go, or, a long one, as soon as it has been held for
    ``long_s``. A button that is down from the start is stuck or wired wrongly, and counts only
    once it has been up.
    """

    def __init__(self, button: Name, debounce_s: float, long_s: float) -> None:
        self._button = button
        self._debounce_s = debounce_s
        self._long_s = long_s
        self._seen_up = False
        self._down_since: float | None = None
        self._told = False
        self._changed_at = float("-inf")

    def look(self, down: bool, time: float) -> Press | None:
        """Take the level seen at ``time`` (s); give the press that it completes."""
        if not self._seen_up:
            self._seen_up = not down
            return None
        since = self._down_since
        if down != (since is not None) and time - self._changed_at >= self._debounce_s:
            self._changed_at = time
            if since is None:
                self._down_since, self._told = time, False
                return None
            self._down_since = None
            if not self._told:
                return Press(self._button, time - since >= self._long_s, since)
            return None
        if down and since is not None and not self._told and time - since >= self._long_s:
            self._told = True
            return Press(self._button, True, since)
        return None


class Buttons(Closing):
    """The buttons on their pins, each to ground, pulled up inside the Pi.

    Raises
    ------
    DeviceError : no GPIO here, or a pin is in use.
    """

    def __init__(self, config: ButtonPins, pin_factory: Any = None) -> None:
        self._inputs: list[tuple[Any, Contact]] = []
        wanted = [(name, getattr(config, name)) for name in NAMES]
        if all(pin is None for _, pin in wanted):
            return
        factory = gpio.open_factory() if pin_factory is None else pin_factory
        from gpiozero import InputDevice

        with contextlib.ExitStack() as stack:
            for name, pin in wanted:
                if pin is None:
                    continue
                with gpio.claiming([pin], f"button {name}"):
                    device = InputDevice(pin, pull_up=True, pin_factory=factory)
                stack.callback(device.close)
                contact = Contact(name, config.debounce_s, config.long_s)
                self._inputs.append((device, contact))
            stack.pop_all()

    def poll(self, time: float) -> list[Press]:
        """Look at the pins now, at ``time`` (s); the presses that are complete by it."""
        looks = (contact.look(device.is_active, time) for device, contact in self._inputs)
        return [press for press in looks if press is not None]

    def close(self) -> None:
        """Let the pins go. May be called again."""
        for device, _ in self._inputs:
            device.close()
        self._inputs = []
