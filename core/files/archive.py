"""The container of model files and checkpoints: a plain .npz that proves itself.

A zip file without compression, holding "about.json" and one .npy member per array, so that
``numpy.load(path)`` reads it as well. The last 64 bytes (the zip's comment) are the SHA-256,
in hex, of all bytes before them: any flipped byte, any cut is found before anything is
parsed. The same content gives the same bytes on every machine.
"""

from __future__ import annotations

import io
import math
import os
import re
from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from core.errors import ModelFormatError
from core.files import container
from core.files.atomic import write_atomically

Array = NDArray[Any]

_DTYPES = ("<f4", "<f8", "|u1")
"""Arrays of other dtypes are refused."""

_LONGEST_HEADER = 1000

_HEADER = re.compile(
    rb"\x93NUMPY\x01\x00..\{'descr': '(%s)', 'fortran_order': False, "
    rb"'shape': \((|\d{1,9},|\d{1,9}(?:, \d{1,9}){1,31})\), \} *\n"
    % b"|".join(re.escape(dtype.encode()) for dtype in _DTYPES),
    re.DOTALL,
)


def save(
    path: str | os.PathLike[str], about: Mapping[str, Any], arrays: Mapping[str, Array]
) -> None:
    """Write `about` (JSON) and `arrays` to `path`, whole or not at all.

    arrays : of float32, float64 or uint8.

    Raises StorageError if the file cannot be written, ValueError if `about` is not JSON.
    """
    data = pack(about, arrays)
    with write_atomically(path) as file:
        file.write(data)


def load(
    path: str | os.PathLike[str], largest: int = container.LARGEST, *, follow: bool = False
) -> tuple[dict[str, Any], dict[str, Array]]:
    """The JSON object and the arrays, writable, of the archive at `path`.

    largest, follow : see `foreign.read_bytes`.

    Raises ModelFormatError, with the path, if there is no such file or it was altered.
    """
    with container.named(path):
        return unpack(container.read(path, largest, follow=follow))


def pack(about: Mapping[str, Any], arrays: Mapping[str, Array]) -> bytes:
    """The bytes of an archive."""
    return container.wrap(
        about, ((f"{name}.npy", _packed(array)) for name, array in arrays.items())
    )


def unpack(data: bytes) -> tuple[dict[str, Any], dict[str, Array]]:
    """The JSON object and the arrays of an archive. Raises ModelFormatError, without a path."""
    about, members = container.unwrap(data)
    try:
        # Each member is let go when its array is there: a model is large for a Pi Zero.
        return about, {
            name.removesuffix(".npy"): _array(members.pop(name)) for name in list(members)
        }
    except ValueError as error:
        raise ModelFormatError(f"is not a zerodigit file ({error})") from None


def _packed(array: Array) -> bytes:
    """The .npy member of an array."""
    member = io.BytesIO()
    values = np.ascontiguousarray(array, array.dtype.newbyteorder("<"))
    np.lib.format.write_array(member, values, version=(1, 0), allow_pickle=False)
    return member.getvalue()


def _array(member: bytes) -> Array:
    """The array of a .npy member (numpy.lib.format, version 1.0, as `pack` writes it).

    The header is matched, not evaluated: it is somebody else's text.
    """
    header = _HEADER.match(member, endpos=_LONGEST_HEADER)
    if header is None or header.end() != 10 + int.from_bytes(member[8:10], "little"):
        raise ValueError("an array of another format")
    dtype = np.dtype(header[1].decode("ascii"))
    shape = tuple(int(size) for size in header[2].split(b",") if size.strip())
    if math.prod(shape) * dtype.itemsize != len(member) - header.end():
        raise ValueError(f"an array {shape} that has {len(member)} bytes")
    flat = np.frombuffer(member, dtype, offset=header.end())
    return flat.reshape(shape).astype(dtype.newbyteorder("="))
