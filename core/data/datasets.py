"""Data sets of labelled digits: MNIST's IDX files and CSV, as uint8, a batch at a time.

IDX is the format of http://yann.lecun.com/exdb/mnist/: two zero bytes, a type code, the
number of dimensions, each dimension as a big-endian uint32, then the values. A plain file
is memory-mapped, so 60,000 images cost no memory until a batch of them is taken. CSV is
the label and then 784 values a line, as in Tariq Rashid's ``mnist_train_100.csv``.

Images stay uint8 with ink = 255 and paper = 0; the network converts each batch.
"""

from __future__ import annotations

import gzip
import io
import math
import os
import struct
import zlib
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from core.errors import DatasetError
from core.files.foreign import open_regular

Split = Literal["train", "test"]

SIDE = 28
"""Side of the images, in pixels."""

PIXELS = SIDE * SIDE
"""Pixels of an image."""

IDX_NAMES: dict[str, tuple[str, str]] = {
    "train": ("train-images-idx3-ubyte", "train-labels-idx1-ubyte"),
    "test": ("t10k-images-idx3-ubyte", "t10k-labels-idx1-ubyte"),
}
"""Names of the files with images and labels, by split."""

REMEDY = "fetch MNIST with: python -m tools.fetch_mnist"

_UBYTE = 0x08
_UNPACKED = 64 << 20  # bytes that any .gz may unpack to, and 16 times its own size more
_CSV_UNPACKED = 32 << 20  # the same of a CSV, which takes a second for each 15 MB
_BLANKS = 1000  # lines at the end of a CSV file
_LONGEST_ROW = 64 * 1024  # bytes; 785 padded values take a few thousand
_OF_NUMBERS = b"0123456789, \t"
_FIELDS = {str(value).encode(): value for value in range(256)}


@dataclass(frozen=True)
class Dataset:
    """Images and the digit each one shows.

    ``images`` is uint8 (n, 28, 28), ink = 255, and may be memory-mapped; ``labels`` is
    uint8 (n,).
    """

    images: NDArray[np.uint8]
    labels: NDArray[np.uint8]

    def __len__(self) -> int:
        return len(self.labels)

    def batch(
        self, indices: NDArray[np.integer[Any]]
    ) -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:
        """Copies of the images, uint8 (b, 28, 28), and labels, uint8 (b,), at `indices`."""
        return np.asarray(self.images[indices]), np.asarray(self.labels[indices])


def load(path: str | Path, split: Split = "train", *, largest_label: int = 9) -> Dataset:
    """Read a data set from a folder, an IDX images file or a CSV file.

    In a folder, `split` chooses among the canonical names (``train-images-idx3-ubyte``
    and so on, plain before .gz, then ``mnist_train.csv``). An IDX images file takes its
    labels from the file beside it whose name says ``labels-idx1`` for ``images-idx3``.
    Raises DatasetError for everything that is wrong with the files.
    """
    path = Path(path)
    if os.path.isdir(path):
        path = _find_in_folder(path, split)
    if not os.path.exists(path):
        raise DatasetError(f"{path}: no such file or folder; {REMEDY}")
    if _is_csv(path):
        return read_csv(path, largest_label=largest_label)
    labels_path = path.with_name(path.name.replace("images", "labels").replace("idx3", "idx1"))
    if labels_path == path:
        raise DatasetError(f"{path}: name the images file (…images-idx3…), a .csv or a folder")
    if not os.path.exists(labels_path):
        raise DatasetError(f"{labels_path}: the labels of {path.name} are missing; {REMEDY}")
    images = read_idx(path)
    if images.shape[1:] != (SIDE, SIDE):
        shape = "x".join(map(str, images.shape))
        raise DatasetError(f"{path}: holds {shape} values, not images of {SIDE}x{SIDE}")
    labels = read_idx(labels_path)
    if labels.ndim != 1:
        raise DatasetError(f"{labels_path}: holds {labels.ndim} dimensions, not plain labels")
    if len(images) != len(labels):
        raise DatasetError(
            f"{path}: {len(images)} images, but {len(labels)} labels in {labels_path.name}"
        )
    wrong = np.flatnonzero(labels > largest_label)
    if len(wrong):
        raise DatasetError(
            f"{labels_path}: label {labels[wrong[0]]} at item {wrong[0]},"
            f" the largest allowed is {largest_label}"
        )
    return Dataset(images, labels)


