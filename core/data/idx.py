"""Reads IDX, the format of MNIST's files: http://yann.lecun.com/exdb/mnist/.

Two zero bytes, a type code, the number of dimensions, each dimension as a big-endian uint32,
then the values. A plain file of bytes is memory-mapped, so 60,000 images cost no memory until
a batch of them is taken.
"""

from __future__ import annotations

import io
import math
import struct
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from core.data.streams import REMEDY, opened
from core.errors import DatasetError
from core.files import kinds

_TYPES: dict[int, np.dtype[Any]] = {0x08: np.dtype(np.uint8), 0x0C: np.dtype(">i4")}


def read_idx(path: str | Path) -> NDArray[Any]:
    """Read one IDX file of unsigned bytes or of 32-bit integers, in the shape of its header.

    uint8 or int32; a plain file of bytes comes back as a read-only np.memmap, any other as an
    array in memory.
    Raises DatasetError when the file is of another format, torn, or longer than promised.
    """
    path = Path(path)
    with opened(path) as stream:
        dtype, shape = _read_header(stream.content, path)
        start, promised = 4 + 4 * len(shape), math.prod(shape) * dtype.itemsize
        if not stream.packed:
            there = stream.size - start
            if there != promised:
                raise DatasetError(_wrong_length(path, shape, promised, str(there)))
            if dtype == np.uint8:
                return np.memmap(
                    stream.file, dtype=np.uint8, mode="r", offset=start, shape=shape
                )
        if stream.packed:
            stream.check_unpacked(path, promised)
        values = np.empty(promised, dtype=np.uint8)
        if _read_fully(stream.content, values) < promised:
            raise DatasetError(_wrong_length(path, shape, promised, "fewer"))
        if stream.content.read(1):
            raise DatasetError(_wrong_length(path, shape, promised, "more"))
        return values.view(dtype).astype(dtype.newbyteorder("="), copy=False).reshape(shape)


def _read_header(
    stream: io.BufferedIOBase, path: Path
) -> tuple[np.dtype[Any], tuple[int, ...]]:
    magic = stream.read(4)
    if len(magic) < 4:
        raise DatasetError(f"{path}: only {len(magic)} bytes, not even an IDX header; {REMEDY}")
    zero, code, dimensions = struct.unpack(">HBB", magic)
    if zero != 0 or code not in _TYPES or not 1 <= dimensions <= 4:
        what = kinds.kind_of(magic + stream.read(kinds.LOOKED_AT)) or "not an IDX file"
        raise DatasetError(
            f"{path}: {what} (it starts with {magic.hex(' ')}; IDX of bytes with 00 00 08 and "
            f"the number of dimensions); {REMEDY}"
        )
    sizes = stream.read(4 * dimensions)
    if len(sizes) < 4 * dimensions:
        raise DatasetError(f"{path}: the IDX header is cut short; {REMEDY}")
    shape: tuple[int, ...] = struct.unpack(f">{dimensions}I", sizes)
    if 0 in shape:
        raise DatasetError(f"{path}: holds no items (its header says {shape})")
    return _TYPES[code], shape


def _read_fully(stream: io.BufferedIOBase, values: NDArray[np.uint8]) -> int:
    buffer = values.data
    done = 0
    while done < len(buffer):
        count = stream.readinto(buffer[done : done + (1 << 20)])
        if not count:
            break
        done += count
    return done


def _wrong_length(path: Path, shape: tuple[int, ...], promised: int, found: str) -> str:
    sizes = "x".join(map(str, shape))
    return (
        f"{path}: its header promises {sizes} = {promised} bytes, {found} are there; {REMEDY}"
    )
