"""The outer form of archives (see `archive`): zip file, checksum and JSON, without the arrays.

The standard library alone: to show what model files say of themselves, as ``zerodigit weights
list`` does, a Pi Zero need not load numpy.
"""

from __future__ import annotations

import hashlib
import io
import json
import os
import stat
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from core.errors import ModelFormatError

ABOUT = "about.json"
"""Name of the member that holds the JSON object."""

DIGEST_LENGTH = 64
"""Bytes of the checksum at the end of an archive."""

LARGEST = 256 * 2**20
"""Larger files, in bytes, are refused."""


def digest(content: bytes | memoryview) -> bytes:
    """SHA-256 in hex, DIGEST_LENGTH bytes."""
    return hashlib.sha256(content).hexdigest().encode("ascii")


def read(path: str | os.PathLike[str]) -> bytes:
    """All bytes of a file that may be an archive. Raises ModelFormatError, OSError."""
    with open(path, "rb") as file:
        status = os.fstat(file.fileno())
        if not stat.S_ISREG(status.st_mode) or status.st_size > LARGEST:
            raise ModelFormatError(f"is not a file of at most {LARGEST >> 20} MiB")
        return file.read()


def unwrap(data: bytes) -> tuple[dict[str, Any], dict[str, bytes]]:
    """The JSON object, and the bytes of the other members by name, of an intact archive.

    Raises ModelFormatError, without a path, if it is not intact.
    """
    content, end = data[:-DIGEST_LENGTH], data[-DIGEST_LENGTH:]
    if not data:
        raise ModelFormatError("is empty")
    if not data.startswith(b"PK\x03\x04"):
        raise ModelFormatError("is not a zerodigit file (no zip archive)")
    if digest(content) != end:
        raise ModelFormatError("is damaged: its checksum does not match; take a good copy")
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as file:
            members = {info.filename: info for info in file.infolist()}
            # Without compression no member is larger than the file: no zip bombs.
            if any(info.compress_type != zipfile.ZIP_STORED for info in members.values()):
                raise ValueError("compressed members")
            about = json.loads(file.read(members.pop(ABOUT)))
            if not isinstance(about, dict):
                raise ValueError(f"{ABOUT} is no object")
            return about, {name: file.read(info) for name, info in members.items()}
    except (ValueError, KeyError, EOFError, RuntimeError, OSError, zipfile.BadZipFile) as error:
        raise ModelFormatError(f"is not a zerodigit file ({error})") from None


def about(path: str | os.PathLike[str]) -> dict[str, Any]:
    """The JSON object of the archive at `path`.

    Raises ModelFormatError, with the path, if there is no such file or it was altered.
    """
    with named(path):
        return unwrap(read(path))[0]


@contextmanager
def named(path: str | os.PathLike[str]) -> Iterator[None]:
    """Errors of the block become a ModelFormatError that begins with the path."""
    try:
        yield
    except ModelFormatError as error:
        raise ModelFormatError(f"{os.fspath(path)}: {error}") from None
    except OSError as error:
        cause = error.strerror or str(error)
        raise ModelFormatError(f"{os.fspath(path)}: cannot be read ({cause})") from None