def read_idx(path: str | Path) -> NDArray[np.uint8]:
    """Read one IDX file of unsigned bytes, in the shape that its header gives.

    A plain file comes back as a read-only np.memmap, a .gz file as an array in memory.
    Raises DatasetError when the file is of another format, torn, or longer than promised.
    """
    path = Path(path)
    with _opened(path) as (file, stream):
        size = os.fstat(file.fileno()).st_size
        shape = _read_header(stream, path)
        start = 4 + 4 * len(shape)
        promised = math.prod(shape)
        if stream is not file:
            if promised > _most_unpacked(path, size):
                raise DatasetError(_too_much(path, promised, size))
            values = np.empty(promised, dtype=np.uint8)
            if _read_fully(stream, values) < promised:
                raise DatasetError(_wrong_length(path, shape, "fewer"))
            if stream.read(1):
                raise DatasetError(_wrong_length(path, shape, "more"))
            return values.reshape(shape)
        if size - start != promised:
            raise DatasetError(_wrong_length(path, shape, str(size - start)))
        return np.memmap(file, dtype=np.uint8, mode="r", offset=start, shape=shape)


def read_csv(path: str | Path, *, largest_label: int = 9) -> Dataset:
    """Read a CSV file of a label and 784 values (0 = paper, 255 = ink) a line; .gz too.

    A line of headings at the top and blank lines at the end are skipped. The file is read line
    by line into bytes, so it takes no more memory than its images. Raises DatasetError as
    ``file:line:column: what is wrong``.
    """
    path = Path(path)
    images, labels = bytearray(), bytearray()
    blank = None
    with _opened(path) as (file, stream):
        size = os.fstat(file.fileno()).st_size
        read = 0
        for number, length, line in _lines(stream, path):
            read += length
            if stream is not file and read > _most_unpacked(path, size):
                raise DatasetError(_too_much(path, read, size))
            fields = line.split(b",")
            if number == 1 and _is_heading(fields):
                continue
            if not line:
                blank = blank or number
                if number > blank + _BLANKS:
                    raise DatasetError(f"{path}:{blank}:1: more than {_BLANKS} empty lines")
                continue
            if blank:
                raise DatasetError(f"{path}:{blank}:1: an empty line between two rows")
            row = _parse_row(fields, f"{path}:{number}")
            if row[0] > largest_label:
                raise DatasetError(
                    f"{path}:{number}:1: label {row[0]}, the largest allowed is {largest_label}"
                )
            labels.append(row[0])
            images += row[1:]
    if not labels:
        raise DatasetError(f"{path}: holds no rows; {REMEDY}")
    return Dataset(
        np.frombuffer(images, dtype=np.uint8).reshape(-1, SIDE, SIDE),
        np.frombuffer(labels, dtype=np.uint8),
    )


def _find_in_folder(folder: Path, split: Split) -> Path:
    name = IDX_NAMES[split][0]
    # Some unpackers leave a dot where the original name has a hyphen.
    stems = (name, name.replace("-idx", ".idx"))
    candidates = [stem + suffix for suffix in ("", ".gz") for stem in stems]
    candidates += [f"mnist_{split}.csv", f"mnist_{split}.csv.gz"]
    for candidate in candidates:
        if (folder / candidate).is_file():
            return folder / candidate
    raise DatasetError(f"{folder}: neither {name}[.gz] nor mnist_{split}.csv there; {REMEDY}")


@contextmanager
def _opened(path: Path) -> Iterator[tuple[io.BufferedReader, io.BufferedIOBase]]:
    """The file, and its bytes, unpacked if .gz. All errors become a DatasetError."""
    try:
        with open_regular(path, follow=True) as file:
            if os.fstat(file.fileno()).st_size == 0:
                raise DatasetError(f"{path}: is empty; {REMEDY}")
            with gzip.open(file) if _is_gzip(path) else file as stream:
                yield file, stream
    except FileNotFoundError:
        raise DatasetError(f"{path}: no such file; {REMEDY}") from None
    except (EOFError, gzip.BadGzipFile, zlib.error) as error:
        raise DatasetError(f"{path}: torn gzip file ({error}); {REMEDY}") from error
    except DatasetError:
        raise
    except OSError as error:
        raise DatasetError(f"{path}: cannot be read: {error.strerror or error}") from error


