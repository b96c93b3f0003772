"""The buttons "right" and "wrong", and what a press is about.

The pins are looked at whenever the loop comes by: no thread, no edge detection, which costs a
Pi Zero more than it gives and which emulated boards do not have.
"""

from __future__ import annotations

import contextlib
from collections import deque
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Literal

from pi.devices import gpio
from pi.devices.closing import Closing
from pi.devices.displays.base import State
from pi.devices.pins import ButtonPins

if TYPE_CHECKING:
    from pi.service.voting import Shown

Name = Literal["right", "wrong"]
NAMES: tuple[Name, Name] = ("right", "wrong")

REMEMBER_S = 20.0


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


@dataclass(frozen=True)
class LastShown:
    """What a press is about.

    Attributes
    ----------
    shown : the digit that was shown, or UNSURE with its guesses.
    since : when it was first shown, s.
    until : when it was gone, s; None while it is being shown.
    """

    shown: Shown
    since: float
    until: float | None = None

    @property
    def digit(self) -> int | None:
        """The digit, or None if all that was shown was that it is unsure."""
        return self.shown.digit


class Memory:
    """Remembers what was shown last, since nobody can press while holding paper still.

    What is shown is judged. When it is dark, the last digit is, for ``remember_s`` seconds:
    the last since it was dark before, so that a sheet that became unreadable on its way out is
    still known by its digit, and a sheet that never was read hides an older one.
    """

    # A press is told when the button is let go, and by then other things may have been shown.
    _KEPT = 16

    def __init__(self, remember_s: float = REMEMBER_S) -> None:
        self._remember_s = remember_s
        # Each with the number of the bright spell, between dark and dark, that it was shown in.
        self._spells: deque[tuple[int, LastShown]] = deque(maxlen=self._KEPT)
        self._spell = 0

    def see(self, shown: Shown, time: float) -> None:
        """Take what is shown from ``time`` (s) on; with every frame or with every change."""
        last = self._spells[-1][1] if self._spells else None
        lit = last is not None and last.until is None
        if last is not None and lit:
            if last.shown.state == shown.state:
                self._spells[-1] = (self._spell, replace(last, shown=shown))
                return
            self._spells[-1] = (self._spell, replace(last, until=time))
        if isinstance(shown.state, State) and shown.state is not State.UNSURE:
            self._spell += lit
            return
        self._spells.append((self._spell, LastShown(shown, time)))

    def at(self, time: float) -> LastShown | None:
        """What a press at ``time`` (s) is about; None if there is nothing, or too long ago."""
        known = [(spell, last) for spell, last in self._spells if last.since <= time]
        if not known:
            return None
        newest_spell, newest = known[-1]
        if newest.until is None or newest.until > time:
            return newest
        if time - newest.until > self._remember_s:
            return None
        spell = [last for number, last in known if number == newest_spell]
        digits = [last for last in spell if last.digit is not None]
        return digits[-1] if digits else newest
