"""The base class of every camera.

Whatever the camera, ``rotate``, ``flip`` and ``crop`` turn its picture the right way up.

A camera's module, and with it whatever library its hardware needs, is imported when that camera
is opened: a laptop never looks for ``picamera2``, and ``--help`` never loads numpy.
"""

from __future__ import annotations

from abc import abstractmethod
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar, Self

from core.errors import CameraError

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


class Camera(AbstractContextManager["Camera"]):
    """Something that gives frames. It is closed once, at the end of a ``with`` or by ``close``.

    Attributes
    ----------
    varies : whether frames may be of different sizes; of any other camera, a frame of another
        size than the first is cut short.
    transforms : whether its class takes a ``transform`` and applies it without a copy.
    picture : what the last frame shows, of a camera that plays something.
    """

    varies: bool = False
    transforms: ClassVar[bool] = False
    picture: PlayedPicture | None = None
    _closed = False

    @abstractmethod
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
        """Let the device go. May be called again."""
        self._closed = True

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _check_open(self) -> None:
        if self._closed:
            raise CameraError(f"{type(self).__name__} is closed; open it again to go on")
