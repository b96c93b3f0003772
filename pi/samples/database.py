"""The file of the sample store: its layout, migrations, integrity check, and damage.

SQLite, with a write-ahead log that is on the card before a write returns. A file of an older
version is migrated, one of a newer version is left alone, and a damaged one is moved out of the
way, so that the appliance goes on with an empty one.
"""

from __future__ import annotations

import errno
import logging
import os
import sqlite3
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

from core.errors import StorageError

_log = logging.getLogger(__name__)

MODE = 0o660
"""Mode of the file: the service and its group may write."""

WAIT_S = 3.0
"""Time to wait for another process that is writing: whoever labels has an answer within five
seconds, and a Pi needs some of them to start."""

SET_ASIDE = 3
"""Damaged files that are kept; a further one replaces the last of them."""

# The log beside the file is cut back to so many bytes after it was larger.
_LOG_BYTES = 1 << 20

# SQLite would take 2 MB.
_CACHE_KB = 256

_DAMAGED = (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB, sqlite3.SQLITE_FORMAT)

# What SQLite says where the card, or its folder, does not take a write.
_REFUSED = (
    sqlite3.SQLITE_READONLY,
    sqlite3.SQLITE_IOERR,
    sqlite3.SQLITE_CANTOPEN,
    sqlite3.SQLITE_PERM,
)

_NO_ROOM = (errno.ENOSPC, errno.EDQUOT)

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


class SamplesError(StorageError):
    """The file cannot be used. ``reason``: why, without its path and the remedy."""

    reason = "the samples cannot be written"


class BusyError(SamplesError):
    """Another process holds the file."""

    reason = "another process holds the samples"


class FullError(SamplesError):
    """There is no room for it."""

    reason = "the card is full"


class ReadOnlyError(SamplesError):
    """The file system is mounted read-only, as Linux does with a card that fails."""

    reason = "the card is read-only"


class ForbiddenError(SamplesError):
    """This user may not write there."""

    reason = "the samples may not be written"


class DamagedError(SamplesError):
    """The file is no intact database."""

    reason = "the samples are damaged"


class NoSampleError(StorageError):
    """There is no sample of that number, or not any more."""


def open_file(
    path: Path, wait_s: float = WAIT_S, migrations: Sequence[str] = MIGRATIONS
) -> sqlite3.Connection:
    """Open the file, made if it is not there; check its integrity, and migrate it.

    Raises
    ------
    SamplesError : BusyError, FullError and the like, as :func:`wrapped` has them; DamagedError
        if it is no database, or fails its integrity check.
    StorageError : it is of a newer version.
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


def wrapped(error: sqlite3.Error | OSError, path: Path) -> SamplesError:
    """An error of SQLite or of the file system as one of ours, by its code and by the folder.

    SQLite says "disk I/O error" and "unable to open database file" of full and of read-only
    cards, too, so the folder is asked.
    """
    # The low byte; what is above it says where in SQLite it happened. None: from Python.
    code = getattr(error, "sqlite_errorcode", None)
    code = None if code is None else code & 0xFF
    number = error.errno if isinstance(error, OSError) else None
    if code in _DAMAGED:
        return DamagedError(f"{path}: is damaged ({_line(error)})")
    if code in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED):
        return BusyError(
            f"{path}: another process holds it, a backup perhaps; try again when it has ended"
        )
    refused = code in _REFUSED
    if number == errno.EROFS or (refused and _mounted_read_only(path)):
        return ReadOnlyError(
            f"{path}: the card is read-only, so it may be failing: save {path.parent}, and "
            "write a new card"
        )
    if code == sqlite3.SQLITE_FULL or number in _NO_ROOM or (refused and _full(path)):
        return FullError(f"{path}: the card is full; make room, with `sudo apt clean` perhaps")
    if number in (errno.EACCES, errno.EPERM) or (refused and _forbidden(path)):
        return ForbiddenError(
            f"{path}: you may not write there; join the group that may, "
            "`sudo usermod -aG zerodigit $USER`, and log in again"
        )
    if code == sqlite3.SQLITE_TOOBIG:
        return SamplesError(f"{path}: too large for one sample ({_line(error)})")
    words = error.strerror if isinstance(error, OSError) else None
    return SamplesError(f"{path}: cannot be used ({_line(words or error)})")


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


def _mounted_read_only(path: Path) -> bool:
    with suppress(OSError):
        return bool(os.statvfs(path.parent).f_flag & os.ST_RDONLY)
    return False


def _full(path: Path) -> bool:
    """Whether there is no block left, or no inode on a file system that counts them."""
    with suppress(OSError):
        room = os.statvfs(path.parent)
        return room.f_bavail == 0 or (room.f_files > 0 and room.f_favail == 0)
    return False


def _forbidden(path: Path) -> bool:
    """Whether this user may not make a journal beside the file, or not write the file."""
    return not os.access(path.parent, os.W_OK | os.X_OK) or (
        os.access(path, os.F_OK) and not os.access(path, os.R_OK | os.W_OK)
    )


def _line(text: object) -> str:
    return " ".join(str(text).split())[:120]
