"""The settings under ``[display]``, composed of those of every display of the registry."""

from __future__ import annotations

import functools
from dataclasses import dataclass, make_dataclass
from typing import TYPE_CHECKING, Any

from pi.devices.displays.base import DisplaySettings
from pi.devices.displays.registry import DISPLAYS, display_class
from pi.devices.displays.status_led import StatusLedSettings
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


def chosen_displays(settings: DisplaySection) -> list[DisplayClass]:
    """The classes of the displays that ``settings.type`` names, each once."""
    return [display_class(name) for name in dict.fromkeys(settings.type)]
