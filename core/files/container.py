"""The outer form of archives (see `archive`): zip file, checksum and JSON, without the arrays.

The standard library alone: to show what model files say of themselves, as ``zerodigit weights
list`` does, a Pi Zero need not load numpy.
"""

from __future__ import annotations

import hashlib
import io
import json
import os
import re
import struct
import zipfile
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from core.errors import ModelFormatError
from core.files import foreign
from core.files.kinds import kind_of

ABOUT = "about.json"
"""Name of the member that holds the JSON object."""

DIGEST_LENGTH = 64
"""Bytes of the checksum at the end of an archive."""

LARGEST = 256 << 20
"""Files of more bytes are refused, unless the caller has another bound."""

LARGEST_ABOUT = 2 << 20
"""Bytes that the JSON object may have: it takes up to 26 times as much in memory."""

MOST_MEMBERS = 4096
"""Members that an archive may have besides the JSON object."""

# What `digest` gives.
_HEX = re.compile(rb"[0-9a-f]{%d}" % DIGEST_LENGTH)

_BROKEN = (ArithmeticError, EOFError, KeyError, OSError, RuntimeError, ValueError)


def digest(content: bytes | memoryview) -> bytes:
    """SHA-256 in hex, DIGEST_LENGTH bytes."""
    return hashlib.sha256(content).hexdigest().encode("ascii")


def read(
    path: str | os.PathLike[str], largest: int = LARGEST, *, follow: bool = False
) -> bytes:
    """All bytes of a file that may be an archive; see `foreign.read_bytes`. Raises OSError."""
    return foreign.read_bytes(path, largest, follow=follow)


def wrap(about: Mapping[str, Any], members: Iterable[tuple[str, bytes | memoryview]]) -> bytes:
    """The bytes of an archive of a JSON object and of members, taken one after another."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_STORED) as file:
        text = json.dumps(about, sort_keys=True, indent=1, allow_nan=False)
        file.writestr(_member(ABOUT), text)
        for name, content in members:
            file.writestr(_member(name), content)
        file.comment = b"0" * DIGEST_LENGTH
    # In place: a checkpoint is large for a Pi Zero, and would be in memory four times.
    with buffer.getbuffer() as data:
        data[-DIGEST_LENGTH:] = digest(data[:-DIGEST_LENGTH])
    return buffer.getvalue()


def _member(name: str) -> zipfile.ZipInfo:
    info = zipfile.ZipInfo(name, date_time=(1980, 1, 1, 0, 0, 0))
    info.create_system = 3
    info.external_attr = 0o644 << 16
    return info


def unwrap(data: bytes) -> tuple[dict[str, Any], dict[str, bytes]]:
    """The JSON object, and the bytes of the other members by name, of an intact archive.

    Raises ModelFormatError, without a path, if it is not intact. One of another program has
    neither the JSON object as its first member, whose name is at byte 30, nor a checksum.
    """
    content, end = memoryview(data)[:-DIGEST_LENGTH], data[-DIGEST_LENGTH:]
    if not data:
        raise ModelFormatError("is empty")
    if not data.startswith(b"PK\x03\x04"):
        kind = kind_of(data) or "no zip archive"
        raise ModelFormatError(f"is not a zerodigit file ({kind})")
    if not (data[30:].startswith(ABOUT.encode()) or _HEX.fullmatch(end)):
        raise ModelFormatError("is not a zerodigit file (an archive of another program)")
    if digest(content) != end:
        raise ModelFormatError("is damaged: its checksum does not match; take a good copy")
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as file:
            members = {info.filename: info for info in file.infolist()}
            if not len(members) == len(file.infolist()) <= MOST_MEMBERS + 1:
                raise ValueError("too many members")
            if any(info.compress_type != zipfile.ZIP_STORED for info in members.values()):
                raise ValueError("compressed members")
            # Without compression, and none inside another, they are no larger than the file.
            if sum(max(i.file_size, i.compress_size) for i in members.values()) > len(data):
                raise ValueError("members larger than the file")
            if members[ABOUT].file_size > LARGEST_ABOUT:
                raise ValueError(f"{ABOUT} is larger than {LARGEST_ABOUT >> 20} MiB")
            about = foreign.parse_json(file.read(members.pop(ABOUT)))
            if not isinstance(about, dict):
                raise ValueError(f"{ABOUT} is no object")
            return about, {name: file.read(info) for name, info in members.items()}
    except (*_BROKEN, struct.error, zipfile.BadZipFile) as error:
        why = foreign.printable(str(error), 100)
        raise ModelFormatError(f"is not a zerodigit file ({why})") from None


def about(
    path: str | os.PathLike[str], largest: int = LARGEST, *, follow: bool = False
) -> dict[str, Any]:
    """The JSON object of the archive at `path`; `largest`, `follow`: see `foreign.read_bytes`.

    Raises ModelFormatError, with the path, if there is no such file or it was altered.
    """
    with named(path):
        return unwrap(read(path, largest, follow=follow))[0]


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
