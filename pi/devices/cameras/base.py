"""The ``Camera`` protocol, and the cameras there are by name.

Whatever the camera, ``rotate``, ``flip`` and ``crop`` turn its picture the right way up.

A camera's module, and with it whatever library its hardware needs, is imported when that camera
is opened: a laptop never looks for ``picamera2``, and ``--help`` never loads numpy.
"""

from __future__ import annotations

import difflib
from dataclasses import dataclass
from importlib import import_module
from types import TracebackType
from typing import TYPE_CHECKING, Any, Protocol, Self, runtime_checkable

from core.errors import CameraError
from pi.devices.closing import Closing

if TYPE_CHECKING:
    from typing import TypeAlias

    import numpy as np
    from numpy.typing import NDArray

    Frame: TypeAlias = NDArray[np.uint8]

# name -> module and class
_CAMERAS = {
    "files": ("pi.devices.cameras.files", "FilesCamera"),
    "picamera2": ("pi.devices.cameras.picamera2", "Picamera2Camera"),
    "scene": ("pi.devices.cameras.scene", "SceneCamera"),
}


class EndOfFrames(Exception):
    """A camera that plays something has come to its end. Not an error, and not a digit."""


@dataclass(frozen=True)
class Sheet:
    """What lies before a camera that plays something: for whoever checks the reading.

    ``number`` counts from 1, ``name`` tells it from others, ``digit`` is what is written on
    it, None where nobody knows.
    """

    number: int
    name: str
    digit: int | None = None


@runtime_checkable
class Camera(Protocol):
    """Something that gives frames. A context manager; ``close`` may be called again."""

    def capture(self) -> Frame:
        """Give the next frame, uint8 of shape (h, w), 0 = black.

        Raises
        ------
        EndOfFrames
            There are no more, as agreed: a folder was played once.
        CameraError
            There is no frame where one should be.
        """

    def close(self) -> None:
        """Let the device go."""

    def __enter__(self) -> Self: ...

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None: ...


class ClosingCamera(Closing):
    """What cameras share: they close once, when leaving a ``with`` or when told.

    ``varies`` says that frames may be of different sizes; of a camera that does not say so,
    a frame of another size than the first is cut short.
    """

    varies = False
    _closed = False

    def close(self) -> None:
        self._closed = True

    def _check_open(self) -> None:
        if self._closed:
            raise CameraError(f"{type(self).__name__} is closed; open it again to go on")


def camera_names() -> list[str]:
    """The names that :func:`open_camera` knows."""
    return sorted(_CAMERAS)


def open_camera(
    name: str,
    *,
    rotate: int = 0,
    flip: str = "none",
    crop: tuple[float, float, float, float] = (0.0, 0.0, 1.0, 1.0),
    **options: Any,
) -> Camera:
    """Open a camera by name; ``options`` are the arguments of its class.

    ``rotate``, ``flip`` and ``crop`` : see :class:`pi.devices.cameras.transform.Transform`.

    Raises
    ------
    CameraError
        There is no camera of that name, or it cannot be opened.
    ValueError
        An option has an impossible value.
    """
    from pi.devices.cameras.transform import Transform, TransformedCamera

    transform = Transform(rotate, flip, crop)
    if name not in _CAMERAS:
        near = difflib.get_close_matches(name, _CAMERAS, n=1, cutoff=0.5)
        hint = f"; did you mean {near[0]!r}?" if near else ""
        raise CameraError(f"no camera {name!r} among {', '.join(camera_names())}{hint}")
    module, kind = _CAMERAS[name]
    make = getattr(import_module(module), kind)
    if transform.changes_nothing:
        camera: Camera = make(**options)
        return camera
    if getattr(make, "transforms", False):
        transformed: Camera = make(transform=transform, **options)
        return transformed
    return TransformedCamera(make(**options), transform)
