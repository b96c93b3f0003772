"""The ``Camera`` protocol, and the cameras there are by name.

Whatever the camera, ``rotate``, ``flip`` and ``crop`` turn its picture the right way up.

A camera's module, and with it whatever library its hardware needs, is imported when that camera
is opened: a laptop never looks for ``picamera2``, and ``--help`` never loads numpy.
"""

from __future__ import annotations

from dataclasses import dataclass
from types import TracebackType
from typing import TYPE_CHECKING, Protocol, Self, runtime_checkable

from core.errors import CameraError
from pi.devices.closing import Closing

if TYPE_CHECKING:
    from typing import TypeAlias

    import numpy as np
    from numpy.typing import NDArray

    Frame: TypeAlias = NDArray[np.uint8]


class EndOfFrames(Exception):
    """A camera that plays something has come to its end. Not an error, and not a digit."""


@dataclass(frozen=True)
class PlayedPicture:
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
