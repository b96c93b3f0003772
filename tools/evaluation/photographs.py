"""A folder of labelled photographs: ``index.tsv`` and the files it names."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from core.errors import DatasetError

COLUMNS = ("file", "label", "kind", "source", "note")


@dataclass(frozen=True)
class Photograph:
    """One row of ``index.tsv``. ``label`` is a digit, or None where there is none."""

    path: Path
    label: int | None
    kind: str
    source: str
    note: str


def read_index(folder: Path, kind: str) -> list[Photograph]:
    """The photographs of one kind that ``folder/index.tsv`` lists.

    Raises DatasetError, naming the line, for a missing index or column, a label that is
    neither a digit nor ``-``, and a kind of which there is none.
    """
    index = folder / "index.tsv"
    try:
        text = index.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise DatasetError(
            f"{index}: cannot be read ({error}); give the folder that holds index.tsv"
        ) from error
    photographs = list(_rows(index, folder, text))
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
    for row in reader:
        label = row["label"] or ""
        if None in row.values():
            raise DatasetError(f"{index}:{reader.line_num}: fewer columns than the heading")
        single = len(label) == 1 and label in "0123456789"
        if row["kind"] == "photo_single" and not single:
            raise DatasetError(f"{index}:{reader.line_num}: label {label!r} is not a digit")
        yield Photograph(
            folder / row["file"],
            int(label) if single else None,
            row["kind"],
            row["source"],
            row["note"],
        )
