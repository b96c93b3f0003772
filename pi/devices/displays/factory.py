"""The displays that the settings ask for, opened."""

from __future__ import annotations

import contextlib
from typing import Any, TextIO

from pi.devices import pins
from pi.devices.displays.base import Display
from pi.devices.displays.group import SeveralDisplays
from pi.devices.displays.terminal import TerminalDisplay


def open_displays(
    settings: pins.DisplayPins, *, stream: TextIO | None = None, pin_factory: Any = None
) -> SeveralDisplays:
    """Open every display that ``settings.type`` names, as one.

    Nothing stays open if one of them cannot be.

    Parameters
    ----------
    settings : a :class:`pi.devices.pins.DisplaySettings`, or a section of a configuration like
        it.
    stream : where the terminal display writes; standard output by default.
    pin_factory : gpiozero's, for tests.

    Raises
    ------
    pi.devices.pins.PinError : a pin that is not there or has two users.
    DeviceError : no GPIO here, or a pin is in use.
    """
    pins.check(pins.uses(settings))
    with contextlib.ExitStack() as stack:
        displays = [
            stack.enter_context(open_display(name, settings, stream, pin_factory))
            for name in dict.fromkeys(settings.type)
        ]
        stack.pop_all()
    return SeveralDisplays(displays)


def open_display(
    name: str, settings: pins.DisplayPins, stream: TextIO | None = None, pin_factory: Any = None
) -> Display:
    """Open one display, by its name in :data:`pi.devices.pins.TYPES`; errors as above."""
    wired: dict[str, Any] = {
        "active_high": settings.active_high,
        "pin_factory": pin_factory,
    }
    if name == "seven_segment":
        from pi.devices.displays.seven_segment import SevenSegmentDisplay

        return SevenSegmentDisplay(settings.segments, settings.point, **wired)
    if name == "leds":
        from pi.devices.displays.leds import LedsDisplay

        return LedsDisplay(settings.leds, **wired)
    if name == "bcd":
        from pi.devices.displays.bcd import BcdDisplay

        return BcdDisplay(settings.bcd, **wired)
    if name == "terminal":
        return TerminalDisplay(stream)
    raise ValueError(f"no display is called {name}; there are {', '.join(pins.TYPES)}")
