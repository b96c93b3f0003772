"""Exports samples to a folder of PNGs with an ``index.tsv``, and imports such a folder.

The index has the columns that ``python -m tools.evaluate photos`` reads, and ours after them.
"""

from __future__ import annotations

import codecs
import csv
import io
import os
import time
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

from core.classes import NO_DIGIT
from core.errors import DatasetError, ImageError, StorageError
from core.files.atomic import write_atomically
from core.files.foreign import printable, read_bytes
from core.files.output import write_output
from pi.samples.store import SIDE, Sample

INDEX = "index.tsv"
COLUMNS = ("file", "label", "kind", "source", "note", "guess", "model", "time", "origin")

_LARGEST = 4 << 20

# A hundred thousand lines of ours.
_LARGEST_INDEX = 8 << 20

_TRUSTED = "clock trusted"

# Of what we have exported; its pictures are dark on light.
_SOURCE = "zerodigit"

# Seconds since 1970, so the year 2106; milliseconds are beyond it.
_LAST_TIME = 2**32


def export(samples: Iterable[Sample], folder: Path) -> int:
    """Write each sample's 28x28 as a PNG, and the index; how many. Raises StorageError."""
    from PIL import Image

    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise StorageError(f"{folder}: cannot be made ({error.strerror})") from error
    if os.path.exists(folder / INDEX):
        raise StorageError(f"{folder}: holds an {INDEX} already; give another folder")
    rows = io.StringIO()
    writer = csv.DictWriter(rows, COLUMNS, delimiter="\t", lineterminator="\n")
    writer.writeheader()
    count = 0
    try:
        for each in samples:
            name = f"{each.id:06d}.png"
            # Ink dark on light paper, as a photograph has it.
            pixels = bytes(255 - value for value in each.image)
            with write_atomically(folder / name) as file:
                Image.frombytes("L", (SIDE, SIDE), pixels).save(file, "PNG")
            writer.writerow(_row(each, name))
            count += 1
        with write_atomically(folder / INDEX) as file:
            file.write(rows.getvalue().encode())
    except StorageError as error:
        raise StorageError(f"{error}; {count} pictures are written, without {INDEX}") from error
    return count


def export_zipped(samples: Iterable[Sample], path: Path) -> int:
    """Write to ``path`` a ZIP of what `export` writes; how many. Raises StorageError."""
    import zipfile
    from tempfile import TemporaryDirectory

    with TemporaryDirectory() as folder, write_output(path) as file:
        count = export(samples, Path(folder))
        with zipfile.ZipFile(file, "w") as packed:
            for each in sorted(Path(folder).iterdir()):
                packed.write(each, f"samples/{each.name}")
    return count


def read(folder: Path) -> list[Sample]:
    """The samples in a folder that :func:`export` wrote, or in one of labelled pictures: with
    an index like ours, or in folders ``0`` to ``9`` by their digit.

    A picture of 28x28 is taken as it is; from any other the best candidate for a digit is
    cropped. Raises DatasetError, ImageError, which name the line of the index.
    """
    from core.data import pictures

    index = folder / INDEX
    if not os.path.lexists(index) and (labelled := pictures.per_digit(folder)):
        return [_sample(path, digit, {}, str(folder)) for path, digit in labelled]
    try:
        data = read_bytes(index, _LARGEST_INDEX, follow=True)
        # Spreadsheets save UTF-16, or UTF-8 with a byte order mark.
        wide = data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE))
        text = data.decode("utf-16" if wide else "utf-8-sig")
    except OSError as error:
        raise DatasetError(f"{index}: cannot be read ({error.strerror})") from None
    except UnicodeDecodeError:
        raise DatasetError(f"{index}: cannot be read (it is not UTF-8)") from None
    separator = max("\t;,", key=text[: text.find("\n")].count)
    lines = csv.reader(io.StringIO(text, newline=None), delimiter=separator, strict=True)
    found: dict[Path, Sample] = {}
    try:
        header = next(lines, [])
        columns = {name: header.index(name) for name in COLUMNS if name in header}
        if not {"file", "label"} <= columns.keys():
            raise DatasetError(f"{index}:1: needs the columns file and label")
        for cells in filter(None, lines):
            row = {name: "".join(cells[at : at + 1]) for name, at in columns.items()}
            place = f"{index}:{lines.line_num}"
            label = _label(row["label"], place)
            path = _path(folder, row["file"], place)
            if path in found:
                raise DatasetError(f"{place}: {_shown(row['file'])} is named a second time")
            found[path] = _sample(path, label, row, place)
    except csv.Error as error:
        raise DatasetError(f"{index}:{lines.line_num}: cannot be read ({error})") from None
    return list(found.values())


def _path(folder: Path, name: str, place: str) -> Path:
    """Where the picture is, without links: below the folder."""
    with suppress(OSError, RuntimeError, ValueError):
        path, top = (folder / name).resolve(), folder.resolve()
        if path.is_relative_to(top) and path != top and os.path.exists(path):
            return path
    raise DatasetError(f"{place}: {_shown(name)} is not in the folder")


def _shown(text: str) -> str:
    return f"'{printable(text, 80)}'"


def _row(sample: Sample, name: str) -> dict[str, object]:
    others = {None: ("?", "unlabelled"), NO_DIGIT: ("-", "none_photo")}
    label, kind = others.get(sample.label, (str(sample.label), "photo_single"))
    return {
        "file": name,
        "label": label,
        "kind": kind,
        "source": _SOURCE,
        "note": _TRUSTED if sample.trusted else "clock not trusted",
        "guess": "" if sample.guess is None else sample.guess,
        "model": sample.model,
        "time": f"{sample.time:.0f}",
        "origin": sample.origin or "",
    }


def _label(text: str, place: str) -> int | None:
    if text in ("?", ""):
        return None
    if text == "-":
        return NO_DIGIT
    if len(text) == 1 and text in "0123456789":
        return int(text)
    raise DatasetError(f'{place}: the label is a digit, "-" or "?", not {_shown(text)}')


def _sample(path: Path, label: int | None, row: dict[str, str], place: str) -> Sample:
    guess, when = row.get("guess", ""), _time(row.get("time", ""), place)
    if guess and not (len(guess) == 1 and guess in "0123456789"):
        raise DatasetError(f"{place}: the guess is a digit, not {_shown(guess)}")
    try:
        image = _image(path, ours=row.get("source") == _SOURCE)
    except ImageError as error:
        raise ImageError(f"{place}: {error}") from None
    return Sample(
        image,
        guess=int(guess) if guess else None,
        model=printable(row.get("model", ""), 100),
        time=time.time() if when is None else when,
        trusted=when is not None and row.get("note") == _TRUSTED,
        label=label,
        origin=None if label is None else printable(row.get("origin", ""), 20) or "import",
    )


def _time(text: str, place: str) -> float | None:
    if not text:
        return None
    try:
        seconds = float(text)
    except ValueError:
        seconds = -1
    if not 0 <= seconds < _LAST_TIME:
        raise DatasetError(f"{place}: the time is seconds since 1970, not {_shown(text)}")
    return seconds


def _image(path: Path, *, ours: bool) -> bytes:
    from core.data import pictures

    if os.path.isfile(path) and path.stat().st_size > _LARGEST:
        raise ImageError(f"{path}: is larger than {_LARGEST >> 20} MB")
    return pictures.crop(path, dark=ours).tobytes()
