"""Reads files that somebody else may have laid, within bounds of size, depth and time.

In a folder that a group shares, any member may put a link, a FIFO, a folder or a huge file
where a program expects one of its own. Whatever lies there, it is not followed, not waited
for, and not read beyond its bound: the reader gets bytes or an OSError.

The standard library alone, and none of it slow to load.
"""

from __future__ import annotations

import errno
import json
import math
import os
import stat
from io import BufferedReader
from typing import Any

DEEPEST = 64
"""JSON that is nested more deeply is refused."""

LONGEST_NUMBER = 40
"""Numbers in JSON of more characters are refused; the states of numpy's generators have 39."""

_SPACES = "\N{NO-BREAK SPACE}\N{NARROW NO-BREAK SPACE}\N{IDEOGRAPHIC SPACE}"
"""Spaces of people's file names that Python does not count as printable."""


class UnfitFileError(OSError):
    """No regular file of bounded size, and so nothing that the program itself has written."""


class _FolderError(UnfitFileError, IsADirectoryError):
    """A folder."""


def open_regular(path: str | os.PathLike[str], *, follow: bool = False) -> BufferedReader:
    """A regular file opened for reading; the caller closes it. Refuses as `read_bytes` does."""
    return open(_opened(os.fspath(path), follow)[0], "rb")


def read_bytes(path: str | os.PathLike[str], largest: int, *, follow: bool = False) -> bytes:
    """The bytes of a regular file; of one that grows meanwhile, those that it had at first.

    largest : a file of more bytes is refused before it is read.
    follow : whether `path` may be a symbolic link, as one that the user named may be.

    Raises OSError, at once and with a cause for people in ``strerror``: FileNotFoundError and
    others of the kernel's, UnfitFileError for a link, a folder, a FIFO, a device, a huge file.
    """
    name = os.fspath(path)
    handle, size = _opened(name, follow)
    with open(handle, "rb") as file:
        if size > largest:
            raise UnfitFileError(errno.EFBIG, f"is larger than {_size(largest)}", name)
        return file.read(size)


def absence(path: str | os.PathLike[str]) -> str:
    """Why nothing is found at a path: that it is not there, or that this user may not look or
    the path makes no sense, in the system's words; "" if something is there."""
    try:
        os.stat(path)
    except FileNotFoundError:
        return "no such file or folder"
    except (OSError, ValueError) as error:
        return f"cannot be read ({getattr(error, 'strerror', None) or error})"
    return ""


def read_json(path: str | os.PathLike[str], largest: int) -> Any:
    """The JSON value in a file (see `read_bytes`). Raises OSError, ValueError."""
    return parse_json(read_bytes(path, largest))


def parse_json(data: bytes) -> Any:
    """The JSON value in UTF-8. Its numbers are finite, and short enough for any arithmetic.

    Raises ValueError if it is none, is nested too deeply or holds other numbers.
    """
    try:
        found = json.loads(
            data.decode("utf-8"),
            parse_float=_float,
            parse_int=lambda text: int(_short(text)),
            parse_constant=_float,
        )
    except RecursionError:
        raise ValueError("it is nested too deeply") from None
    level = [found]
    for _ in range(DEEPEST + 1):
        level = [child for each in level for child in _children(each)]
        if not level:
            return found
    raise ValueError("it is nested too deeply")


def is_number(value: Any, least: float, most: float) -> bool:
    """Whether a value from JSON is a number, and no truth value, from ``least`` to ``most``."""
    return isinstance(value, int | float) and type(value) is not bool and least <= value <= most


def is_integer(value: Any, least: int, most: int) -> bool:
    """Whether a value from JSON is a whole number from ``least`` to ``most``."""
    return type(value) is int and least <= value <= most


def escaped(text: str, keep: str = "") -> str:
    """A text in which whatever steers a terminal is written as in Python: ``\\x1b``, ``\\n``.

    That is each character that is not printable: control characters, those that turn the
    direction of writing, and others without a shape of their own; not spaces, nor what is in
    ``keep``. A byte of a file's name that is not UTF-8 (``os.fsdecode``) is written as
    ``\\xff``. Escaped once more, the text stays as it is.
    """
    if text.isprintable():
        return text
    return "".join(
        letter if letter.isprintable() or letter in keep or letter in _SPACES else _code(letter)
        for letter in text
    )


def printable(text: str, most: int) -> str:
    """A text in one line, escaped, cut to ``most`` characters; any white space is a space."""
    return escaped(" ".join(text.split()))[:most]


def _code(letter: str) -> str:
    number = ord(letter)
    if 0xDC80 <= number <= 0xDCFF:
        return f"\\x{number - 0xDC00:02x}"
    return letter.encode("unicode_escape").decode()


def _opened(name: str, follow: bool) -> tuple[int, int]:
    """Handle and size, bytes, of a regular file. Raises OSError."""
    flags = os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC | os.O_NOCTTY
    try:
        handle = os.open(name, flags if follow else flags | os.O_NOFOLLOW)
    except OSError as error:
        if error.errno == errno.ELOOP and not follow:
            raise UnfitFileError(errno.ELOOP, "is a symbolic link", name) from None
        if error.errno == errno.ENXIO:  # a socket, or a device without a driver
            raise UnfitFileError(errno.ENXIO, "is not a regular file", name) from None
        raise
    try:
        status = os.fstat(handle)
        if stat.S_ISDIR(status.st_mode):
            raise _FolderError(errno.EISDIR, os.strerror(errno.EISDIR), name)
        if not stat.S_ISREG(status.st_mode):
            raise UnfitFileError(errno.EINVAL, "is not a regular file", name)
    except BaseException:
        os.close(handle)
        raise
    return handle, status.st_size


def _short(text: str) -> str:
    if len(text) > LONGEST_NUMBER:
        raise ValueError(f"a number of {len(text)} digits")
    return text


def _float(text: str) -> float:
    value = float(_short(text))
    if not math.isfinite(value):
        raise ValueError(f"{text} is not a number")
    return value


def _children(value: Any) -> list[Any]:
    if isinstance(value, dict):
        return list(value.values())
    return value if isinstance(value, list) else []


def _size(count: int) -> str:
    return f"{count >> 20} MiB" if count >= 1 << 20 else f"{count / 1000:g} kB"
