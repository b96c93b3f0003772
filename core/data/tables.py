"""Reads tables of digits: a label and 784 values a line, as programs and spreadsheets write it.

Separated by commas, semicolons, tabs, bars or spaces; with decimal points or commas; with or
without quotes, headings and a column of line numbers; the label first or last; values from 0 to
255, or from 0 to 1; lines that end in LF, CRLF or CR; UTF-8 or UTF-16, with or without a byte
order mark; gzip. What a table has is found in its first lines, and every later line must have
it too.
"""

from __future__ import annotations

import csv
import io
import math
import re
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from itertools import chain, islice, pairwise
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from core.data.streams import REMEDY, Stream, opened
from core.data.upright import PIXELS
from core.errors import DatasetError
from core.files import kinds

LABELS = ("label", "labels", "class", "digit", "target", "y")
"""Headings of the column with the labels."""

LOOKED_AT = 100
"""The first lines, from which the table's form is told."""

_UNPACKED = 32 << 20  # bytes that a .gz may unpack to: a second for each 15 MB
_BLANKS = 1000  # empty lines at the end
_LONGEST_ROW = 64 * 1024  # characters; 785 padded values take a few thousand
_BYTES = {str(value): value for value in range(256)}
_DIGITS = str.maketrans("", "", "0123456789 ")
_REAL_DIGITS = str.maketrans("", "", "0123456789 .eE+-")
_SPACED = re.compile(r"[0-9]\"? +\"?[0-9]")
_DIGITS_ALONE = re.compile(r"[0-9]{1,19}")
_REAL = re.compile(r"[0-9]{1,19}(\.[0-9]{0,30})?([eE][-+]?[0-9]{1,2})?")

Row = list[str]


@dataclass(frozen=True)
class _Look:
    """What tells a table's form from a line: its ``number``, its ``width`` in fields, the two
    fields at either end, the ``largest`` value between, and whether it is ``real``, with
    decimal points."""

    number: int
    width: int
    ends: tuple[str, str, str, str]
    largest: float
    real: bool

    @classmethod
    def of(cls, number: int, row: Row) -> _Look:
        """A look at a line; one that is too short, or has no numbers, fails when parsed."""
        inner = _floats(row[2:-2], _REAL_DIGITS)
        largest = math.inf if inner is None else float(inner.max(initial=0))
        ends = [*row[:2], "", ""][:2] + ["", "", *row[-2:]][-2:]
        real = any("." in field for field in row[2:-2])
        a, b, c, d = (field.strip() for field in ends)
        return cls(number, len(row), (a, b, c, d), largest, real)


@dataclass(frozen=True)
class _Form:
    """Which ``columns`` of the ``width`` of a line count, which of them is the label, and how
    values are written: ``real``, with decimal points; to be multiplied by ``scale``."""

    columns: slice
    width: int
    label: int
    real: bool
    scale: int


def read_csv(
    path: str | Path, *, largest_label: int = 9
) -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:
    """Read a table: images, uint8 (n, 784), ink as in the table, and labels, uint8 (n,).

    The file is read line by line into bytes, so it takes no more memory than its images.
    Raises DatasetError as ``file:line:column: what is wrong``.
    """
    path = Path(path)
    images, labels = bytearray(), bytearray()
    with opened(path) as stream, _decoded(stream) as text:
        if kind := kinds.kind_of(stream.content.peek(kinds.LOOKED_AT)):
            raise DatasetError(f"{path}: {kind}, not a table; {REMEDY}")
        lines = _lines(text, stream, path)
        # Lines, for their fields would take twenty times the memory.
        first = list(islice(lines, LOOKED_AT))
        separator = _separator("".join(line for _, line in first[:2]))
        rows = _rows(first, separator, path)
        heading = next(rows, (0, [""]))[1]
        headed = _is_heading(heading)
        if looks := [_Look.of(*row) for row in _rows(first[headed:], separator, path)]:
            form = _form(heading if headed else [], looks, largest_label, path)
            for number, row in _rows(chain(first[headed:], lines), separator, path):
                pixels, label = _parsed(row, form, f"{path}:{number}")
                if label > largest_label:
                    raise DatasetError(
                        f"{path}:{number}:{form.label + 1}: label {label}, the largest allowed "
                        f"is {largest_label}"
                    )
                labels.append(label)
                images += pixels
    if not labels:
        raise DatasetError(f"{path}: holds no rows; {REMEDY}")
    values = np.frombuffer(images, dtype=np.uint8).reshape(-1, PIXELS)
    return values, np.frombuffer(labels, dtype=np.uint8)


