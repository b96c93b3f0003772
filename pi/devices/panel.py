"""The panel: the displays, the status LED and the buttons, opened and closed as one."""

from __future__ import annotations

import contextlib
from typing import Any

from pi.devices import pins
from pi.devices.buttons import Buttons, ButtonSettings, Press
from pi.devices.displays.base import State
from pi.devices.displays.section import DisplaySection, chosen_displays
from pi.devices.displays.status_led import Answer, Mode, StatusLed

_MODES: dict[int | State, Mode] = {State.ERROR: Mode.TROUBLE, State.LEARNING: Mode.LEARNING}


def uses(display: DisplaySection, buttons: ButtonSettings) -> list[pins.Use]:
    """Every pin that these settings need: those of the displays chosen, and no others.

    Raises
    ------
    PinError : a display has too few pins, or too many.
    """
    lamps = [use for each in chosen_displays(display) for use in each.uses(display)]
    return [*lamps, *StatusLed.uses(display), *Buttons.uses(buttons)]


class Panel:
    """The parts of the settings, all opened or none.

    Attributes
    ----------
    state : the digit or state that is shown.
    displays, led, buttons : the parts; all displays show the same.

    Raises
    ------
    pi.devices.pins.PinError : a pin that is not there or has two users.
    DeviceError : no GPIO here, or a pin is in use.
    """

    def __init__(
        self, display: DisplaySection, buttons: ButtonSettings, pin_factory: Any = None
    ) -> None:
        self.state: int | State = State.DARK
        self._waits = False
        pins.check(uses(display, buttons))
        with contextlib.ExitStack() as stack:
            enter = stack.enter_context
            self.displays = [
                enter(each.open(display, pin_factory)) for each in chosen_displays(display)
            ]
            self.led = enter(StatusLed(display, pin_factory))
            self.buttons = enter(Buttons(buttons, pin_factory))
            self._stack = stack.pop_all()

    def show(self, state: int | State, detail: str = "") -> None:
        """Show a digit or a state; the status LED goes with it."""
        self.state = state
        for display in self.displays:
            display.show(state, detail)
        self._show_mode()

    def wait_for_card(self, waits: bool) -> None:
        """Say by the status LED, from now on, whether labels wait for the card."""
        self._waits = waits
        self._show_mode()

    def tick(self, time: float) -> None:
        """Move what blinks on to ``time`` (s)."""
        for display in self.displays:
            display.tick(time)
        self.led.tick(time)

    def poll(self, time: float) -> list[Press]:
        """The presses that are complete by ``time`` (s)."""
        return self.buttons.poll(time)

    def acknowledge(self, answer: Answer, long: bool) -> None:
        """Answer a press by the status LED."""
        self.led.acknowledge(answer, long)

    def _show_mode(self) -> None:
        mode = _MODES.get(self.state, Mode.HEARTBEAT)
        # Without a camera there is nothing to label.
        self.led.show(Mode.WAITING if self._waits and mode is not Mode.TROUBLE else mode)

    def close(self) -> None:
        """Go dark and let the pins go, even if one part raises. May be called again."""
        self._stack.close()
