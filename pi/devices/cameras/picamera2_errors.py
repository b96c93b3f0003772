"""The ``picamera2`` package: how it is loaded, opened and closed, and its errors in words.

Apart from the camera itself because all of it is about what goes wrong.
"""

from __future__ import annotations

import errno
import logging
import os
from dataclasses import dataclass
from typing import Any

from core.errors import CameraError
from pi.devices.imports import remedy

_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Library:
    """The two classes that are used of the ``picamera2`` package."""

    Picamera2: Any
    MappedArray: Any


def load_library() -> Library:
    """Import Picamera2, which takes a Zero many seconds. Raises CameraError."""
    # libcamera writes ten lines to stderr each time it is opened.
    os.environ.setdefault("LIBCAMERA_LOG_LEVELS", "*:WARN")
    try:
        from picamera2 import MappedArray, Picamera2
    except (Exception, SystemExit) as error:
        # Often "numpy.dtype size changed": pip's numpy beside apt's picamera2. Or any error of
        # what it imports in turn.
        helps = remedy(error, "picamera2", "--no-install-recommends python3-picamera2")
        raise CameraError(
            f"picamera2 cannot be loaded ({_line(error)}): {helps} (a venv must be made with "
            "--system-site-packages); without a camera, use the files or the scene camera"
        ) from error
    return Library(Picamera2, MappedArray)


def create(kind: Any, number: int) -> Any:
    """Make a Picamera2, and leave nothing open if that fails.

    Its constructor opens a pipe first and forgets it when it fails. An absent camera is tried
    for once a minute, for ever: in a day there would be no file left to open.
    """
    found = len(kind.global_camera_info())
    if number >= found:
        which = f"no camera {number} among {found}" if found else "no camera was found"
        raise CameraError(
            f"{which}: see that its cable sits well at both ends, contacts the right way, "
            "and start the Pi again; rpicam-hello --list-cameras shows what there is"
        )
    camera = kind.__new__(kind)
    try:
        camera.__init__(number)
    except BaseException:
        close(camera)
        pipe = getattr(camera, "notifymeread", None)
        if pipe is not None and not pipe.closed:
            pipe.close()
            os.close(camera.notifyme_w)
        raise
    return camera


def close(camera: Any) -> None:
    """Close a Picamera2, in whatever state it is."""
    try:
        camera.cancel_all_and_flush()
        camera.close()
    except Exception as error:
        _log.debug("closing the camera: %s", _line(error))


def explained(error: Exception) -> CameraError:
    """The error in words, with the remedy if it is a known one."""
    if isinstance(error, CameraError):
        return error
    if is_errno(error, errno.ENOMEM):
        return CameraError(
            "no memory for the camera (Errno 12): stop other programs that use the camera or "
            "much memory, or start the Pi again; zerodigit doctor shows what is free (CMA)"
        )
    if is_errno(error, errno.EBUSY):
        return CameraError(
            "the camera is in use by another program: stop it (sudo fuser -v /dev/video* "
            "names it), zerodigit has the camera to itself"
        )
    if is_errno(error, errno.EACCES):
        return CameraError(
            f"the camera may not be used ({_line(error)}): sudo usermod -aG video $USER, "
            "and log in again"
        )
    return CameraError(f"the camera failed: {'; '.join(map(_line, _chain(error)))}")


def is_errno(error: BaseException, number: int) -> bool:
    """Whether an error, or one that led to it, is this one of the system (``errno.EBUSY``).

    libcamera's errors come as RuntimeError with the system's words; Picamera2 puts its own
    in front of them.
    """
    words = os.strerror(number).lower()
    return any(
        getattr(each, "errno", None) == number or words in str(each).lower()
        for each in _chain(error)
    )


def _chain(error: BaseException) -> list[BaseException]:
    chain = [error]
    while (before := chain[-1].__cause__ or chain[-1].__context__) is not None:
        chain.append(before)
    return chain


def _line(error: BaseException) -> str:
    return " ".join(str(error).split()) or type(error).__name__
