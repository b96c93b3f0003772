"""The status LED: the appliance is alive, and what came of a button.

=========  ===================================================================
heartbeat  a short blink every two seconds
trouble    quickly on and off
learning   slowly on and off
waiting    lit, and off for a moment every two seconds: labels wait for the card
right      one flash: labelled, and on the card; a long one for a long press
wrong      two flashes: likewise, or the next guess is shown; long ones for a
           long press
not yet    three flashes: understood, and not yet on the card
nothing    a flutter: no digit was shown that could be right or wrong, or it is
           not kept
=========  ===================================================================
"""

from __future__ import annotations

import enum
import itertools
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Any, Literal

from pi.devices.displays.lamps import Lamps, Lit, Pattern
from pi.devices.pins import Use
from pi.devices.settings import setting

Answer = Literal["right", "wrong", "not yet", "nothing"]

_ON: Lit = (True,)
_OFF: Lit = (False,)
_FLASH_S = 0.2
_LONG_FLASH_S = 0.6
_FLASHES = {"right": 1, "wrong": 2, "not yet": 3}
_FLUTTER_S = 0.08
_FLUTTERS = 4
# The pause around the flashes, so that they stand out from a pattern that blinks itself.
_PAUSE_S = 0.3


@dataclass(frozen=True, kw_only=True)
class StatusLedSettings:
    """The status LED's pin, by BCM number, or None, and whether a high pin lights it."""

    status: int | None = setting(
        26, 'The status LED ("none": there is none), and whether a high pin lights it.'
    )
    status_active_high: bool = setting(True)


class Mode(enum.Enum):
    """What the LED says when no button was pressed."""

    OFF = "off"
    ON = "on"
    HEARTBEAT = "heartbeat"
    TROUBLE = "trouble"
    LEARNING = "learning"
    WAITING = "waiting"


PATTERNS = {
    Mode.OFF: Pattern((_OFF,)),
    Mode.ON: Pattern((_ON,)),
    # As long as a slow frame takes to read, or the loop would miss it now and then.
    Mode.HEARTBEAT: Pattern((_ON, *[_OFF] * 9), 0.2),
    Mode.TROUBLE: Pattern((_ON, _OFF), 0.15),
    Mode.LEARNING: Pattern((_ON, _OFF), 1.0),
    Mode.WAITING: Pattern((_OFF, *[_ON] * 9), 0.2),
}


class StatusLed(AbstractContextManager["StatusLed"]):
    """The status LED on its pin, or one that is not there if the pin is None.

    Nothing changes but by :meth:`tick`.

    Attributes
    ----------
    mode : what it says when no button was pressed.

    Raises
    ------
    DeviceError : no GPIO here, or the pin is in use.
    """

    @staticmethod
    def uses(settings: StatusLedSettings) -> list[Use]:
        """Its pin, if it has one."""
        pin = settings.status
        return [] if pin is None else [Use(pin, "the status LED", "display", "status")]

    def __init__(self, settings: StatusLedSettings, pin_factory: Any = None) -> None:
        self._lamps = Lamps(
            [use.pin for use in self.uses(settings)],
            "the status LED",
            active_high=settings.status_active_high,
            pin_factory=pin_factory,
        )
        self.mode = Mode.OFF
        self._begun: float | None = None
        # An answer that begins with the next tick: until how many s after that, and lit or not.
        self._requested: list[tuple[float, Lit]] = []
        # What is left of the one that was begun: until when, and lit or not.
        self._answer: list[tuple[float, Lit]] = []

    def show(self, mode: Mode) -> None:
        """Blink by this mode from now on."""
        if mode is not self.mode:
            self.mode = mode
            self._begun = None

    def acknowledge(self, answer: Answer, long: bool = False) -> None:
        """Flash once for right, twice for wrong, three times for not yet, flutter for nothing;
        then go on as before."""
        if answer == "nothing":
            flashes = [(_FLUTTER_S, _ON), (_FLUTTER_S, _OFF)] * _FLUTTERS
        else:
            length = _LONG_FLASH_S if long else _FLASH_S
            flashes = [(length, _ON), (_FLASH_S, _OFF)] * _FLASHES[answer]
        lengths, lit = zip((_PAUSE_S, _OFF), *flashes, (_PAUSE_S, _OFF), strict=True)
        self._requested = list(zip(itertools.accumulate(lengths), lit, strict=True))

    def tick(self, time: float) -> None:
        """Move on to ``time``, in seconds of a clock that never goes back."""
        if self._requested:
            self._answer = [(time + end, lit) for end, lit in self._requested]
            self._requested = []
        while self._answer and time >= self._answer[0][0]:
            del self._answer[0]
        if self._begun is None:
            self._begun = time
        pattern = PATTERNS[self.mode]
        self._lamps.light(
            self._answer[0][1] if self._answer else pattern.at(time - self._begun)
        )

    def close(self) -> None:
        """Go dark and let the pin go. May be called again."""
        self._lamps.light(_OFF)
        self._lamps.close()

    def __exit__(self, *_: object) -> None:
        self.close()
