"""The parts of the appliance, made as the settings say."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from core.errors import ModelFormatError
from pi.devices.cameras.base import Camera, open_camera
from pi.devices.cameras.source import FrameSource
from pi.models.registry import Store

if TYPE_CHECKING:
    from core.reading.reader import Reader
    from pi.config import Config
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
    """The arguments of :func:`pi.devices.cameras.base.open_camera`, besides the name."""
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


@dataclass(frozen=True)
class Weights:
    """What reads: the reader, the file it came from, what that file says of itself, and which
    version it is (empty for a file that the settings name)."""

    reader: Reader
    path: str
    info: dict[str, Any]
    version: str = ""

    @property
    def scores(self) -> dict[str, Any]:
        """What the file says that it scored."""
        return {name: value for name, value in self.info.items() if _is_score(name, value)}


def load_weights(path: str = "") -> Weights:
    """Load a model file, or the one that came with the program.

    Raises
    ------
    ModelFormatError : it is damaged, or for another program.
    """
    from core import modelfile, pretrained
    from core.reading.reader import Reader

    path = path or str(pretrained.PATH)
    model = modelfile.load(path)
    try:
        return Weights(Reader.of(model), path, model.info)
    except (ModelFormatError, TypeError, ValueError) as error:
        raise ModelFormatError(f"{path}: {error}") from None


def weights_store(config: Config) -> Store | None:
    """The versions to read with; None where the settings name a file."""
    return None if config.service.weights else Store.of(config)


def load_weights_or(path: str, known: Weights | None) -> Weights:
    """Load them; if they are damaged say so, and take ``known`` ones or those that came along.

    Raises
    ------
    ModelFormatError : those that came along are damaged.
    """
    try:
        return load_weights(path)
    except ModelFormatError as error:
        if not path:
            raise
        instead = load_weights() if known is None else known
        _log.error("%s; reading with %s instead", error, instead.path)
        return instead


def _is_score(name: str, value: Any) -> bool:
    return isinstance(value, float) and name.endswith(("accuracy", "score", "crops"))
