"""Files that the user named: through symbolic links, and into devices and pipes.

`write_atomically` puts a new file in the place of whatever bears the name, which is right
where others could have laid a link there. Whoever says ``--out LINK`` means the file behind
the link: the link stays, and its target is replaced whole. Whoever says ``--out -`` or
``--out /dev/stdout`` or names a FIFO means to write into it.

A link that another user has laid where many may write is not followed: the rule of the
kernel's ``protected_symlinks``, here for folders without the sticky bit and for root, too.
"""

from __future__ import annotations

import errno
import io
import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from core.errors import StorageError
from core.files.atomic import write_atomically

LONGEST_CHAIN = 40
"""Links that are followed one after another, as by the kernel."""

STDOUT = "-"
"""A name of standard output; the whole path of a file of that name is one of the file."""

_OTHER = "give another name"


@dataclass(frozen=True)
class Place:
    """Where an output goes.

    Attributes
    ----------
    path : the file behind all links; it need not be there.
    through : whether it is a device, a pipe or an open file, and is written into; any other
        is replaced whole.
    like : status of a file whose mode and owner the new one gets.
    """

    path: Path
    through: bool = False
    like: os.stat_result | None = None


def place_of(path: str | os.PathLike[str]) -> Place:
    """The place that `write_output` writes to. Raises StorageError if there can be none."""
    if os.fspath(path) == STDOUT and os.isatty(1):
        raise StorageError("standard output is a terminal; send it into a file or a pipe")
    with _named(path):
        target, status = _behind_links(_path(path))
        if status is not None and stat.S_ISDIR(status.st_mode):
            raise StorageError(f"{target}: is a folder; give the name of a file")
        if _is_on(target.parent, "/proc"):
            return Place(target, through=True)
        if status is None or stat.S_ISREG(status.st_mode):
            if _is_for_devices(target.parent):
                raise StorageError(f"{target}: no file is made among the devices; give another")
            kept = status if status and _is_trusted(status, target) else None
            return Place(target, like=kept)
        if stat.S_ISBLK(status.st_mode):
            raise StorageError(f"{target}: is a disk; give the name of a file")
        if not _is_trusted(status, target):
            raise StorageError(f"{target}: another user laid it where many may write; {_OTHER}")
        return Place(target, through=True)


@contextmanager
def write_output(path: str | os.PathLike[str]) -> Iterator[BinaryIO]:
    """Yield a binary file whose content is at `path` when the block ends well.

    A symbolic link stays, and the file behind it is replaced whole, or made. It keeps its
    mode and, where root writes, its owner. A device, a pipe and an open file (``/dev/fd/3``)
    are written into when the block ends; none is replaced, and none is made in ``/dev``.

    Raises StorageError, with the path and the cause.
    """
    place = place_of(path)
    if not place.through:
        with write_atomically(place.path, place.like) as file:
            yield file
        return
    content = io.BytesIO()
    yield content
    with _named(path), open(_open(place.path), "wb") as file:
        file.write(content.getbuffer())
        file.flush()
        if stat.S_ISREG(os.fstat(file.fileno()).st_mode):
            os.fsync(file.fileno())


def is_standard_output(path: str | os.PathLike[str]) -> bool:
    """Whether a path leads into the pipe or the file that standard output is."""
    try:
        there, ours = os.stat(_path(path)), os.fstat(1)
    except OSError:
        return False
    return os.path.samestat(there, ours) and not stat.S_ISCHR(ours.st_mode)


def _path(path: str | os.PathLike[str]) -> Path:
    return Path("/dev/stdout" if os.fspath(path) == STDOUT else path)


@contextmanager
def _named(path: str | os.PathLike[str]) -> Iterator[None]:
    try:
        yield
    except StorageError:
        raise
    except OSError as error:
        cause = error.strerror or str(error)
        raise StorageError(f"{os.fspath(path)}: cannot be written ({cause})") from error


def _behind_links(path: Path) -> tuple[Path, os.stat_result | None]:
    """The path that a chain of links leads to, and its status if it is there."""
    for _ in range(LONGEST_CHAIN + 1):
        if _is_on(path.parent, "/proc"):
            return path, os.stat(path)  # what looks like a link there is an open file
        try:
            handle = os.open(path, os.O_PATH | os.O_NOFOLLOW | os.O_CLOEXEC)
        except FileNotFoundError:
            return path, None
        try:
            # Of the very link whose owner is looked at: the name may have another by now.
            status = os.fstat(handle)
            if not stat.S_ISLNK(status.st_mode):
                return path, status
            if not _is_trusted(status, path):
                raise StorageError(
                    f"{path}: a link that another user laid where many may write is not "
                    f"followed; {_OTHER}"
                )
            path = path.parent / os.readlink("", dir_fd=handle)
        finally:
            os.close(handle)
    raise OSError(errno.ELOOP, os.strerror(errno.ELOOP))


def _is_trusted(status: os.stat_result, path: Path) -> bool:
    """Whether what is at `path` was laid by who runs this, by root, or by the folder's owner;
    in a folder that nobody else may write it was."""
    folder = os.stat(path.parent)
    owners = (os.geteuid(), 0, folder.st_uid)
    return not folder.st_mode & 0o022 or status.st_uid in owners


def _is_on(folder: Path, top: str) -> bool:
    """Whether a folder is on the file system that `top` is on, and that is not the root's."""
    try:
        system = os.stat(top).st_dev
        return os.stat(folder).st_dev == system != os.stat("/").st_dev
    except FileNotFoundError:
        return False


def _is_for_devices(folder: Path) -> bool:
    """Whether it is on the file system of ``/dev``; ``/dev/shm`` is on another. Where there is
    none for ``/dev`` alone, as in a chroot, whether it is in there."""
    if _is_on(folder, "/dev"):
        return True
    inside = folder.resolve().is_relative_to("/dev") and os.path.isdir(folder)
    return inside and os.stat(folder).st_dev == os.stat("/dev").st_dev


def _open(path: Path) -> int:
    """What is written into. An open file of this process is taken as it is: its offset, and
    who may open it, are whoever's who opened it."""
    if path.name.isdecimal() and path.parent.samefile("/proc/self/fd"):
        return os.dup(int(path.name))
    is_open = _is_on(path.parent, "/proc")
    follow = 0 if is_open else os.O_NOFOLLOW
    flags = os.O_WRONLY | os.O_APPEND | os.O_NOCTTY | os.O_CLOEXEC | follow
    handle = os.open(path, flags)
    if not is_open and stat.S_ISREG(os.fstat(handle).st_mode):
        os.close(handle)
        raise OSError(errno.EAGAIN, "somebody has put a file there just now", os.fspath(path))
    return handle
