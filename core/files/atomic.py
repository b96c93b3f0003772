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
def write_atomically(
    path: str | os.PathLike[str], like: os.stat_result | None = None
) -> Iterator[BinaryIO]:
    """Yield a binary file that takes the place of `path` when the block ends well.

    A symbolic link at `path` is replaced and never followed: in a folder that others may
    write it may be anybody's. For a path that the user named there is `write_output`.

    The data are on the disk before the old file is replaced, and the new name is before the
    block is left: after a power cut there is the old file or the new one, never a part. If
    the block raises, or the disk is full, the old file stays and nothing is left beside it.

    In a folder that hands its group on (setgid), that group may read and write the file; a
    folder that somebody of it has laid at `path` is moved aside, to a hidden name.

    like : status of a file whose mode, and where root writes, owner, the new one gets instead.

    Raises StorageError, with the path and the cause, if the file cannot be written.
    """
    target = Path(path)
    # Of a name of 255 bytes, which is as long as one may be, there is but a part.
    hidden = f".{target.name[:40]}.{os.urandom(8).hex()}"
    temporary = target.with_name(f"{hidden}.tmp")
    made = replaced = False
    try:
        shared = bool(os.stat(target.parent).st_mode & stat.S_ISGID)
        # New, under a name that nobody knew: what is there already may be anybody's link.
        flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
        handle = os.open(temporary, flags, 0o666 if like is None else 0o600)
        made = True
        with open(handle, "wb") as file:
            if like is not None:
                if os.geteuid() == 0:
                    os.fchown(file.fileno(), like.st_uid, like.st_gid)
                os.fchmod(file.fileno(), like.st_mode & 0o777)
            elif shared:
                # Whatever the umask of whoever writes: others of the group share the folder.
                os.fchmod(file.fileno(), 0o660)
            yield file
            file.flush()
            os.fsync(file.fileno())
        # The link first: what it leads to may be where this user may not even look.
        if shared and not os.path.islink(target) and os.path.isdir(target):
            os.rename(target, target.with_name(f"{hidden}.aside"))
        os.replace(temporary, target)
        replaced = True
        _sync_folder(target.parent)
    except OSError as error:
        cause = error.strerror or str(error)
        message = f"{target}: cannot be written ({cause}); this file is as it was"
        if replaced:
            message = f"{target}: is written, but may not outlast a power cut ({cause})"
        raise StorageError(message) from error
    finally:
        if made:
            with suppress(OSError):
                os.unlink(temporary)


def _sync_folder(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
