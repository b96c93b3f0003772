"""Camera of the settings, and how long it may take under the watchdog."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from pi.devices.cameras import registry
from pi.devices.cameras.base import Camera
from pi.devices.cameras.source import FrameSource

if TYPE_CHECKING:
    from pi.config.schema import CameraSection
    from pi.system.clock import Clock

FIRST_PAUSE_S = 1.0
"""A camera that failed is opened again after so long; the pause doubles with each failure."""

LONGEST_PAUSE_S = 60.0
"""No pause is longer, however often it failed."""

LONGEST_OPENING_S = 60.0
"""A camera that takes longer to open is said to hang."""

WATCHDOG_SHARE = 0.35
"""A pause and the opening after it may each take this share of the watchdog's time: so the
loop comes round in time however ill the camera is."""


def camera_options(section: CameraSection) -> dict[str, Any]:
    """The arguments of :func:`pi.devices.cameras.registry.open_camera`, besides the name."""
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
    for name in ("mains_hz", "exposure", "lens_position"):
        options[name] = getattr(section, name)
    if section.rate:
        options["rate"] = section.rate
    return options


def open_camera(section: CameraSection) -> Camera:
    """Open the camera of the settings. Raises CameraError."""
    return registry.open_camera(section.type, **camera_options(section))


def limits(section: CameraSection, watchdog_s: float | None) -> dict[str, Any]:
    """How long a :class:`FrameSource` waits: it says something within ``watchdog_s``."""
    share_s = float("inf") if watchdog_s is None else watchdog_s * WATCHDOG_SHARE
    longest_s = min(LONGEST_PAUSE_S, share_s)
    return {
        "timeout_s": min(2 * section.timeout_s, share_s),
        "open_timeout_s": min(LONGEST_OPENING_S, share_s),
        "retry": (min(FIRST_PAUSE_S, longest_s), longest_s),
    }


def frame_source(
    section: CameraSection,
    clock: Clock,
    watchdog_s: float | None = None,
    open: Callable[[CameraSection], Camera] = open_camera,
) -> FrameSource:
    """The frames of the camera of the settings, opened by ``open``."""
    return FrameSource(lambda: open(section), clock=clock, **limits(section, watchdog_s))
