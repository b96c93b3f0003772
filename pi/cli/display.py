"""``zerodigit display``: check the wiring of lights and buttons.

examples:
  zerodigit display --test              the one of the settings, until Ctrl-C
  zerodigit display --test --type leds  another one, on its pins of the settings
  GPIOZERO_PIN_FACTORY=mock zerodigit display --test --rounds 1
                                        without a Raspberry Pi: lights nothing

Lights every segment, LED or bit by itself and says which pin it is on, then
the status LED, every digit and every state. Press the buttons meanwhile: each
press is named, and the status LED flashes once for right and twice for wrong,
longer for a press of a second or more.

A segment that stays dark, or lights at another's turn, is on another pin than
it should be. All lit but one: it is a common anode; set active_high = false
under [display]. The service holds the pins: stop it first with
`sudo systemctl stop zerodigit`.
"""

from __future__ import annotations

import argparse
import contextlib
import itertools
import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any

from pi.cli import flags
from pi.cli.errors import INTERRUPTED, OK
from pi.devices import gpio
from pi.devices.buttons import Buttons, ButtonSettings
from pi.devices.displays.base import State, words
from pi.devices.displays.lamps import LampDisplay
from pi.devices.displays.registry import display_names
from pi.devices.displays.status_led import Mode, StatusLed
from pi.devices.displays.terminal import TerminalDisplay
from pi.devices.panel import Panel
from pi.devices.pins import Use

_STEP_S = 0.5
# A moving pattern needs more time to be recognised than a digit.
_STEPS_OF_A_STATE = 4
_POLL_S = 0.02
# Dark comes last, so that the next round begins in it.
_STATES = (*range(10), State.UNSURE, State.ERROR, State.LEARNING, State.DARK)


def add_parser(subparsers: Any) -> None:
    """Say what the command takes."""
    parser = flags.add_command(
        subparsers,
        "display",
        run,
        __doc__,
        codes={
            5: "no pins for lights and buttons",
            130: "Ctrl-C before the rounds of --rounds were over",
        },
    )
    add = parser.add_argument
    add("--test", action="store_true", required=True, help="light everything; must be given")
    add(
        "--type",
        action="append",
        choices=display_names(),
        help="this display instead of the one in the settings; may be given again",
    )
    add("--rounds", type=flags.number(int, 1), metavar="N", help="stop after so many rounds")
    add(
        "--step",
        type=flags.number(float, 0.01, 60),
        default=_STEP_S,
        metavar="S",
        help=f"seconds for each light (default {_STEP_S:g})",
    )
    flags.add_settings(parser)


def run(args: argparse.Namespace) -> int:
    """Do it; 0, or 130 if Ctrl-C came before the rounds asked for were over."""
    settings = flags.load_settings(args, {"display.type": args.type} if args.type else {})
    display, buttons = settings.display, settings.buttons
    if set(display.type) == {TerminalDisplay.name}:
        # It must work where there are no pins.
        display = replace(display, status=None)
        buttons = replace(buttons, right=None, wrong=None)
    else:
        _introduce(buttons)
    try:
        with contextlib.closing(Panel(display, buttons)) as panel:
            WiringCheck(panel, StatusLed.uses(display)).run(args.rounds, args.step)
    except KeyboardInterrupt:
        return OK if args.rounds is None else INTERRUPTED
    return OK


def _introduce(buttons: ButtonSettings) -> None:
    gpio.open_factory()
    name = gpio.factory_name()
    print(f"pins by {name}" + (", which lights nothing" if name == "mock" else ""))
    wired = [f"{use.key} on {use.where}" for use in Buttons.uses(buttons)]
    if wired:
        print(f"buttons: {', '.join(wired)}")
    print("Ctrl-C ends", flush=True)


@dataclass
class WiringCheck:
    """Lights one lamp after another, and reads the buttons meanwhile.

    ``status`` is the pin of the status LED, if it has one.
    """

    panel: Panel
    status: list[Use]
    clock: Callable[[], float] = time.monotonic
    sleep: Callable[[float], None] = time.sleep
    _state: int | State = field(default=State.DARK, init=False)

    def run(self, rounds: int | None, step_s: float) -> None:
        """Go round so often, or for ever; ``step_s`` seconds for each light."""
        for _ in itertools.count() if rounds is None else range(rounds):
            self._round(step_s)

    def _round(self, step_s: float) -> None:
        for display in self.panel.display.displays:
            if isinstance(display, LampDisplay):
                self._lamps(display, step_s)
        for use in self.status:
            self._say(f"{use.name} on {use.where}")
            self.panel.led.show(Mode.ON)
            self._wait(step_s)
        self.panel.led.show(Mode.HEARTBEAT)
        for state in _STATES:
            if self._terminal is None:
                self._say(words(state))
            self._state = state
            self.panel.display.show(state)
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
        displays = self.panel.display.displays
        return next((each for each in displays if isinstance(each, TerminalDisplay)), None)

    def _say(self, text: str) -> None:
        if self._terminal is None:
            print(text, flush=True)
            return
        self._terminal.note(text)
        self._terminal.show(self._state)
