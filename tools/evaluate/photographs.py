"""A folder of labelled photographs: ``index.tsv`` and the files it names."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from core.errors import DatasetError
from core.files.foreign import read_bytes

COLUMNS = ("file", "label", "kind", "source", "note")
DIGITS = frozenset("0123456789")

LARGEST = 8_000_000
"""Bytes of an index at most."""

MOST_ROWS = 50_000
"""Rows of an index at most."""

PHOTOS = Path("../shared/photos")
"""Where photographs are looked for unless a folder is named. A fresh clone has none there."""


@dataclass(frozen=True)
class Photograph:
    """One row of ``index.tsv``.

    ``label`` is as it stands there: a digit, rows of digits separated by ``/``, or ``-``.
    """

    path: Path
    label: str
    kind: str
    source: str
    note: str

    @property
    def digit(self) -> int | None:
        """The label where it is one digit."""
        return int(self.label) if _is_digit(self.label) else None

    @property
    def rows(self) -> list[str] | None:
        """The label's rows of digits, or None where it says or leaves open anything else."""
        rows = self.label.split("/")
        return rows if all(row and set(row) <= DIGITS for row in rows) else None


def read_index(folder: Path, kind: str) -> list[Photograph]:
    """The photographs of one kind that ``folder/index.tsv`` lists.

    Raises DatasetError, naming the line, for a missing index or column, a label that is
    neither a digit nor ``-``, and a kind of which there is none.
    """
    index = folder / "index.tsv"
    try:
        text = read_bytes(index, LARGEST, follow=True).decode("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise DatasetError(
            f"{index}: cannot be read ({error}); give the folder that holds index.tsv"
        ) from error
    try:
        photographs = list(_rows(index, folder, text))
    except csv.Error as error:
        raise DatasetError(f"{index}: no table of columns ({error})") from error
    chosen = [photograph for photograph in photographs if photograph.kind == kind]
    if not chosen:
        kinds = ", ".join(sorted({photograph.kind for photograph in photographs})) or "none"
        raise DatasetError(f"{index}: no row of kind {kind!r}; the kinds there are: {kinds}")
    return chosen


def _rows(index: Path, folder: Path, text: str) -> Iterator[Photograph]:
    reader = csv.DictReader(text.splitlines(), delimiter="\t", quoting=csv.QUOTE_NONE)
    missing = [name for name in COLUMNS if name not in (reader.fieldnames or ())]
    if missing:
        raise DatasetError(f"{index}:1: no column {', '.join(missing)}; it needs {COLUMNS}")
    for number, row in enumerate(reader):
        if number == MOST_ROWS:
            raise DatasetError(f"{index}:{reader.line_num}: more than {MOST_ROWS} rows")
        label = row["label"] or ""
        if None in row.values():
            raise DatasetError(f"{index}:{reader.line_num}: fewer columns than the heading")
        if row["kind"] == "photo_single" and not _is_digit(label):
            raise DatasetError(f"{index}:{reader.line_num}: label {label!r} is not a digit")
        yield Photograph(folder / row["file"], label, row["kind"], row["source"], row["note"])


def _is_digit(label: str) -> bool:
    return len(label) == 1 and label in DIGITS
