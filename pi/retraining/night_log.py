"""What came of each night: a line of JSON each in ``history.jsonl``, the last KEEP of them.

The journal of Raspberry Pi OS is lost at a power cut; this is not. The file lies in the folder
``night`` beside the samples, where the group may write: a line counts if its fields are of the
types that nights write, and texts are cut to what can be printed.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Callable, Iterable
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

from core.errors import StorageError
from core.files import foreign
from core.files.atomic import write_atomically

if TYPE_CHECKING:
    from pi.config import Config

_log = logging.getLogger(__name__)

FOLDER = "night"
"""Folder beside the samples with the history and the unfinished work of nights."""

FILE = "history.jsonl"

KEEP = 400
"""Nights that stay in the history: a year of them."""

LARGEST = 1 << 20
"""A history of more bytes is not read: nights write a third of it at most."""

_RECENT = 10
_MOST = 1_000_000
_LONGEST = 300
_LONGEST_S = 1e7
_LAST_SAMPLE = 2**63 - 1
_LAST_CLASS = 11
"""A class that is unsure; see ``pi.retraining.cross_validation.UNSURE``."""


def path_of(config: Config) -> Path:
    """The history in the folder of the settings."""
    return Path(config.samples.folder) / FOLDER / FILE


def read(path: Path) -> list[dict[str, Any]]:
    """The nights, the oldest first; damaged lines are passed over.

    Where there is none the one beside the samples is read, where it was before.

    Raises
    ------
    StorageError : the file is there and cannot be read.
    """
    return parse(_lines(path))


def parse(lines: Iterable[bytes]) -> list[dict[str, Any]]:
    """The nights in the lines of a history; damaged lines are passed over."""
    return [night for night in map(_night, lines) if night is not None]


def last(path: Path) -> dict[str, Any] | None:
    """The last night, None if the last lines are damaged or there was none.

    Raises StorageError.
    """
    nights = map(_night, reversed(_lines(path)[-_RECENT:]))
    return next((night for night in nights if night is not None), None)


def append(path: Path, night: dict[str, Any], keep: int = KEEP) -> None:
    """Add a night; the file is replaced whole, with the last ``keep`` nights.

    Raises
    ------
    StorageError : it cannot be read, or not be written; it stays as it was. What nobody's
        night has written, as a link or a huge file, is replaced, and what one may not read.
    """
    try:
        kept = read(path)
    except StorageError as error:
        if not isinstance(error.__cause__, foreign.UnfitFileError | PermissionError):
            raise
        _log.warning("%s; the history is begun anew", error)
        kept = []
    if kept and night["outcome"] == kept[-1]["outcome"] == "no memory":
        # It is tried again every half hour.
        kept.pop()
    write(path, [*kept, night][-keep:])


def write(path: Path, nights: list[dict[str, Any]]) -> None:
    """Replace the file whole. Raises StorageError."""
    with write_atomically(path) as file:
        file.write(packed(nights))
    with suppress(OSError):
        _before(path).unlink()


def packed(nights: list[dict[str, Any]]) -> bytes:
    """The bytes of a history."""
    return "".join(json.dumps(each, sort_keys=True) + "\n" for each in nights).encode()


def suspects(path: Path) -> list[tuple[int, int, int]]:
    """(number, label, class it was taken for) of the samples that the last night which judged
    weights would not read as their labels say, though they were trained on them.

    Raises StorageError.
    """
    judged = (night for night in reversed(read(path)) if "suspects" in night)
    night: dict[str, Any] = next(judged, {"suspects": []})
    return [(number, label, taken) for number, label, taken in night["suspects"]]


def _before(path: Path) -> Path:
    """Where it was before version 0.2.0."""
    return path.parent.parent / FILE


def _lines(path: Path) -> list[bytes]:
    """The last KEEP lines. Raises StorageError."""
    for each in (path, _before(path)):
        try:
            return foreign.read_bytes(each, LARGEST).splitlines()[-KEEP:]
        except FileNotFoundError:
            continue
        except OSError as error:
            raise StorageError(f"{each}: cannot be read ({error.strerror})") from error
    return []


def _night(line: bytes) -> dict[str, Any] | None:
    """The fields of a line that are known, their texts printable; None if it is damaged."""
    try:
        found = foreign.parse_json(line)
    except ValueError:
        return None
    if not isinstance(found, dict):
        return None
    night = {name: found[name] for name in _FIELDS if name in found}
    if not all(_FIELDS[name](value) for name, value in night.items()):
        return None
    # Whoever says how it was before says all that is counted.
    whole = "before" not in night or night.keys() >= set(_COUNTS)
    if not whole or "outcome" not in night:
        return None
    return {
        name: foreign.printable(value, _LONGEST) if isinstance(value, str) else value
        for name, value in night.items()
    }


def _is_text(value: Any) -> bool:
    return isinstance(value, str)


def _is_count(value: Any) -> bool:
    return foreign.is_integer(value, 0, _MOST)


def _are_confusions(value: Any) -> bool:
    """Whether it is a list of (label, class it was taken for, how often)."""
    return isinstance(value, list) and all(
        isinstance(each, list)
        and len(each) == 3
        and all(foreign.is_integer(of, 0, _LAST_CLASS) for of in each[:2])
        and _is_count(each[2])
        for each in value
    )


def _are_suspects(value: Any) -> bool:
    """Whether it is a list of (number of a sample, label, class it was taken for)."""
    return isinstance(value, list) and all(
        isinstance(each, list)
        and len(each) == 3
        and foreign.is_integer(each[0], 1, _LAST_SAMPLE)
        and all(foreign.is_integer(of, 0, _LAST_CLASS) for of in each[1:])
        for each in value
    )


_COUNTS = ("digits", "before", "after", "exam_before", "exam_after", "exam_count")

_FIELDS: dict[str, Callable[[Any], bool]] = {
    **dict.fromkeys(("outcome", "why", "at", "base", "version"), _is_text),
    **dict.fromkeys((*_COUNTS, "corrected", "read_before", "read_after"), _is_count),
    **dict.fromkeys(("confused", "still_confused"), _are_confusions),
    "suspects": _are_suspects,
    **dict.fromkeys(("clock_trusted", "offered"), lambda value: isinstance(value, bool)),
    "seconds": lambda value: foreign.is_number(value, 0, _LONGEST_S),
    "share": lambda value: value is None or foreign.is_number(value, 0, 1),
}
"""What the fields of a night may be."""
