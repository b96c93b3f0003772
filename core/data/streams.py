"""Opens a file of a data set for reading, unpacked if it is gzip, within a bound.

Gzip is told by the first bytes: servers and browsers pack and unpack without renaming.
"""

from __future__ import annotations

import gzip
import io
import os
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from core.errors import DatasetError
from core.files.foreign import open_regular

REMEDY = "fetch MNIST with: python -m tools.fetch_mnist"

UNPACKED = 64 << 20
"""Bytes that any gzip file may unpack to, and UNPACKED_FACTOR times its own size more."""

UNPACKED_FACTOR = 16

_GZIP = b"\x1f\x8b"


@dataclass(frozen=True)
class Stream:
    """The ``file`` itself, and its ``content``, the same object unless it is ``packed``.

    ``size`` : of the file, in bytes.
    """

    file: io.BufferedReader
    content: io.BufferedReader | gzip.GzipFile
    size: int

    @property
    def packed(self) -> bool:
        """Whether the content is unpacked while it is read."""
        return self.content is not self.file

    def check_unpacked(self, path: Path, promised: int, most: int = UNPACKED) -> None:
        """Raise DatasetError if so many bytes are more than the file may unpack to.

        most : bytes that any may, as UNPACKED.
        """
        most += UNPACKED_FACTOR * self.size
        if promised > most:
            raise DatasetError(
                f"{path}: promises {promised} bytes, and a packed file of its size may unpack "
                f"to {most}; if it is a data set, unpack it first, or {REMEDY}"
            )


@contextmanager
def opened(path: Path) -> Iterator[Stream]:
    """The file, and its content. Every error, also of the block, becomes a DatasetError."""
    try:
        with open_regular(path, follow=True) as file:
            size = os.fstat(file.fileno()).st_size
            if size == 0:
                raise DatasetError(f"{path}: is empty; {REMEDY}")
            packed = file.peek(2)[:2] == _GZIP
            with gzip.open(file) if packed else file as content:
                yield Stream(file, content, size)
    except FileNotFoundError:
        raise DatasetError(f"{path}: no such file; {REMEDY}") from None
    except (EOFError, gzip.BadGzipFile, zlib.error) as error:
        raise DatasetError(f"{path}: torn gzip file ({error}); {REMEDY}") from error
    except DatasetError:
        raise
    except OSError as error:
        raise DatasetError(f"{path}: cannot be read: {error.strerror or error}") from error
