"""A lock on a folder: one process at a time changes what is in it."""

from __future__ import annotations

import fcntl
import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from core.errors import ServiceError, StorageError

WAIT_S = 10.0
"""Time to wait for another process; whoever may write the folder may hold its lock for ever."""

_TRY_EVERY_S = 0.05


@contextmanager
def locked(
    folder: Path,
    busy: str | None = None,
    wait_s: float = WAIT_S,
    sleep: Callable[[float], object] = time.sleep,
) -> Iterator[None]:
    """Hold the lock of a folder, which is made if it is not there.

    The kernel releases it when the process ends, however it does.

    busy : the text of the error if another process holds it; by default, wait for that one.
    wait_s : time to wait at most.

    Raises
    ------
    ServiceError : another process holds it, and ``busy`` was given; or holds it all the while.
    StorageError : the folder cannot be made or opened, or a link or a file is there instead.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC)
    except OSError as error:
        if os.path.islink(folder):
            why = "is a link, not a folder: remove it"
        else:
            why = f"cannot be written ({error.strerror})"
        raise StorageError(f"{folder}: {why}; nothing was changed") from error
    try:
        for left in range(0 if busy is not None else round(wait_s / _TRY_EVERY_S), -1, -1):
            with suppress(BlockingIOError):
                fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            if not left:
                held = f"{folder}: somebody else has been changing it for {wait_s:g} s"
                raise ServiceError(busy or f"{held}; nothing was changed, try again later")
            sleep(_TRY_EVERY_S)
        yield
    finally:
        os.close(handle)
