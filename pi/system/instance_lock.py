"""Lock in the run folder, for one service at a time; it ends with its process."""

from __future__ import annotations

import fcntl
import os
import stat
from contextlib import suppress
from pathlib import Path
from typing import Self

from core.errors import ServiceError, StorageError
from pi.system import run_folder

# What lies there instead, as a link or a FIFO, is neither followed nor waited for.
_FLAGS = os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC


class InstanceLock:
    """Lock on ``folder``/lock, a file with the number of the process that holds it.

    The folder is made ready first, see :func:`pi.system.run_folder.prepare`. The kernel
    releases the lock however the process ends, so none is ever left behind.

    Raises
    ------
    ServiceError : another process holds it.
    StorageError : the folder cannot be made, or not be written to.
    """

    def __init__(self, folder: Path) -> None:
        self.path = folder / run_folder.LOCK
        self._handle: int | None = None
        try:
            run_folder.prepare(folder)
            handle = os.open(self.path, _FLAGS, 0o600)
            status = os.fstat(handle)
        except StorageError:
            raise
        except OSError as error:
            raise StorageError(
                f"{self.path}: cannot be made ({error.strerror}); run as the user of that "
                "folder, or choose another with --set service.run_folder=DIR"
            ) from error
        if not stat.S_ISREG(status.st_mode) or status.st_nlink != 1:
            os.close(handle)
            raise StorageError(f"{self.path}: somebody has put something else there just now")
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            holder = os.read(handle, 32).decode("ascii", "replace").strip()
            os.close(handle)
            process = f" as process {holder}" if holder else ""
            raise ServiceError(
                f"zerodigit runs already{process} (it holds {self.path}); there is one camera "
                "and one display, so stop it first: sudo systemctl stop zerodigit"
            ) from None
        for pipe in folder.glob(".lgd-nfy*"):
            # lgpio's, of the process before, or what somebody has put there instead.
            with suppress(OSError):
                run_folder.clear(pipe)
        os.ftruncate(handle, 0)
        os.write(handle, f"{os.getpid()}\n".encode())
        self._handle = handle

    def close(self) -> None:
        """Release it. May be called again. The file stays: to unlink it would be a race."""
        if self._handle is not None:
            with suppress(OSError):
                os.ftruncate(self._handle, 0)
            os.close(self._handle)
            self._handle = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *reason: object) -> None:
        self.close()
