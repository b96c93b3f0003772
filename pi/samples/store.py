"""The sample store: digits that the camera saw, with their predictions and labels.

A row is a digit that was shown long enough, or that somebody corrected. The file is bounded:
the oldest samples without a label go first, and those with a label stay until somebody deletes
them. Any number of processes may use it at once: the service, a night, whoever labels.
"""

from __future__ import annotations

import hashlib
import logging
import sqlite3
from collections.abc import Iterable
from contextlib import AbstractContextManager
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

from core.classes import NO_DIGIT
from core.files.foreign import printable
from pi.samples import database
from pi.samples.database import DamagedError, NoSampleError

if TYPE_CHECKING:
    from pi.config import Config
    from pi.config.schema import SamplesSection

_log = logging.getLogger(__name__)

FILE = "samples.db"

SIDE = 28
PIXELS = SIDE * SIDE

LABELS = range(NO_DIGIT + 1)


@dataclass(frozen=True)
class Sample:
    """A digit that the camera saw.

    Attributes
    ----------
    image : input of the network, 784 bytes, rows of 28, ink = 255.
    guess : the class predicted, None if it is not known.
    confidence : of the guess, 0 to 1.
    probabilities : of every class.
    model : version of the weights that predicted it.
    time : seconds since 1970, by a clock that may have been wrong: see ``trusted``.
    label : true class: 0 to 9, NO_DIGIT, or None if nobody has said.
    origin : where the label is from: "right" and "wrong" are the buttons, "label", "import".
    crop : part of the frame around it, grey, in rows of ``crop_width`` bytes; None, too, where
        several samples are read.
    id : its number; 0 before it is stored.
    """

    image: bytes = field(repr=False)
    guess: int | None = None
    confidence: float = 0.0
    probabilities: tuple[float, ...] = ()
    model: str = ""
    time: float = 0.0
    trusted: bool = False
    label: int | None = None
    origin: str | None = None
    crop: bytes | None = field(default=None, repr=False)
    crop_width: int | None = None
    id: int = 0

    @property
    def confirmed(self) -> bool:
        """Whether it has a label, and was read rightly."""
        return self.label is not None and self.label == self.guess

    @property
    def corrected(self) -> bool:
        """Whether it has a label, and was read wrongly."""
        return self.label is not None and self.label != self.guess


@dataclass(frozen=True)
class LabelledImages:
    """Samples with a label, in little memory: the images, of PIXELS bytes each, as one piece.

    A Pi has them once for a moment, and a piece so large goes back to the system.
    """

    numbers: list[int]
    labels: list[int]
    images: bytearray = field(repr=False)


_COLUMNS = tuple(each.name for each in fields(Sample))

TEXT = 500
"""Characters of ``model`` or ``origin`` at most; the longest are paths of models."""

CROP_BYTES = 1 << 16
"""Bytes of ``crop`` at most."""

# SQLite stores whatever it is given: text where a number belongs, or a megabyte of it.
_POSSIBLE = f"""(
    typeof(image) = 'blob' AND length(image) = {PIXELS}
    AND (guess IS NULL OR (typeof(guess) = 'integer' AND guess BETWEEN 0 AND {NO_DIGIT}))
    AND (label IS NULL OR (typeof(label) = 'integer' AND label BETWEEN 0 AND {NO_DIGIT}))
    AND typeof(confidence) = 'real' AND confidence BETWEEN 0 AND 1
    AND typeof(time) = 'real' AND abs(time) < 1e15
    AND typeof(trusted) = 'integer' AND trusted IN (0, 1)
    AND typeof(model) = 'text' AND length(model) <= {TEXT}
    AND typeof(origin) IN ('text', 'null') AND length(coalesce(origin, '')) <= {TEXT}
    AND typeof(probabilities) IN ('text', 'null')
    AND length(coalesce(probabilities, '')) <= {TEXT}
)"""

# Of several samples without their crops, which are most of the bytes.
_PLAIN = ", ".join(_COLUMNS).replace("crop, crop_width", "NULL, NULL")
_WHOLE = ", ".join(_COLUMNS).replace(
    "crop,",
    f"""CASE WHEN typeof(crop) = 'blob' AND length(crop) <= {CROP_BYTES}
    AND typeof(crop_width) = 'integer' AND crop_width BETWEEN 1 AND length(crop)
    AND length(crop) % crop_width = 0 THEN crop END,""",
)


