"""The database of the sample store: its layout, migrations, integrity check, and errors.

SQLite with a rollback journal that is cut to nothing at the end of each transaction, and on the
card before a write returns (``synchronous = FULL``: SQLite syncs the journal, the file, and the
journal when it is cut). No write-ahead log: its index is mapped into memory, and any member of
the group could cut that file and so end the service (SIGBUS). A file that has one is converted
as soon as nobody else has it open.

Each transaction has a connection of its own, which takes nothing for granted that lies in the
folder: see :func:`transaction`. A file of an older version is migrated, one of a newer version
is left alone, and a damaged one is moved out of the way, so that the appliance goes on with an
empty one.
"""

from __future__ import annotations

import errno
import os
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager, suppress
from functools import cache
from pathlib import Path

from core.errors import StorageError
from pi.samples import files
from pi.system.systemd import hidden, sealed

WAIT_S = 3.0
"""Time to wait for another process that is writing: whoever labels has an answer within five
seconds, and a Pi needs some of them to start."""

LARGEST = 256 << 20
"""A file of more bytes is none of ours, unless the settings allow half of it."""

# SQLite's own, where ours are lower: a member may write rows and a schema as they like.
_LIMITS = {
    sqlite3.SQLITE_LIMIT_LENGTH: 1 << 20,
    sqlite3.SQLITE_LIMIT_SQL_LENGTH: 4000,
    sqlite3.SQLITE_LIMIT_COLUMN: 32,
    sqlite3.SQLITE_LIMIT_EXPR_DEPTH: 100,
    sqlite3.SQLITE_LIMIT_ATTACHED: 0,
    sqlite3.SQLITE_LIMIT_TRIGGER_DEPTH: 1,
}

# Of SQLite's machine, to read the tables; some hundred tables. They take forty times the
# memory that they have in the file.
_STEPS = 1000

# In this order: before the first access the exclusive mode, in which a write-ahead log is read
# without its index in a file. It ends with the next access after "NORMAL".
_SETUP = (
    "locking_mode = EXCLUSIVE",
    "trusted_schema = OFF",
    # A row against them is passed over when it is read, and is no damage.
    "ignore_check_constraints = ON",
    "cell_size_check = ON",
    "mmap_size = 0",
    "journal_mode = TRUNCATE",
    "locking_mode = NORMAL",
    "synchronous = FULL",
    # Bytes that are deleted are overwritten with zeros.
    "secure_delete = ON",
    # KiB; SQLite would take 2 MB.
    "cache_size = -256",
    "user_version",
)

# Numbers are never given twice, so whoever writes a huge one would use them up.
_LAST_NUMBER = 1 << 48

# TOOBIG: a row larger than ours are. INTERRUPT: more than _STEPS.
_DAMAGED = (
    sqlite3.SQLITE_CORRUPT,
    sqlite3.SQLITE_NOTADB,
    sqlite3.SQLITE_FORMAT,
    sqlite3.SQLITE_TOOBIG,
    sqlite3.SQLITE_INTERRUPT,
)

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


def prepare(
    path: Path,
    wait_s: float = WAIT_S,
    largest: int = LARGEST,
    migrations: Sequence[str] = MIGRATIONS,
) -> None:
    """Make the file if it is not there; check its integrity, and migrate it.

    Raises
    ------
    SamplesError : BusyError, FullError and the like, as :func:`wrapped` has them; DamagedError
        if it is not a database of ours, fails its integrity check, or is larger than
        ``largest`` (bytes).
    StorageError : it is of a newer version.
    """
    with _reported(path):
        files.make(path)
        with _connected(path, wait_s, largest) as connection:
            with _begun(connection, "DEFERRED"):
                version = _checked_version(connection, path, migrations)
                found = connection.execute("PRAGMA quick_check(1)").fetchone()[0]
            if found != "ok":
                raise DamagedError(f"{path}: is damaged ({_line(found)})")
            if files.journal_of_another(path):
                with _begun(connection, "EXCLUSIVE"):
                    files.remove_journal(path)
            if version < len(migrations):
                with _begun(connection, "IMMEDIATE"):
                    _migrate(connection, path, migrations)


@contextmanager
def transaction(
    path: Path, *, write: bool, wait_s: float = WAIT_S, largest: int = LARGEST
) -> Iterator[sqlite3.Connection]:
    """One transaction on a connection of its own; what is written is on the card at its end.

    The file and what lies beside it must be regular files, and the layout ours, whatever was
    done to them since the last time.

    Raises as :func:`prepare` does.
    """
    with (
        _reported(path),
        _connected(path, wait_s, largest) as connection,
        _begun(connection, "IMMEDIATE" if write else "DEFERRED"),
    ):
        if _checked_version(connection, path, MIGRATIONS) < len(MIGRATIONS):
            raise SamplesError(f"{path}: was replaced by an older one; try again")
        yield connection


def compact(path: Path, wait_s: float = WAIT_S, largest: int = LARGEST) -> None:
    """Write the file anew without the pages that are free. Raises as :func:`prepare` does."""
    with _reported(path), _connected(path, wait_s, largest) as connection:
        with _begun(connection, "DEFERRED"):
            _checked_version(connection, path, MIGRATIONS)
        # SQLite attaches the new one for it.
        connection.setlimit(sqlite3.SQLITE_LIMIT_ATTACHED, 1)
        connection.execute("VACUUM")


