"""Pictures from a disk instead of a camera: for a laptop, for tests, to reproduce a fault."""

from __future__ import annotations

import logging
import os
import random
import re
import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias

from core.errors import CameraError, ImageError
from core.files.foreign import absence
from pi.devices.cameras.base import Camera, EndOfFrames, PlayedPicture
from pi.system.systemd import hidden

if TYPE_CHECKING:
    from pi.devices.cameras.base import Frame

_log = logging.getLogger(__name__)

_Stamp: TypeAlias = tuple[Path, int, int]

SUFFIXES = (".png", ".jpg", ".jpeg", ".bmp", ".pgm", ".npy")


LARGEST_ARRAY = 50_000_000
"""An npy file of more pixels is left out."""


class FilesCamera(Camera):
    """Play a picture, or the pictures of a folder, as frames.

    A picture that cannot be read is left out, with one warning in the log. After the last one
    the folder is listed again: pictures that came meanwhile, or were written anew, are played
    before the end, and in every round that follows.

    Parameters
    ----------
    path : a picture (png, jpg, bmp, pgm, or npy holding uint8 of shape (h, w)), or a folder of
        them, taken by name with numbers in their order (``2.png`` before ``10.png``).
    loop : start again after the last picture; otherwise each is shown once, and then
        ``capture`` raises ``EndOfFrames``.
    shuffle : seed of a random order, another one in every round; None keeps the order.
    rate : frames a second, at most; None sets no limit.
    hold : frames of each picture, as if it were held in front of the camera.
    clock, sleep : a clock that never goes back, and waiting, both in seconds.

    Attributes
    ----------
    picture : that of the last frame, named by its path; None before the first.

    Raises
    ------
    CameraError
        The path does not exist, or holds no pictures; later, when none of them can be read,
        or all were removed.
    """

    varies = True

    def __init__(
        self,
        path: str | Path,
        *,
        loop: bool = False,
        shuffle: int | None = None,
        rate: float | None = None,
        hold: int = 1,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        if rate is not None and rate <= 0:
            raise ValueError(f"rate must be above 0 frames a second, not {rate}")
        if hold < 1:
            raise ValueError(f"hold must be at least 1 frame, not {hold}")
        self._path = Path(path)
        _list(self._path)
        self._loop = loop
        self._shuffle = shuffle
        self._period_s = 1 / rate if rate else 0.0
        self._hold = hold
        self._clock = clock
        self._sleep = sleep
        self._due: float | None = None
        self._round = 0
        self._queue: list[Path] = []
        self._read_in_round = True
        self._taken: set[_Stamp] = set()
        self._warned: set[Path] = set()
        self._frame: Frame | None = None
        self._held = 0
        self._shown = 0

    def capture(self) -> Frame:
        self._check_open()
        while self._frame is None or self._held >= self._hold:
            self._next_picture()
        self._held += 1
        self._wait()
        return self._frame

    def close(self) -> None:
        self._frame = None
        super().close()

    def _next_picture(self) -> None:
        if not self._queue:
            self._next_round()
        path = self._queue.pop()
        try:
            self._frame = _load(path, alone=path == self._path)
        except (ImageError, OSError) as error:
            if path not in self._warned:
                self._warned.add(path)
                _log.warning("left out: %s", error)
            return
        self._held = 0
        self._read_in_round = True
        self._shown += 1
        self.picture = PlayedPicture(self._shown, str(path))

    def _next_round(self) -> None:
        order = _list(self._path)
        if not self._read_in_round and (self._loop or not self._shown):
            raise CameraError(
                f"{self._path}: none of its {len(order)} pictures can be read; the log says why"
            )
        if not self._loop:
            order = self._not_yet_taken(order)
            if not order:
                raise EndOfFrames(f"{self._path}: all pictures were shown")
        if self._shuffle is not None:
            random.Random(f"{self._shuffle} {self._round}").shuffle(order)
        self._queue = order[::-1]
        self._round += 1
        self._read_in_round = False

    def _not_yet_taken(self, files: list[Path]) -> list[Path]:
        stamps = {_stamp(path): path for path in files}
        new = [path for stamp, path in stamps.items() if stamp not in self._taken]
        self._taken = set(stamps)
        return new

    def _wait(self) -> None:
        if not self._period_s:
            return
        now = self._clock()
        if self._due is not None and now < self._due:
            self._sleep(self._due - now)
            now = self._due
        self._due = now + self._period_s


def _stamp(path: Path) -> _Stamp:
    """Path, time and size of a file: another value once the file has been written anew."""
    try:
        status = path.stat()
    except OSError:
        return path, 0, 0
    return path, status.st_mtime_ns, status.st_size


def _list(path: Path) -> list[Path]:
    if os.path.isfile(path):
        return [path]
    if why := absence(path):
        raise CameraError(f"{path}: {why}; the files camera needs pictures{hidden(path)}")
    try:
        files = [each for each in path.iterdir() if each.suffix.lower() in SUFFIXES]
    except OSError as error:
        raise CameraError(f"{path}: no folder that can be listed ({error.strerror})") from None
    if not files:
        kinds = ", ".join(suffix[1:] for suffix in SUFFIXES)
        raise CameraError(f"{path}: no pictures in this folder ({kinds}); put some there")
    return sorted(files, key=_natural)


def _natural(path: Path) -> list[tuple[int, str]]:
    """Sort key: digits count as numbers, everything else as text."""
    parts = re.findall(r"\d+|\D+", path.name)
    return [(int(part), "") if part.isdecimal() else (-1, part) for part in parts]


def _load(path: Path, *, alone: bool) -> Frame:
    """The picture; one of a folder must be large enough to be read. Raises ImageError."""
    if path.suffix.lower() == ".npy":
        return _load_array(path)
    from core.vision import SMALLEST_SIDE
    from core.vision.imagefile import load_frame

    return load_frame(path, min_side=1 if alone else SMALLEST_SIDE)


def _load_array(path: Path) -> Frame:
    """The array of an npy file, if its header promises one of exactly the file's size."""
    import numpy as np
    from numpy.lib import format as npy

    from core.files.foreign import open_regular, printable

    headers = {(1, 0): npy.read_array_header_1_0, (2, 0): npy.read_array_header_2_0}
    try:
        with open_regular(path, follow=True) as file:
            shape, fortran, dtype = headers[npy.read_magic(file)](file)
            if dtype != np.uint8 or len(shape) != 2:
                raise ImageError(f"{path}: must hold one uint8 array of shape (h, w)")
            count = shape[0] * shape[1]
            if not count:
                raise ImageError(f"{path}: an empty array, no picture")
            if count > LARGEST_ARRAY or count != os.fstat(file.fileno()).st_size - file.tell():
                raise ImageError(f"{path}: its header promises {shape}, which it does not hold")
            frame = np.fromfile(file, np.uint8, count)
            return frame.reshape(shape, order="F" if fortran else "C")
    except OSError as error:
        raise ImageError(f"{path}: cannot be read: {error.strerror}") from error
    except ImageError:
        raise
    except Exception as error:  # of numpy's reader: ValueError, KeyError, MemoryError ...
        why = printable(str(error), 200)
        raise ImageError(f"{path}: not an npy file that can be read ({why})") from error