class SampleStore:
    """The samples in a folder.

    Parameters
    ----------
    path : the file; its folder is made if it is not there.
    most : samples at most; beyond it the oldest without a label are deleted.
    most_bytes : bytes of the file at most, likewise.
    set_aside : whether a damaged file is moved away and a new one begun.
    wait_s : time to wait for another process that is writing.

    Raises
    ------
    DamagedError : the file is damaged, and shall not be set aside.
    StorageError : it is of a newer version, or cannot be used; then a SamplesError, which has
        the reason.
    """

    def __init__(
        self,
        path: Path,
        *,
        most: int = 2000,
        most_bytes: int = 32 << 20,
        set_aside: bool = False,
        wait_s: float = database.WAIT_S,
    ) -> None:
        self.path = path
        self._most = most
        self._most_bytes = most_bytes
        self._wait_s = wait_s
        self._largest = max(database.LARGEST, 2 * most_bytes)
        # What lies beside the file may be moved first, and then the file.
        for tries in (2, 1, 0):
            try:
                database.prepare(path, wait_s, self._largest)
                break
            except DamagedError as error:
                if not (set_aside and tries):
                    raise DamagedError(
                        f"{error}; `sudo systemctl restart zerodigit` sets it aside"
                    ) from None
                where = database.set_aside(path, self._largest)
                _log.error("%s; it is set aside as %s", error, where)

    @classmethod
    def of(
        cls, config: Config, *, set_aside: bool = False, wait_s: float = database.WAIT_S
    ) -> Self:
        """The store in the folder of the settings, bounded as they say."""
        section: SamplesSection = config.samples
        return cls(
            path_of(config),
            most=section.most,
            most_bytes=section.most_mb << 20,
            set_aside=set_aside,
            wait_s=wait_s,
        )

    def close(self) -> None:
        """Nothing: each method opens the file, and closes it."""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *reason: object) -> None:
        self.close()

    def add(self, sample: Sample) -> int:
        """Store a sample, and delete what is over the bounds, in one write; its number."""
        with self._transaction(write=True) as connection:
            number = _insert(connection, sample)
            self._prune(connection, number)
        return number

    def add_new(self, samples: Iterable[Sample]) -> tuple[int, int, int]:
        """Store samples whose images are not there yet, in one write: all of them or none.

        One that is there without a label gets the label.

        Returns how many were added, how many were there, and how many without a label are
        over the bounds and deleted.
        """
        added = there = 0
        with self._transaction(write=True) as connection:
            rows = connection.execute(f"SELECT image, id, label FROM samples WHERE {_POSSIBLE}")
            known = {_digest(image): (number, label) for image, number, label in rows}
            for each in samples:
                digest = _digest(each.image)
                number, label = known.get(digest, (None, None))
                if number is None:
                    known[digest] = _insert(connection, each), each.label
                    added += 1
                    continue
                there += 1
                if label is None and each.label is not None:
                    _set_label(connection, number, each.label, "import")
                    known[digest] = number, each.label
            pruned = self._prune(connection, 0)
        return added, there, pruned

    def label(self, number: int, label: int | None, origin: str | None = None) -> None:
        """Label a sample, or with None remove its label.

        Raises
        ------
        NoSampleError : there is no such sample.
        """
        with self._transaction(write=True) as connection:
            if not _set_label(connection, number, label, origin):
                raise NoSampleError(f"{self.path}: there is no sample {number}")

    def delete(self, numbers: Iterable[int]) -> int:
        """Delete samples, labelled or not, and their traces in the file; how many."""
        ids = [(number,) for number in numbers]
        with self._transaction(write=True) as connection:
            cursor = connection.executemany("DELETE FROM samples WHERE id = ?", ids)
        return cursor.rowcount

    def restore(self, sample: Sample) -> None:
        """Store a sample that was deleted, as :meth:`get` gave it, under its number again."""
        with self._transaction(write=True) as connection:
            _insert(connection, sample, sample.id)

    def delete_all(self) -> int:
        """Delete every sample, and write the file anew: older versions left traces in it.

        Returns how many samples there were.
        """
        with self._transaction(write=True) as connection:
            cursor = connection.execute("DELETE FROM samples")
        database.compact(self.path, self._wait_s, self._largest)
        return cursor.rowcount

    def get(self, number: int) -> Sample:
        """One sample. Raises NoSampleError if there is none of that number."""
        query = f"SELECT {_WHOLE} FROM samples WHERE {_POSSIBLE} AND id = ?"
        with self._transaction() as connection:
            row = connection.execute(query, (number,)).fetchone()
        if row is None:
            raise NoSampleError(f"{self.path}: there is no sample {number}")
        return _sample(row)

    def labelled(self) -> list[Sample]:
        """Samples with a label, in the order of their numbers."""
        return self.select("label IS NOT NULL")

    def most_useful(self, most: int) -> LabelledImages:
        """At most so many samples with a label.

        Those that were read wrongly first, they have most to tell; of either kind the newest
        first.
        """
        found = LabelledImages([], [], bytearray())
        query = (
            f"SELECT id, label, image FROM samples WHERE label IS NOT NULL AND {_POSSIBLE} "
            "ORDER BY label IS NOT guess DESC, id DESC LIMIT ?"
        )
        with self._transaction() as connection:
            for number, label, image in connection.execute(query, (most,)):
                found.numbers.append(number)
                found.labels.append(label)
                found.images.extend(image)
        return found

    def select(
        self, where: str = "1", values: Iterable[Any] = (), *, last: int | None = None
    ) -> list[Sample]:
        """Samples by a condition of SQL, in the order of their numbers; the ``last`` ones.

        Without their crops. Rows that no sample has, as another program may write them, are
        passed over.
        """
        query = f"SELECT {_PLAIN} FROM samples WHERE {_POSSIBLE} AND ({where}) ORDER BY id DESC"
        if last is not None:
            query += f" LIMIT {last:d}"
        with self._transaction() as connection:
            found = [_sample(row) for row in connection.execute(query, tuple(values))]
        return found[::-1]

    def whole(self, after: int, count: int) -> list[Sample]:
        """The next ``count`` samples after a number, in the order of their numbers, with their
        crops."""
        query = f"SELECT {_WHOLE} FROM samples WHERE {_POSSIBLE} AND id > ? ORDER BY id LIMIT ?"
        with self._transaction() as connection:
            return [_sample(row) for row in connection.execute(query, (after, count))]

    def counts(self) -> dict[str, int]:
        """``all``, ``labelled``, ``corrected``: how many rows there are."""
        with self._transaction() as connection:
            row = connection.execute(
                "SELECT count(*), count(label), "
                "coalesce(sum(label IS NOT NULL AND label IS NOT guess), 0) FROM samples"
            ).fetchone()
        return dict(zip(("all", "labelled", "corrected"), map(int, row), strict=True))

    def _prune(self, connection: sqlite3.Connection, newest: int) -> int:
        """Delete the oldest without a label until it fits; the newest may still get one.

        Returns how many.
        """
        [count] = connection.execute("SELECT count(*) FROM samples").fetchone()
        surplus = count - self._most
        # Rows are of about one size, so a share of the bytes is a share of the rows.
        size = _size(connection)
        if size > self._most_bytes:
            surplus = max(surplus, -(-count * (size - self._most_bytes) // size))
        if surplus <= 0:
            return 0
        cursor = connection.execute(
            "DELETE FROM samples WHERE id IN (SELECT id FROM samples "
            "WHERE label IS NULL AND id <> ? ORDER BY id LIMIT ?)",
            (newest, surplus),
        )
        return cursor.rowcount

    def _transaction(
        self, *, write: bool = False
    ) -> AbstractContextManager[sqlite3.Connection]:
        return database.transaction(
            self.path, write=write, wait_s=self._wait_s, largest=self._largest
        )


def path_of(config: Config) -> Path:
    """The file in the folder of the settings."""
    return Path(config.samples.folder) / FILE


def word(label: int | None) -> str:
    """A class in words: ``7``, ``no digit``, ``unsure``; ``?`` for None."""
    if label is None:
        return "?"
    if label > NO_DIGIT:
        return "unsure"
    return "no digit" if label == NO_DIGIT else str(label)


def _check_label(label: int | None) -> None:
    if label is not None and label not in LABELS:
        raise ValueError(f"a label is 0 to 9, {NO_DIGIT} or None, not {label}")


def _insert(connection: sqlite3.Connection, sample: Sample, number: int | None = None) -> int:
    _check_label(sample.label)
    if len(sample.image) != PIXELS:
        raise ValueError(f"an image has {PIXELS} bytes, not {len(sample.image)}")
    if len(sample.crop or b"") > CROP_BYTES:
        raise ValueError(f"a crop has at most {CROP_BYTES} bytes")
    # SQLite gives the next number for None.
    values = {name: getattr(sample, name) for name in _COLUMNS} | {"id": number}
    values["probabilities"] = " ".join(f"{each:.4f}" for each in sample.probabilities)
    values["trusted"] = int(sample.trusted)
    cursor = connection.execute(
        f"INSERT INTO samples ({', '.join(values)}) VALUES ({', '.join('?' * len(values))})",
        tuple(values.values()),
    )
    return int(cursor.lastrowid or 0)


def _set_label(
    connection: sqlite3.Connection, number: int, label: int | None, origin: str | None
) -> bool:
    """Label a row; whether it is there."""
    _check_label(label)
    cursor = connection.execute(
        "UPDATE samples SET label = ?, origin = ? WHERE id = ?",
        (label, None if label is None else origin, number),
    )
    return cursor.rowcount == 1


def _size(connection: sqlite3.Connection) -> int:
    """Bytes of the file in use."""
    count, free, page = (
        int(connection.execute(f"PRAGMA {name}").fetchone()[0])
        for name in ("page_count", "freelist_count", "page_size")
    )
    return (count - free) * page


def _digest(image: bytes) -> bytes:
    return hashlib.sha256(image).digest()


def _sample(row: tuple[Any, ...]) -> Sample:
    values = dict(zip(_COLUMNS, row, strict=True))
    values["probabilities"] = _numbers(values["probabilities"] or "")
    values["trusted"] = bool(values["trusted"])
    for name in ("model", "origin"):
        values[name] = values[name] and printable(values[name], TEXT)
    if values["crop"] is None:
        values["crop_width"] = None
    return Sample(**values)


def _numbers(text: str) -> tuple[float, ...]:
    try:
        return tuple(map(float, text.split()))
    except ValueError:
        return ()
