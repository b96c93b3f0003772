"""The container of model files and checkpoints: a plain .npz that proves itself.

A zip file without compression, holding "about.json" and one .npy member per array, so that
``numpy.load(path)`` reads it as well. The last 64 bytes (the zip's comment) are the SHA-256,
in hex, of all bytes before them: any flipped byte, any cut is found before anything is
parsed. The same content gives the same bytes on every machine.
"""

from __future__ import annotations

import hashlib
import io
import json
import os
import stat
import zipfile
from collections.abc import Mapping
from typing import Any

import numpy as np

from core.atomic import write_atomically
from core.errors import ModelFormatError
from core.layer import Array

_ABOUT = "about.json"
_DIGEST_LENGTH = 64
_LARGEST = 256 * 2**20
_DTYPES = ("<f4", "<f8")


def save(
    path: str | os.PathLike[str], about: Mapping[str, Any], arrays: Mapping[str, Array]
) -> None:
    """Write `about` (JSON) and `arrays` (float32 or float64) to `path`, whole or not at all.

    Raises StorageError if the file cannot be written, ValueError if `about` is not JSON.
    """
    data = pack(about, arrays)
    with write_atomically(path) as file:
        file.write(data)


def load(path: str | os.PathLike[str]) -> tuple[dict[str, Any], dict[str, Array]]:
    """What `save` wrote: the JSON object, and writable arrays by name.

    Raises ModelFormatError, with the path, if there is no such file or it was altered.
    """
    try:
        return unpack(_read(path))
    except ModelFormatError as error:
        raise ModelFormatError(f"{os.fspath(path)}: {error}") from None
    except OSError as error:
        cause = error.strerror or str(error)
        raise ModelFormatError(f"{os.fspath(path)}: cannot be read ({cause})") from None


def pack(about: Mapping[str, Any], arrays: Mapping[str, Array]) -> bytes:
    """The bytes of an archive."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_STORED) as file:
        text = json.dumps(about, sort_keys=True, indent=1, allow_nan=False)
        file.writestr(_member(_ABOUT), text)
        for name, array in arrays.items():
            member = io.BytesIO()
            data = np.ascontiguousarray(array, array.dtype.newbyteorder("<"))
            np.lib.format.write_array(member, data, version=(1, 0), allow_pickle=False)
            file.writestr(_member(f"{name}.npy"), member.getvalue())
        file.comment = b"0" * _DIGEST_LENGTH
    content = buffer.getvalue()[:-_DIGEST_LENGTH]
    return content + _digest(content)


def unpack(data: bytes) -> tuple[dict[str, Any], dict[str, Array]]:
    """The content of an archive; ModelFormatError, without a path, if it is not intact."""
    content, digest = data[:-_DIGEST_LENGTH], data[-_DIGEST_LENGTH:]
    if not data:
        raise ModelFormatError("is empty")
    if not data.startswith(b"PK\x03\x04"):
        raise ModelFormatError("is not a zerodigit file (no zip archive)")
    if _digest(content) != digest:
        raise ModelFormatError("is damaged: its checksum does not match; take a good copy")
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as file:
            members = {info.filename: info for info in file.infolist()}
            # Without compression no member is larger than the file: no zip bombs.
            if any(info.compress_type != zipfile.ZIP_STORED for info in members.values()):
                raise ValueError("compressed members")
            about = json.loads(file.read(members.pop(_ABOUT)))
            if not isinstance(about, dict):
                raise ValueError(f"{_ABOUT} is no object")
            arrays = {
                name.removesuffix(".npy"): _array(file.read(info))
                for name, info in members.items()
            }
    except (ValueError, KeyError, EOFError, RuntimeError, OSError, zipfile.BadZipFile) as error:
        raise ModelFormatError(f"is not a zerodigit file ({error})") from None
    return about, arrays


def _read(path: str | os.PathLike[str]) -> bytes:
    with open(path, "rb") as file:
        status = os.fstat(file.fileno())
        if not stat.S_ISREG(status.st_mode) or status.st_size > _LARGEST:
            raise ModelFormatError(f"is not a file of at most {_LARGEST >> 20} MiB")
        return file.read()


def _array(member: bytes) -> Array:
    """The array of a .npy member, without trust in what its header says about sizes."""
    file = io.BytesIO(member)
    if np.lib.format.read_magic(file) != (1, 0):
        raise ValueError("an array of another format")
    shape, fortran, dtype = np.lib.format.read_array_header_1_0(file)
    if fortran or dtype.str not in _DTYPES:
        raise ValueError(f"an array of dtype {dtype}")
    flat = np.frombuffer(member, dtype, offset=file.tell())
    return flat.reshape(shape).astype(dtype.newbyteorder("="))


def _member(name: str) -> zipfile.ZipInfo:
    info = zipfile.ZipInfo(name, date_time=(1980, 1, 1, 0, 0, 0))
    info.create_system = 3
    info.external_attr = 0o644 << 16
    return info


def _digest(content: bytes) -> bytes:
    return hashlib.sha256(content).hexdigest().encode("ascii")
