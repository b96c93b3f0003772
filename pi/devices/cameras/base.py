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
    """A camera that plays pictures has played the last one. Not an error."""


@dataclass(frozen=True)
class PlayedPicture:
    """The picture that a camera plays: a file, or a simulated sheet. To check readings by.

    Attributes
    ----------
    number : its place in what was played, from 1.
    name : a file's path, or ``sheet 3``.
    digit : what is written on it, or None where that is not known.
    """

    number: int
    name: str
    digit: int | None = None


class Camera(AbstractContextManager["Camera"]):
    """Gives frames, one at a call, until it is closed by ``close`` or at the end of a ``with``.

    Attributes
    ----------
    varies : whether frames may be of different sizes; of any other camera, a frame of another
        size than the first is cut short.
    transforms : whether its class takes a ``transform`` and applies it without a copy.
    picture : which picture the last frame is of; None for a camera that plays none.
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