def _most_unpacked(path: Path, size: int) -> int:
    """How many bytes a .gz file of `size` bytes may unpack to; MNIST's takes five for one."""
    return (_CSV_UNPACKED if _is_csv(path) else _UNPACKED) + 16 * size


def _too_much(path: Path, promised: int, size: int) -> str:
    most = _most_unpacked(path, size)
    return (
        f"{path}: promises {promised} bytes, and a .gz file of its size may unpack to {most};"
        f" if it is a data set, unpack it first (gunzip), or {REMEDY}"
    )


def _read_header(stream: io.BufferedIOBase, path: Path) -> tuple[int, ...]:
    magic = stream.read(4)
    if len(magic) < 4:
        raise DatasetError(f"{path}: only {len(magic)} bytes, not even an IDX header; {REMEDY}")
    zero, code, dimensions = struct.unpack(">HBB", magic)
    if zero != 0 or code != _UBYTE or not 1 <= dimensions <= 4:
        raise DatasetError(
            f"{path}: not an IDX file of unsigned bytes (it starts with {magic.hex(' ')},"
            " expected 00 00 08 and the number of dimensions)"
        )
    sizes = stream.read(4 * dimensions)
    if len(sizes) < 4 * dimensions:
        raise DatasetError(f"{path}: the IDX header is cut short; {REMEDY}")
    shape: tuple[int, ...] = struct.unpack(f">{dimensions}I", sizes)
    if 0 in shape:
        raise DatasetError(f"{path}: holds no items (its header says {shape})")
    return shape


def _read_fully(stream: io.BufferedIOBase, values: NDArray[np.uint8]) -> int:
    buffer = values.data
    done = 0
    while done < len(buffer):
        count = stream.readinto(buffer[done : done + (1 << 20)])
        if not count:
            break
        done += count
    return done


def _wrong_length(path: Path, shape: tuple[int, ...], found: str) -> str:
    promised = "x".join(map(str, shape))
    return (
        f"{path}: its header promises {promised} = {math.prod(shape)} bytes,"
        f" {found} are there; {REMEDY}"
    )


def _lines(stream: io.BufferedIOBase, path: Path) -> Iterator[tuple[int, int, bytes]]:
    """Number, length in bytes, and content of each line."""
    number = 0
    while line := stream.readline(_LONGEST_ROW):
        number += 1
        length = len(line)
        if length == _LONGEST_ROW:
            raise DatasetError(f"{path}:{number}:1: a line without end; is this a CSV file?")
        if number == 1:
            line = line.removeprefix(b"\xef\xbb\xbf")  # the byte order mark spreadsheets add
        yield number, length, line.strip()


def _is_heading(fields: list[bytes]) -> bool:
    return fields[0].strip(b' "').lower() == b"label" or not (
        fields == [b""] or any(field.strip().lstrip(b"-").isdigit() for field in fields)
    )


def _parse_row(fields: list[bytes], position: str) -> bytes:
    try:
        row = bytes(map(_FIELDS.__getitem__, fields))
    except KeyError:
        row = _parse_fields(fields, position)
    if len(row) != PIXELS + 1:
        column = min(len(row), PIXELS + 1) + 1
        raise DatasetError(
            f"{position}:{column}: {len(row)} columns, expected the label and {PIXELS} values"
        )
    return row


def _parse_fields(fields: list[bytes], position: str) -> bytes:
    """Fields with spaces or leading zeros. Raises DatasetError for one that is no number."""
    if len(fields) == PIXELS + 1 and not b",".join(fields).translate(None, _OF_NUMBERS):
        with suppress(ValueError):
            return bytes(map(int, fields))
    return bytes(_parse_field(field, f"{position}:{i}") for i, field in enumerate(fields, 1))


def _parse_field(field: bytes, position: str) -> int:
    text = field.decode("ascii", "backslashreplace").strip()
    if not (text.isdecimal() and len(text) < 20 and int(text) <= 255):
        raise DatasetError(f"{position}: '{text[:20]}' is not a whole number from 0 to 255")
    return int(text)


def _is_gzip(path: Path) -> bool:
    return path.suffix == ".gz"


def _is_csv(path: Path) -> bool:
    return path.name.removesuffix(".gz").lower().endswith(".csv")
