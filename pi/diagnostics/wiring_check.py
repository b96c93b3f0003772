"""The wiring check: each lamp by itself, then each digit and state, while buttons are read."""

from __future__ import annotations

import itertools
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from pi.devices.displays.base import State, words
from pi.devices.displays.lamps import LampDisplay
from pi.devices.displays.status_led import Mode, StatusLed
from pi.devices.displays.terminal import TerminalDisplay

if TYPE_CHECKING:
    from pi.devices.displays.section import DisplaySection
    from pi.devices.panel import Panel

# A moving pattern needs more time to be recognised than a digit.
_STEPS_OF_A_STATE = 4
_POLL_S = 0.02
# Dark comes last, so that the next round begins in it.
_STATES = (*range(10), State.UNSURE, State.ERROR, State.LEARNING, State.DARK)


@dataclass
class WiringCheck:
    """Lights one lamp after another, and reads the buttons meanwhile.

    Parameters
    ----------
    panel : opened.
    settings : those of the displays that the panel was opened with.
    clock, sleep : a clock that never goes back, and waiting, both in seconds.
    """

    panel: Panel
    settings: DisplaySection
    clock: Callable[[], float] = time.monotonic
    sleep: Callable[[float], None] = time.sleep
    _state: int | State = field(default=State.DARK, init=False)

    def run(self, rounds: int | None, step_s: float) -> None:
        """Go round so often, or for ever; ``step_s`` seconds for each light."""
        for _ in itertools.count() if rounds is None else range(rounds):
            self._round(step_s)

    def _round(self, step_s: float) -> None:
        for display in self.panel.displays:
            if isinstance(display, LampDisplay):
                self._lamps(display, step_s)
        for use in StatusLed.uses(self.settings):
            self._say(f"{use.name} on {use.where}")
            self.panel.led.show(Mode.ON)
            self._wait(step_s)
        self.panel.led.show(Mode.HEARTBEAT)
        for state in _STATES:
            if self._terminal is None:
                self._say(words(state))
            self._state = state
            for display in self.panel.displays:
                display.show(state)
            self._wait(step_s * (_STEPS_OF_A_STATE if isinstance(state, State) else 1))

    def _lamps(self, display: LampDisplay[Any], step_s: float) -> None:
        for place, use in enumerate(display.lamps):
            self._say(f"{use.name} on {use.where}")
            display.only(place)
            self._wait(step_s)
        display.show(State.DARK)

    def _wait(self, seconds: float) -> None:
        """Let the time go by, while patterns move and presses are answered."""
        until = self.clock() + seconds
        while (now := self.clock()) < until:
            self.panel.tick(now)
            for press in self.panel.poll(now):
                self._say(f"button {press.button}: {'long' if press.long else 'short'} press")
                self.panel.acknowledge(press.button, press.long)
            self.sleep(min(_POLL_S, until - now))

    @property
    def _terminal(self) -> TerminalDisplay | None:
        displays = self.panel.displays
        return next((each for each in displays if isinstance(each, TerminalDisplay)), None)

    def _say(self, text: str) -> None:
        if self._terminal is None:
            print(text, flush=True)
            return
        self._terminal.note(text)
        self._terminal.show(self._state)
