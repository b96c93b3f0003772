"""The sample store: digits that the camera saw, with their predictions and labels.

A row is a digit that was shown long enough, or that somebody corrected. The file is bounded:
the oldest samples without a label go first, and those with a label stay until somebody deletes
them. Any number of processes may use it at once: the service, a night, whoever labels.
"""

from __future__ import annotations

import logging
import sqlite3
from collections.abc import Iterable
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

from core.classes import NO_DIGIT
from pi.samples import database
from pi.samples.database import DamagedError, NoSampleError

if TYPE_CHECKING:
    from collections.abc import Iterator

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
    crop : part of the frame around it, grey, in rows of ``crop_width`` bytes.
    id : its number; 0 before it is stored.
    """

    image: bytes
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


_COLUMNS = tuple(each.name for each in fields(Sample))


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
        try:
            self._connection = database.open_file(path, wait_s)
        except DamagedError as error:
            if not set_aside:
                raise DamagedError(
                    f"{error}; `sudo systemctl restart zerodigit` sets it aside"
                ) from None
            where = database.set_aside(path)
            _log.error("%s; it is set aside as %s, and samples begin anew", error, where)
            self._connection = database.open_file(path, wait_s)

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
        """Close the file. May be called again."""
        self._connection.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *reason: object) -> None:
        self.close()

    def add(self, sample: Sample) -> int:
        """Store a sample, and delete what is over the bounds, in one write; its number."""
        _check_label(sample.label)
        row = _row(sample)
        marks = ", ".join("?" * len(row))
        with self._writing():
            cursor = self._connection.execute(
                f"INSERT INTO samples ({', '.join(_COLUMNS[:-1])}) VALUES ({marks})", row
            )
            number = int(cursor.lastrowid or 0)
            self._prune(number)
        return number

    def label(self, number: int, label: int | None, origin: str | None = None) -> Sample:
        """Label a sample, or with None remove its label; the sample as it was.

        Raises
        ------
        NoSampleError : there is no such sample.
        """
        _check_label(label)
        with self._writing():
            before = self.get(number)
            self._connection.execute(
                "UPDATE samples SET label = ?, origin = ? WHERE id = ?",
                (label, None if label is None else origin, number),
            )
        return before

    def delete(self, numbers: Iterable[int]) -> int:
        """Delete samples, labelled or not, and their traces in the file; how many."""
        with self._reported():
            # Deleted pages are overwritten with zeros.
            self._connection.execute("PRAGMA secure_delete = ON")
        with self._writing():
            cursor = self._connection.executemany(
                "DELETE FROM samples WHERE id = ?", [(number,) for number in numbers]
            )
            count = cursor.rowcount
        database.empty_log(self._connection, self.path)
        return count

    def get(self, number: int) -> Sample:
        """One sample. Raises NoSampleError if there is none of that number."""
        found = self.select("id = ?", [number])
        if not found:
            raise NoSampleError(f"{self.path}: there is no sample {number}")
        return found[0]

    def labelled(self) -> list[Sample]:
        """Samples with a label, in the order of their numbers."""
        return self.select("label IS NOT NULL")

    def select(
        self, where: str = "1", values: Iterable[Any] = (), *, last: int | None = None
    ) -> list[Sample]:
        """Samples by a condition of SQL, in the order of their numbers; the ``last`` ones."""
        query = f"SELECT {', '.join(_COLUMNS)} FROM samples WHERE {where} ORDER BY id DESC"
        if last is not None:
            query += f" LIMIT {last:d}"
        with self._reported():
            rows = self._connection.execute(query, tuple(values)).fetchall()
        return [_sample(row) for row in reversed(rows)]

    def counts(self) -> dict[str, int]:
        """``all``, ``labelled``, ``corrected``: how many there are."""
        with self._reported():
            row = self._connection.execute(
                "SELECT count(*), count(label), "
                "coalesce(sum(label IS NOT NULL AND label IS NOT guess), 0) FROM samples"
            ).fetchone()
        return dict(zip(("all", "labelled", "corrected"), map(int, row), strict=True))

    def _prune(self, newest: int) -> None:
        """Delete the oldest without a label until it fits; the newest may still get one."""
        execute = self._connection.execute
        surplus = execute("SELECT count(*) FROM samples").fetchone()[0] - self._most
        # Rows are of about one size, so a share of the bytes is a share of the rows.
        size = self._size()
        if size > self._most_bytes:
            count = execute("SELECT count(*) FROM samples").fetchone()[0]
            surplus = max(surplus, -(-count * (size - self._most_bytes) // size))
        if surplus > 0:
            execute(
                "DELETE FROM samples WHERE id IN (SELECT id FROM samples "
                "WHERE label IS NULL AND id <> ? ORDER BY id LIMIT ?)",
                (newest, surplus),
            )

    def _size(self) -> int:
        """Bytes of the file in use."""
        count, free, page = (
            int(self._connection.execute(f"PRAGMA {name}").fetchone()[0])
            for name in ("page_count", "freelist_count", "page_size")
        )
        return (count - free) * page

    @contextmanager
    def _writing(self) -> Iterator[None]:
        """One transaction, one write."""
        with self._reported():
            self._connection.execute("BEGIN IMMEDIATE")
            try:
                yield
                self._connection.execute("COMMIT")
            except BaseException:
                with suppress(sqlite3.Error):
                    self._connection.execute("ROLLBACK")
                raise

    @contextmanager
    def _reported(self) -> Iterator[None]:
        """SQLite's errors as ours."""
        try:
            yield
        except sqlite3.Error as error:
            raise database.wrapped(error, self.path) from error


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


def _row(sample: Sample) -> tuple[Any, ...]:
    if len(sample.image) != PIXELS:
        raise ValueError(f"an image has {PIXELS} bytes, not {len(sample.image)}")
    values = {name: getattr(sample, name) for name in _COLUMNS[:-1]}
    values["probabilities"] = " ".join(f"{each:.4f}" for each in sample.probabilities)
    values["trusted"] = int(sample.trusted)
    return tuple(values.values())


def _sample(row: tuple[Any, ...]) -> Sample:
    values = dict(zip(_COLUMNS, row, strict=True))
    values["probabilities"] = tuple(map(float, (values["probabilities"] or "").split()))
    values["trusted"] = bool(values["trusted"])
    return Sample(**values)
