"""``zerodigit display``: check the wiring of lights and buttons.

examples:
  zerodigit display                     what the settings say is on which pin
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
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from pi.cli import flags
from pi.cli.errors import INTERRUPTED, OK
from pi.devices.displays.registry import DISPLAYS

if TYPE_CHECKING:
    from pi.devices.buttons import ButtonSettings

_STEP_S = 0.5


def add_parser(subparsers: Any) -> None:
    """Add the command and its arguments."""
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
    add("--test", action="store_true", help="light everything, instead of listing the pins")
    add(
        "--type",
        action="append",
        choices=DISPLAYS,
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
    """Run the check, or list the pins; OK, or INTERRUPTED if Ctrl-C came before ``--rounds``
    were over."""
    from pi.devices.panel import Panel, uses
    from pi.diagnostics.wiring_check import WiringCheck

    settings = flags.load_settings(args, {"display.type": args.type} if args.type else {})
    display, buttons = settings.display, settings.buttons
    if not args.test:
        print(f"[display] type: {', '.join(display.type)}")
        for use in uses(display, buttons):
            print(f"{use.where}: {use.name}, {use.key} under [{use.section}]")
        return OK
    if set(display.type) == {"terminal"}:
        # It must work where there are no pins.
        display = replace(display, status=None)
        buttons = replace(buttons, right=None, wrong=None)
    else:
        _introduce(buttons)
    try:
        with contextlib.closing(Panel(display, buttons)) as panel:
            WiringCheck(panel, display).run(args.rounds, args.step)
    except KeyboardInterrupt:
        return OK if args.rounds is None else INTERRUPTED
    return OK


def _introduce(buttons: ButtonSettings) -> None:
    from pi.devices import gpio
    from pi.devices.buttons import Buttons

    gpio.open_factory()
    name = gpio.factory_name()
    print(f"pins by {name}" + (", which lights nothing" if name == "mock" else ""))
    wired = [f"{use.key} on {use.where}" for use in Buttons.uses(buttons)]
    if wired:
        print(f"buttons: {', '.join(wired)}")
    print("Ctrl-C ends", flush=True)
