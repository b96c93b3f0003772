"""Files that the user named, opened for reading: regular ones, and what comes by standard
input, a pipe or a FIFO.

`open_regular` refuses a pipe, which is right where a program meets a name in somebody's folder.
Whoever says ``photo.jpg``, ``-``, ``/dev/stdin``, ``/dev/fd/3`` or the name of a FIFO means
what comes out of it.
"""

from __future__ import annotations

import errno
import io
import os
import select
import stat
from contextlib import suppress
from typing import BinaryIO

from core.files.foreign import UnfitFileError, open_regular

STDIN = "-"
"""A name of standard input; a file of that name is ``./-``."""

PATIENCE_S = 3.0
"""A FIFO that nobody has opened to write into is waited for so long."""

_CHUNK = 1 << 16


def shown(path: str | os.PathLike[str]) -> str:
    """A path as messages have it."""
    return "standard input" if path == STDIN else os.fspath(path)


def open_named(
    path: str | os.PathLike[str], largest: int, patience_s: float = PATIENCE_S
) -> BinaryIO:
    """A file opened for reading, of known length; the caller closes it.

    largest : what comes by a pipe is read to its end, and refused if it has more bytes.

    Raises OSError with a cause for people in ``strerror``, as `read_bytes` does: of a pipe out
    of which nothing comes, a terminal, a FIFO that nobody writes into, a device.
    """
    name = os.fspath(path)
    number = _own_handle(name)
    if number is None and not stat.S_ISFIFO(os.stat(name).st_mode):
        return open_regular(name, follow=True)
    flags = os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC | os.O_NOCTTY
    handle = os.open(name, flags) if number is None else os.dup(number)
    with open(handle, "rb", buffering=0) as stream:
        if stat.S_ISREG(os.fstat(handle).st_mode):
            return os.fdopen(os.dup(handle), "rb")
        if stream.isatty():
            raise UnfitFileError(errno.ENOTTY, "is a terminal; send a file into it", name)
        return _read_through(handle, name, largest, patience_s if number is None else None)


def _own_handle(name: str) -> int | None:
    """The number of the file that this process has open and that a name stands for. It is
    taken as it is: to open it anew fails for sockets, and for pipes of another user."""
    if name == STDIN:
        return 0
    for _ in range(3):  # /dev/stdin leads to /proc/self/fd/0
        folder, last = os.path.split(name)
        try:
            if last.isdecimal() and len(last) < 8 and os.path.samefile(folder, "/proc/self/fd"):
                return int(last)
            name = os.path.join(folder, os.readlink(name))
        except (OSError, ValueError):
            break
    return None


def _read_through(handle: int, name: str, largest: int, patience_s: float | None) -> io.BytesIO:
    content, poller = io.BytesIO(), select.poll()
    poller.register(handle, select.POLLIN)
    if patience_s is not None and not poller.poll(patience_s * 1000):
        # It is at its end without a writer, and only empty with one.
        with suppress(BlockingIOError):
            if not content.write(os.read(handle, _CHUNK)):
                raise UnfitFileError(errno.EAGAIN, "nobody writes into it", name)
    while poller.poll() and (chunk := os.read(handle, _CHUNK)):
        content.write(chunk)
        if content.tell() > largest:
            raise UnfitFileError(errno.EFBIG, f"is larger than {largest >> 20} MiB", name)
    if not content.tell():
        raise UnfitFileError(errno.ENODATA, "nothing came out of it", name)
    content.seek(0)
    return content
