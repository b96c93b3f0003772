"""The displays there are, by name. A display's module is imported only when it is needed.

To add a display, write its class beside the others and its line here: its settings, its part of
the template, its pins and its patterns go with the class.
"""

from __future__ import annotations

import pkgutil
from typing import TYPE_CHECKING, Any, TypeAlias

if TYPE_CHECKING:
    from pi.devices.displays.base import Display

    DisplayClass: TypeAlias = type[Display[Any]]

DISPLAYS = {
    "seven_segment": "pi.devices.displays.seven_segment:SevenSegmentDisplay",
    "leds": "pi.devices.displays.leds:LedsDisplay",
    "bcd": "pi.devices.displays.bcd:BcdDisplay",
    "terminal": "pi.devices.displays.terminal:TerminalDisplay",
}
"""The class of each display, by its name under ``[display] type``."""


def display_class(name: str) -> DisplayClass:
    """The class of a display. Raises ValueError if there is no display of that name."""
    if name not in DISPLAYS:
        raise ValueError(f"no display is called {name}; there are {', '.join(DISPLAYS)}")
    found: DisplayClass = pkgutil.resolve_name(DISPLAYS[name])
    return found
