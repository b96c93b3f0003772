"""Exports samples to a folder of PNGs with an ``index.tsv``, and imports such a folder.

The index has the columns that ``python -m tools.evaluate photos`` reads, and ours after them.
"""

from __future__ import annotations

import csv
import io
import time
from collections.abc import Iterable
from pathlib import Path

from core.classes import NO_DIGIT
from core.errors import DatasetError, ImageError, StorageError
from core.files.atomic import write_atomically
from pi.samples.store import SIDE, Sample

INDEX = "index.tsv"
COLUMNS = ("file", "label", "kind", "source", "note", "guess", "model", "time", "origin")

_LARGEST = 4 << 20

_TRUSTED = "clock trusted"

# Seconds since 1970, so the year 2106; milliseconds are beyond it.
_LAST_TIME = 2**32


def export(samples: Iterable[Sample], folder: Path) -> int:
    """Write each sample's 28x28 as a PNG, and the index; how many. Raises StorageError."""
    from PIL import Image

    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise StorageError(f"{folder}: cannot be made ({error.strerror})") from error
    if (folder / INDEX).exists():
        raise StorageError(f"{folder}: holds an {INDEX} already; give another folder")
    rows = io.StringIO()
    writer = csv.DictWriter(rows, COLUMNS, delimiter="\t", lineterminator="\n")
    writer.writeheader()
    count = 0
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
    return count


def read(folder: Path) -> list[Sample]:
    """The samples in a folder that :func:`export` wrote, or in one of labelled pictures.

    A picture of 28x28 is taken as it is, dark on light; from any other the best candidate for
    a digit is cropped. Raises DatasetError, ImageError.
    """
    try:
        text = (folder / INDEX).read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise DatasetError(f"{folder / INDEX}: cannot be read ({error})") from None
    reader = csv.DictReader(text.splitlines(), delimiter="\t", quoting=csv.QUOTE_NONE)
    if not {"file", "label"} <= set(reader.fieldnames or ()):
        raise DatasetError(f"{folder / INDEX}:1: needs the columns file and label")
    found = []
    for row in reader:
        place = f"{folder / INDEX}:{reader.line_num}"
        path = folder / (row["file"] or "")
        if not path.resolve().is_relative_to(folder.resolve()):
            raise DatasetError(f"{place}: {row['file']} is not in the folder")
        found.append(_sample(path, _label(row["label"], place), row, place))
    return found


def _row(sample: Sample, name: str) -> dict[str, object]:
    others = {None: ("?", "unlabelled"), NO_DIGIT: ("-", "none_photo")}
    label, kind = others.get(sample.label, (str(sample.label), "photo_single"))
    return {
        "file": name,
        "label": label,
        "kind": kind,
        "source": "zerodigit",
        "note": _TRUSTED if sample.trusted else "clock not trusted",
        "guess": "" if sample.guess is None else sample.guess,
        "model": sample.model,
        "time": f"{sample.time:.0f}",
        "origin": sample.origin or "",
    }


def _label(text: str | None, place: str) -> int | None:
    if text in ("?", "", None):
        return None
    if text == "-":
        return NO_DIGIT
    if text is not None and len(text) == 1 and text in "0123456789":
        return int(text)
    raise DatasetError(f'{place}: the label is a digit, "-" or "?", not {text!r}')


def _sample(path: Path, label: int | None, row: dict[str, str | None], place: str) -> Sample:
    guess, when = row.get("guess") or "", _time(row.get("time") or "", place)
    if guess and not (len(guess) == 1 and guess in "0123456789"):
        raise DatasetError(f"{place}: the guess is a digit, not {guess!r}")
    return Sample(
        _image(path),
        guess=int(guess) if guess else None,
        model=(row.get("model") or "")[:100],
        time=time.time() if when is None else when,
        trusted=when is not None and row.get("note") == _TRUSTED,
        label=label,
        origin=None if label is None else (row.get("origin") or "import")[:20],
    )


def _time(text: str, place: str) -> float | None:
    if not text:
        return None
    try:
        seconds = float(text)
    except ValueError:
        seconds = -1
    if not 0 <= seconds < _LAST_TIME:
        raise DatasetError(f"{place}: the time is seconds since 1970, not {text!r}")
    return seconds


def _image(path: Path) -> bytes:
    from core.vision import SMALLEST_SIDE
    from core.vision.digitise import find_digits
    from core.vision.imagefile import load_frame

    if path.is_file() and path.stat().st_size > _LARGEST:
        raise ImageError(f"{path}: is larger than {_LARGEST >> 20} MB")
    frame = load_frame(path, min_side=SMALLEST_SIDE)
    if frame.shape == (SIDE, SIDE):
        return bytes(255 - value for value in frame.tobytes())
    found = find_digits(frame)
    if not found:
        raise ImageError(f"{path}: nothing in it looks like a digit")
    return bytes((found[0].image * 255).round().astype("uint8").tobytes())