def _decoded(stream: Stream) -> io.TextIOWrapper:
    start = stream.content.peek(2)[:2]
    encoding = "utf-16" if start in (b"\xff\xfe", b"\xfe\xff") else "utf-8"
    return io.TextIOWrapper(stream.content, encoding, errors="backslashreplace")


def _lines(text: io.TextIOWrapper, stream: Stream, path: Path) -> Iterator[tuple[int, str]]:
    """Number and text of each line."""
    read = number = 0
    while line := text.readline(_LONGEST_ROW):
        number += 1
        read += len(line)
        if len(line) == _LONGEST_ROW:
            raise DatasetError(f"{path}:{number}:1: a line without end; is this a CSV file?")
        if stream.packed:
            stream.check_unpacked(path, read, _UNPACKED)
        yield number, line.lstrip("\ufeff")


def _separator(text: str) -> str:
    """What stands between the values of the first lines: a comma only if there is no other, for
    beside another it is a decimal comma; spaces only if nothing else is there."""
    if _SPACED.search(text):
        return " "
    other = max(";\t|", key=text.count)
    return other if text.count(other) > text.count(",") / 2 else ","


def _rows(
    lines: Iterable[tuple[int, str]], separator: str, path: Path
) -> Iterator[tuple[int, Row]]:
    """Number and fields of each line; blank ones may only end the table."""
    blank = 0
    for number, line in lines:
        if not line.strip():
            blank = blank or number
            if number > blank + _BLANKS:
                raise DatasetError(f"{path}:{blank}:1: more than {_BLANKS} empty lines")
            continue
        if blank:
            raise DatasetError(f"{path}:{blank}:1: an empty line between two rows")
        try:
            line = line.rstrip(" \r\n")
            row = next(csv.reader([line], delimiter=separator, skipinitialspace=True))
            if "," in line and (separator != "," or '"' in line):
                row = [field.replace(",", ".") for field in row]
            yield number, row
        except csv.Error as error:
            raise DatasetError(f"{path}:{number}:1: cannot be read ({error})") from None


def _is_heading(fields: Row) -> bool:
    """Whether these are names, or numbers that count the columns up to 783 or 784."""
    words = [field.strip().lower() for field in fields]
    if words[0] in LABELS or words[-1] in LABELS:
        return True
    numbers = [word for word in words if word.lstrip("-").replace(".", "", 1).isdigit()]
    return not numbers or numbers[-PIXELS:] in (
        [str(n) for n in range(PIXELS)],
        [str(n) for n in range(1, PIXELS + 1)],
    )


def _form(heading: Row, looks: list[_Look], largest: int, path: Path) -> _Form:
    """The form of a table, from its heading and its first rows."""
    names = [name.strip().lower() for name in heading]
    start, stop = 0, looks[0].width
    if all(each.ends[-1] == "" for each in looks):
        stop -= 1  # Every line ends with a separator.
    if stop - start == PIXELS + 2 and _counts(looks, names):
        start = 1
    width = stop - start
    if width == PIXELS:
        raise DatasetError(
            f"{path}:{looks[0].number}:1: {PIXELS} values and no label in a line, as in a "
            "table of digits to be read; give the one with the labels"
        )
    _check_width(width, PIXELS + 1, f"{path}:{looks[0].number}")
    named = [at for at in range(start, min(stop, len(names))) if names[at] in LABELS]
    first = [each.ends[start] for each in looks]
    last = [each.ends[3 + stop - looks[0].width] for each in looks]
    label = named[0] if named else start if _label_first(first, last, largest) else stop - 1
    scale = 255 if 0 < max(each.largest for each in looks) <= 1 else 1
    return _Form(slice(start, stop), looks[0].width, label, looks[0].real, scale)


