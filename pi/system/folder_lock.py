"""A lock on a folder: one process at a time changes what is in it."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from core.errors import ServiceError, StorageError


@contextmanager
def locked(folder: Path, busy: str | None = None) -> Iterator[None]:
    """Hold the lock of a folder, which is made if it is not there.

    The kernel releases it when the process ends, however it does.

    busy : the text of the error if another process holds it; by default, wait for that one.

    Raises
    ------
    ServiceError : another process holds it, and ``busy`` was given.
    StorageError : the folder cannot be made, or not be opened.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        handle = os.open(folder, os.O_RDONLY | os.O_CLOEXEC)
    except OSError as error:
        raise StorageError(
            f"{folder}: cannot be written ({error.strerror}); nothing was changed"
        ) from error
    try:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | (0 if busy is None else fcntl.LOCK_NB))
        except BlockingIOError:
            raise ServiceError(busy) from None
        yield
    finally:
        os.close(handle)
