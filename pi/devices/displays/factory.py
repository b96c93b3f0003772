"""The settings under ``[display]``, and the displays that they choose, opened.

The section is composed of the settings of every display of the registry.
"""

from __future__ import annotations

import contextlib
import functools
from dataclasses import dataclass, make_dataclass
from typing import TYPE_CHECKING, Any

from pi.devices import pins
from pi.devices.displays.base import DisplaySettings
from pi.devices.displays.group import SeveralDisplays
from pi.devices.displays.registry import DISPLAYS, display_class
from pi.devices.displays.status_led import StatusLed, StatusLedSettings
from pi.devices.settings import choice

if TYPE_CHECKING:
    from pi.devices.displays.registry import DisplayClass


@dataclass(frozen=True, kw_only=True)
class DisplaySection(StatusLedSettings, DisplaySettings):
    """The settings under ``[display]``: which displays, each one's own, and the status LED.

    Its instances are those of :func:`section_class`, which adds the settings of each display.
    """


def section_class() -> type[DisplaySection]:
    """The class of the settings under ``[display]``, with those of every display."""
    return _section_class(tuple(DISPLAYS))


@functools.cache
def _section_class(names: tuple[str, ...]) -> type[DisplaySection]:
    displays = {name: display_class(name) for name in names}
    *others, last = (
        f'"{name}"' + (f" ({each.about})" if each.about else "")
        for name, each in displays.items()
    )
    types = choice(
        *names,
        default=DisplaySettings.type,
        help=f"What lights up: {', '.join(others)} and {last}. "
        'Several at once: ["seven_segment", "terminal"].',
    )
    # A dataclass takes the fields of its last base first.
    own = [
        each.Settings
        for each in reversed(displays.values())
        if each.Settings is not DisplaySettings
    ]
    return make_dataclass(
        "DisplaySection",
        [("type", tuple[str, ...], types)],
        bases=(DisplaySection, *own),
        namespace={"__doc__": DisplaySection.__doc__},
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


def _chosen(settings: DisplaySection) -> list[DisplayClass]:
    """The displays named, each once."""
    return [display_class(name) for name in dict.fromkeys(settings.type)]