def _counts(looks: list[_Look], names: Row) -> bool:
    """Whether the first column numbers the lines."""
    if names and names[0] in ("", "index", "id", "unnamed: 0"):
        return True
    numbers = [_whole(each.ends[0]) for each in looks]
    return len(numbers) > 2 and {b - a for a, b in pairwise(numbers)} == {1}


def _label_first(first: Row, last: Row, largest: int) -> bool:
    """Whether the label is in the first and not in the last column: the corner of a picture is
    nearly always paper, and so its column has one value alone. A first column of labels that
    are too large, as of letters, is one of labels all the same."""
    kinds = {_whole(field) for field in first}, {_whole(field) for field in last}
    possible = [all(0 <= value <= largest for value in each) for each in kinds]
    if not possible[1] or len(kinds[1]) == 1 < len(kinds[0]):
        return True
    return possible[0] and len(kinds[0]) >= len(kinds[1])


def _whole(field: str) -> int:
    """The whole number in a field, -1 for anything else."""
    text = field.strip()
    number = float(text) if _REAL.fullmatch(text) else -1.0
    return int(number) if number.is_integer() else -1


def _parsed(row: Row, form: _Form, position: str) -> tuple[bytes, int]:
    """The pixels of a line, and its label."""
    _check_width(len(row), form.width, position)
    label = _whole(row[form.label])
    if not 0 <= label <= 255:
        raise _no_number(row[form.label], f"{position}:{form.label + 1}", "0 to 255")
    fields = row[form.columns.start : form.label] + row[form.label + 1 : form.columns.stop]
    if form.scale == 1 and not form.real:
        with suppress(KeyError):
            return bytes(map(_BYTES.__getitem__, fields)), label
    return _values(fields, form, position), label


def _check_width(width: int, expected: int, position: str) -> None:
    if width != expected:
        raise DatasetError(
            f"{position}:{min(width, expected) + 1}: {width} columns, expected the label and "
            f"{PIXELS} values"
        )


def _values(fields: Row, form: _Form, position: str) -> bytes:
    """The pixels in fields. Raises DatasetError for the first that is none of its table."""
    most = 255 // form.scale
    digits, written = (_REAL_DIGITS, _REAL) if form.real else (_DIGITS, _DIGITS_ALONE)
    values = _floats(fields, digits)
    if values is None or values.min() < 0 or values.max() > most:
        for index, field in enumerate(fields):
            text = field.strip()
            if written.fullmatch(text) and 0 <= float(text) <= most:
                continue
            column = form.columns.start + index
            span = "0 to 255" if most == 255 else "0 to 1, as those before it are"
            column += column >= form.label
            raise _no_number(field, f"{position}:{column + 1}", span, real=form.real)
    if values is None:  # all are numbers, with white space of other kinds around some
        values = np.array([float(field.strip()) for field in fields])
    return np.rint(values * form.scale).astype(np.uint8).tobytes()


def _floats(fields: Row, digits: dict[int, int | None]) -> NDArray[np.float64] | None:
    """The numbers in fields; None if there is anything but ``digits`` in them."""
    if "".join(fields).translate(digits):
        return None
    try:
        return np.array(list(map(float, fields)))
    except ValueError:
        return None


def _no_number(field: str, position: str, span: str, *, real: bool = False) -> DatasetError:
    kind = "number" if real else "whole number"
    shown = field.strip()[:20]
    shown = shown.encode("unicode_escape").decode() if not shown.isascii() else shown
    return DatasetError(f"{position}: '{shown}' is not a {kind} from {span}")
