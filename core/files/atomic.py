"""Files that are replaced whole or not at all, whatever happens while they are written."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO

from core.errors import StorageError


@contextmanager
def write_atomically(path: str | os.PathLike[str]) -> Iterator[BinaryIO]:
    """Yield a binary file that takes the place of `path` when the block ends well.

    The data are on the disk before the old file is replaced, and the new name is before the
    block is left: after a power cut there is the old file or the new one, never a part. If
    the block raises, or the disk is full, the old file stays and nothing is left beside it.

    In a folder that hands its group on (setgid), that group may read and write the file.

    Raises StorageError, with the path and the cause, if the file cannot be written.
    """
    target = Path(path)
    temporary = target.with_name(f".{target.name}.{os.urandom(8).hex()}.tmp")
    made = False
    try:
        with open(temporary, "wb", opener=_create) as file:
            made = True
            if os.stat(target.parent).st_mode & stat.S_ISGID:
                # Whatever the umask of whoever writes: others of the group share the folder.
                os.fchmod(file.fileno(), 0o660)
            yield file
            file.flush()
            os.fsync(file.fileno())
        os.replace(temporary, target)
        _sync_folder(target.parent)
    except OSError as error:
        cause = error.strerror or str(error)
        message = f"{target}: cannot be written ({cause}); nothing was changed"
        raise StorageError(message) from error
    finally:
        if made:
            with suppress(OSError):
                os.unlink(temporary)


def _create(path: str, flags: int) -> int:
    """A file that is new, under a name nobody knew: in a folder that others may write, what is
    there already may be a link to something that they may not."""
    return os.open(path, flags | os.O_EXCL | os.O_NOFOLLOW, 0o666)


def _sync_folder(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
