"""Counts how often loading a version of the weights ended the process, or memory ran out.

A model that runs the machine out of memory, or crashes a library, ends the service before it
can say so, and systemd starts it again: without a count it would be loaded for ever. The count
is a file in the run folder, written before a version is loaded and removed when it has read.
"""

from __future__ import annotations

import json
from contextlib import suppress
from pathlib import Path

from core.errors import StorageError
from core.files import foreign
from core.files.atomic import write_atomically

FILE = "loading.json"
"""Name of the file in the run folder."""

MOST = 2
"""A version at which the process ended so often is not loaded again."""

_LARGEST = 4096


class Attempts:
    """The count of each version in ``path``; None counts nothing.

    Where the file cannot be written nothing is counted either, and weights are loaded anyway.
    """

    def __init__(self, path: Path | None) -> None:
        self._path = path

    def exhausted(self, name: str) -> bool:
        """Whether the process ended MOST times while it loaded that version."""
        return self._read().get(name, 0) >= MOST

    def begin(self, name: str) -> None:
        """Count an attempt, before that version is loaded."""
        counts = self._read()
        self._write(counts | {name: counts.get(name, 0) + 1})

    def end(self, name: str) -> None:
        """Forget the count: the process has survived the attempt."""
        counts = self._read()
        if counts.pop(name, None) is not None:
            self._write(counts)

    def _read(self) -> dict[str, int]:
        found = None
        if self._path is not None:
            with suppress(OSError, ValueError):
                found = foreign.read_json(self._path, _LARGEST)
        counts = found if isinstance(found, dict) else {}
        return {name: n for name, n in counts.items() if foreign.is_integer(n, 0, MOST)}

    def _write(self, counts: dict[str, int]) -> None:
        if self._path is None:
            return
        with suppress(OSError, StorageError):
            if not counts:
                self._path.unlink(missing_ok=True)
                return
            with write_atomically(self._path) as file:
                file.write(json.dumps(counts).encode())
