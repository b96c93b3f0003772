"""The parts of the appliance, made as the settings say."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from pi.devices.cameras.base import Camera
from pi.devices.cameras.factory import open_camera
from pi.devices.cameras.source import FrameSource

if TYPE_CHECKING:
    from pi.config.schema import CameraSection
    from pi.system.clock import Clock

_log = logging.getLogger(__name__)

_FIRST_PAUSE_S = 1.0
LONGEST_PAUSE_S = 60.0
LONGEST_OPENING_S = 60.0

# Of the watchdog's time: of a pause and a try to open after it, each may take this share, so
# that there is a sign of life in time however ill the camera is.
_WATCHDOG_SHARE = 0.35


def camera_options(section: CameraSection) -> dict[str, Any]:
    """The arguments of :func:`pi.devices.cameras.factory.open_camera`, besides the name."""
    options: dict[str, Any] = {
        "rotate": section.rotate,
        "flip": section.flip,
        "crop": section.crop,
    }
    if section.type == "files":
        options |= {
            "path": section.path,
            "hold": section.hold,
            "loop": section.loop,
            "shuffle": section.seed if section.shuffle else None,
            "rate": section.rate or None,
        }
        return options
    options["size"] = section.size[::-1]
    if section.type == "scene":
        return options | {"seed": section.seed, "style": section.style}
    options |= {"number": section.number, "timeout_s": section.timeout_s}
    if section.rate:
        options["rate"] = section.rate
    return options


def camera_opener(section: CameraSection) -> Callable[[], Camera]:
    """A function that opens the camera of the settings."""
    return lambda: open_camera(section.type, **camera_options(section))


def limits(section: CameraSection, watchdog_s: float | None) -> dict[str, Any]:
    """How long a :class:`FrameSource` waits: it says something within ``watchdog_s``."""
    share_s = float("inf") if watchdog_s is None else watchdog_s * _WATCHDOG_SHARE
    longest_s = min(LONGEST_PAUSE_S, share_s)
    return {
        "timeout_s": min(2 * section.timeout_s, share_s),
        "open_timeout_s": min(LONGEST_OPENING_S, share_s),
        "retry": (min(_FIRST_PAUSE_S, longest_s), longest_s),
    }


def frame_source(
    section: CameraSection, clock: Clock, watchdog_s: float | None = None
) -> FrameSource:
    """The frames of the camera of the settings."""
    return FrameSource(camera_opener(section), clock=clock, **limits(section, watchdog_s))
