"""The displays there are, the settings under ``[display]``, and those chosen there, opened.

To add a display, write its class beside the others and put it into :data:`DISPLAYS`: its
settings, its part of the template and its pins go with it.
"""

from __future__ import annotations

import contextlib
import functools
from dataclasses import dataclass, make_dataclass
from typing import Any, TypeAlias

from pi.devices import pins
from pi.devices.displays.base import Display, DisplaySettings
from pi.devices.displays.bcd import BcdDisplay
from pi.devices.displays.group import SeveralDisplays
from pi.devices.displays.leds import LedsDisplay
from pi.devices.displays.seven_segment import SevenSegmentDisplay
from pi.devices.displays.status_led import StatusLed, StatusLedSettings
from pi.devices.displays.terminal import TerminalDisplay
from pi.devices.settings import choice

AnyDisplay: TypeAlias = type[Display[Any]]

DISPLAYS: list[AnyDisplay] = [
    SevenSegmentDisplay,
    LedsDisplay,
    BcdDisplay,
    TerminalDisplay,
]


@dataclass(frozen=True, kw_only=True)
class DisplaySection(StatusLedSettings, DisplaySettings):
    """The settings under ``[display]``: which displays, each one's own, and the status LED.

    In use is always the subclass of :func:`section_class`, which has every display's own.
    """


def display_names() -> tuple[str, ...]:
    """What may stand under ``[display] type``."""
    return tuple(each.name for each in DISPLAYS)


def section_class() -> type[DisplaySection]:
    """The class of the settings under ``[display]``, with those of every display."""
    return _section_class(tuple(DISPLAYS))


@functools.cache
def _section_class(displays: tuple[AnyDisplay, ...]) -> type[DisplaySection]:
    known = [f'"{each.name}"' + (f" ({each.about})" if each.about else "") for each in displays]
    types = choice(
        *(each.name for each in displays),
        default=DisplaySettings.type,
        help=f"What lights up: {', '.join(known[:-1])} and {known[-1]}. "
        'Several at once: ["seven_segment", "terminal"].',
    )
    # A dataclass takes the fields of its last base first.
    own = [each.Settings for each in reversed(displays) if each.Settings is not DisplaySettings]
    return make_dataclass(
        "DisplaySection",
        [("type", tuple[str, ...], types)],
        bases=(DisplaySection, *own),
        frozen=True,
        kw_only=True,
    )


def display_settings(**values: Any) -> DisplaySection:
    """The settings under ``[display]``: these values, and the defaults of all others."""
    return section_class()(**values)


def display_uses(settings: DisplaySection) -> list[pins.Use]:
    """The pins of the displays chosen, without the status LED's. Raises PinError."""
    return [use for display in _chosen(settings) for use in display.uses(settings)]


def open_displays(settings: DisplaySection, pin_factory: Any = None) -> SeveralDisplays:
    """Open every display that ``settings.type`` names, as one.

    Nothing stays open if one of them cannot be.

    Parameters
    ----------
    settings : of :func:`display_settings`, or a configuration's.
    pin_factory : gpiozero's, for tests.

    Raises
    ------
    pi.devices.pins.PinError : a pin that is not there or has two users.
    DeviceError : no GPIO here, or a pin is in use.
    """
    pins.check([*display_uses(settings), *StatusLed.uses(settings)])
    with contextlib.ExitStack() as stack:
        displays = [
            stack.enter_context(display.open(settings, pin_factory))
            for display in _chosen(settings)
        ]
        stack.pop_all()
    return SeveralDisplays(displays)


def _chosen(settings: DisplaySection) -> list[AnyDisplay]:
    """The displays named, each once, in the order of their names."""
    known = {each.name: each for each in DISPLAYS}
    for name in settings.type:
        if name not in known:
            raise ValueError(f"no display is called {name}; there are {', '.join(known)}")
    return [known[name] for name in dict.fromkeys(settings.type)]