def set_aside(path: Path, largest: int = LARGEST) -> Path:
    """Move a damaged file, or what lies in its place, away; its new path. StorageError."""
    try:
        return files.set_aside(path, largest)
    except OSError as error:
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
        why = sealed() or (
            f"the card is read-only, so it may be failing: save {path.parent}, and write a new "
            "card"
        )
        return ReadOnlyError(f"{path}: {why}")
    if code == sqlite3.SQLITE_FULL or number in _NO_ROOM or (refused and _full(path)):
        return FullError(f"{path}: the card is full; make room, with `sudo apt clean` perhaps")
    if number in (errno.EACCES, errno.EPERM) or (refused and _forbidden(path)):
        helps = hidden(path) or (
            "; join the group that may, `sudo usermod -aG zerodigit $USER`, and log in again"
        )
        return ForbiddenError(f"{path}: you may not write there{helps}")
    words = error.strerror if isinstance(error, OSError) else None
    return SamplesError(f"{path}: cannot be used ({_line(words or error)})")


@contextmanager
def _reported(path: Path) -> Iterator[None]:
    """SQLite's and the system's errors as ours."""
    try:
        yield
    except StorageError:
        raise
    except (sqlite3.Error, OSError) as error:
        raise wrapped(error, path) from error
    except (MemoryError, UnicodeDecodeError) as error:
        # Over _MEMORY; or SQLite's words about a table whose name is no text.
        raise DamagedError(
            f"{path}: is damaged (its tables are too large, or no text)"
        ) from error


@contextmanager
def _connected(path: Path, wait_s: float, largest: int) -> Iterator[sqlite3.Connection]:
    """A connection to the very file, which is there; closed in the end."""
    meant = path.parent.resolve() / path.name
    if said := files.complaint(meant, largest):
        raise DamagedError(said)
    # SQLite does not follow a link that comes now, and "rw" makes no file.
    address = f"{meant.as_uri()}?mode=rw"
    with closing(
        sqlite3.connect(address, timeout=wait_s, isolation_level=None, uri=True)
    ) as connection:
        # Text that is not UTF-8 is no error.
        connection.text_factory = os.fsdecode
        if connection.execute("PRAGMA database_list").fetchone()[2] != str(meant):
            raise DamagedError(f"{path}: was replaced by a link")
        for limit, most in _LIMITS.items():
            connection.setlimit(limit, most)
        connection.set_progress_handler(lambda: 1, _STEPS)
        for pragma in _SETUP:
            connection.execute(f"PRAGMA {pragma}").fetchall()
        yield connection


@contextmanager
def _begun(connection: sqlite3.Connection, kind: str) -> Iterator[None]:
    connection.execute(f"BEGIN {kind}")
    try:
        yield
        connection.execute("COMMIT")
    except BaseException:
        with suppress(sqlite3.Error):
            connection.execute("ROLLBACK")
        raise


def _checked_version(
    connection: sqlite3.Connection, path: Path, migrations: Sequence[str]
) -> int:
    """The version of the layout, which is as the migrations up to there make it."""
    [version] = connection.execute("PRAGMA user_version").fetchone()
    if version > len(migrations):
        raise StorageError(
            f"{path}: was written by a newer zerodigit (version {version}, this one knows "
            f"{len(migrations)}); upgrade, or move the file away"
        )
    expected = _layout_after(tuple(migrations[: max(version, 0)]))
    if version < 0 or _layout(connection) != expected:
        raise DamagedError(f"{path}: is damaged (its tables are not those of zerodigit)")
    used_up = "SELECT 1 FROM sqlite_sequence WHERE typeof(seq) <> 'integer' OR seq > ?"
    if version and connection.execute(used_up, (_LAST_NUMBER,)).fetchone():
        raise DamagedError(f"{path}: is damaged (it has a number that no sample has)")
    connection.set_progress_handler(None, 0)
    return int(version)


def _layout(connection: sqlite3.Connection) -> list[tuple[str, ...]]:
    """Tables, indices, triggers and views; of more than ours have, some."""
    return connection.execute(
        "SELECT type, name, tbl_name, sql FROM sqlite_master ORDER BY name, type LIMIT 20"
    ).fetchall()


@cache
def _layout_after(migrations: tuple[str, ...]) -> list[tuple[str, ...]]:
    with closing(sqlite3.connect(":memory:", isolation_level=None)) as connection:
        for statements in migrations:
            connection.executescript(statements)
        return _layout(connection)


def _migrate(connection: sqlite3.Connection, path: Path, migrations: Sequence[str]) -> None:
    # Another process may have been quicker.
    version = _checked_version(connection, path, migrations)
    for statements in migrations[version:]:
        for statement in statements.split(";"):
            connection.execute(statement)
    connection.execute(f"PRAGMA user_version = {len(migrations)}")


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

    def may(each: Path, mode: int) -> bool:
        return os.access(each, mode, effective_ids=True)

    return not may(path.parent, os.W_OK | os.X_OK) or (
        os.path.lexists(path) and not may(path, os.R_OK | os.W_OK)
    )


def _line(text: object) -> str:
    return " ".join(str(text).split())[:120]
