"""The file of the sample store: its layout, migrations, integrity check, and damage.

SQLite, with a write-ahead log that is on the card before a write returns. A file of an older
version is migrated, one of a newer version is left alone, and a damaged one is moved out of the
way, so that the appliance goes on with an empty one.
"""

from __future__ import annotations

import logging
import sqlite3
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

from core.errors import StorageError

_log = logging.getLogger(__name__)

MODE = 0o660
"""Mode of the file: the service and its group may write."""

WAIT_S = 5.0
"""Time to wait for another process that is writing."""

SET_ASIDE = 3
"""Damaged files that are kept; a further one replaces the last of them."""

# The log beside the file is cut back to so many bytes after it was larger.
_LOG_BYTES = 1 << 20

# SQLite would take 2 MB.
_CACHE_KB = 256

_FIRST = """
CREATE TABLE samples (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    image BLOB NOT NULL CHECK (length(image) = 784),
    crop BLOB,
    crop_width INTEGER,
    guess INTEGER,
    confidence REAL NOT NULL DEFAULT 0,
    probabilities TEXT,
    model TEXT NOT NULL DEFAULT '',
    time REAL NOT NULL,
    trusted INTEGER NOT NULL,
    label INTEGER CHECK (label BETWEEN 0 AND 10),
    origin TEXT
);
CREATE INDEX samples_by_label ON samples (label, id);
"""

MIGRATIONS: tuple[str, ...] = (_FIRST,)
"""Statements that make version n of version n - 1. Only added to once released."""


class DamagedError(StorageError):
    """The file is no intact database."""


class NoSampleError(StorageError):
    """There is no sample of that number, or not any more."""


def open_file(
    path: Path, wait_s: float = WAIT_S, migrations: Sequence[str] = MIGRATIONS
) -> sqlite3.Connection:
    """Open the file, made if it is not there; check its integrity, and migrate it.

    Raises
    ------
    DamagedError : it is no database, or fails its integrity check.
    StorageError : it cannot be written, or is of a newer version.
    """
    connection = None
    try:
        _make(path)
        connection = sqlite3.connect(path, timeout=wait_s, isolation_level=None)
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA synchronous = FULL")
        connection.execute(f"PRAGMA journal_size_limit = {_LOG_BYTES}")
        connection.execute(f"PRAGMA cache_size = -{_CACHE_KB}")
        found = connection.execute("PRAGMA quick_check(1)").fetchone()[0]
        if found != "ok":
            raise DamagedError(f"{path}: is damaged ({_line(found)})")
        _migrate(connection, path, migrations)
        return connection
    except (sqlite3.Error, OSError) as error:
        if connection is not None:
            connection.close()
        if isinstance(error, StorageError):
            raise
        raise wrapped(error, path) from error


def wrapped(error: sqlite3.Error | OSError, path: Path) -> StorageError:
    """An error of SQLite or of the file system as one of ours."""
    if isinstance(error, sqlite3.DatabaseError) and not isinstance(
        error, sqlite3.OperationalError | sqlite3.IntegrityError | sqlite3.ProgrammingError
    ):
        return DamagedError(f"{path}: is damaged ({_line(error)})")
    return StorageError(
        f"{path}: cannot be used ({_line(error)}); is the card full, may this user write there?"
    )


def set_aside(path: Path) -> Path:
    """Move a damaged file out of the way; its new path. Raises StorageError."""
    number = next((n for n in range(1, SET_ASIDE) if not _aside(path, n).exists()), SET_ASIDE)
    target = _aside(path, number)
    try:
        # Its log goes first: SQLite would apply it to the new file.
        for each, there in zip(_beside(path), _beside(target), strict=True):
            with suppress(FileNotFoundError):
                each.replace(there)
        path.replace(target)
    except OSError as error:
        raise wrapped(error, path) from error
    return target


def remove_set_aside(path: Path) -> int:
    """Remove the damaged files that were moved out of the way of ``path``; how many.

    Raises
    ------
    StorageError : one cannot be removed.
    """
    count = 0
    for number in range(1, SET_ASIDE + 1):
        target = _aside(path, number)
        count += target.exists()
        for each in (target, *_beside(target)):
            try:
                each.unlink(missing_ok=True)
            except OSError as error:
                raise StorageError(
                    f"{each}: cannot be removed ({error.strerror}); it holds pictures: "
                    "remove it as root"
                ) from error
    return count


def empty_log(connection: sqlite3.Connection, path: Path) -> None:
    """Remove what was deleted from the log beside the file, too; log a warning if it stays.

    A process that reads keeps the log; it is waited for as long as for one that writes.
    """
    try:
        busy = bool(connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()[0])
    except sqlite3.Error:
        busy = True
    if busy:
        _log.warning(
            "%s-wal: may still hold what was deleted, since another process is reading; delete "
            "it again in a minute",
            path,
        )


def _beside(path: Path) -> list[Path]:
    """The log that belongs to a file, and its index."""
    return [Path(f"{path}{suffix}") for suffix in ("-wal", "-shm")]


def _aside(path: Path, number: int) -> Path:
    return path.with_name(f"{path.name}.damaged{number}")


def _make(path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    if not path.exists():
        # SQLite gives its log the mode of the file, whoever makes it.
        path.touch(MODE)
        with suppress(PermissionError):
            path.chmod(MODE)


def _migrate(connection: sqlite3.Connection, path: Path, migrations: Sequence[str]) -> None:
    version, newest = _version(connection), len(migrations)
    if version > newest:
        raise StorageError(
            f"{path}: was written by a newer zerodigit (version {version}, this one knows "
            f"{newest}); upgrade, or move the file away"
        )
    while version < newest:
        connection.execute("BEGIN IMMEDIATE")
        try:
            # Another process may have been quicker.
            version = _version(connection)
            if version < newest:
                for statement in migrations[version].split(";"):
                    connection.execute(statement)
                version += 1
                connection.execute(f"PRAGMA user_version = {version}")
            connection.execute("COMMIT")
        except BaseException:
            connection.execute("ROLLBACK")
            raise


def _version(connection: sqlite3.Connection) -> int:
    return int(connection.execute("PRAGMA user_version").fetchone()[0])


def _line(text: object) -> str:
    return " ".join(str(text).split())[:120]
