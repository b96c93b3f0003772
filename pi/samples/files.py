"""Files of the sample store: what lies at their names, made, moved aside or removed.

The folder is shared with a group, and each member may lay a link, a FIFO, a folder or a file
of theirs at these names. Nothing here follows one, waits for one, or opens the database: a
process that closes a file loses the locks that SQLite holds on it.
"""

from __future__ import annotations

import itertools
import os
import re
import stat
from contextlib import suppress
from pathlib import Path

from core.errors import StorageError

MODE = 0o660
"""Mode of the file: the service and its group may write."""

SET_ASIDE = 3
"""Damaged files that are kept; a further one replaces the last of them."""

# The journal, and what an older version had: a write-ahead log and its index.
_BESIDE = ("-journal", "-wal", "-shm")

# At the end of a journal: before it stands the name of a file that SQLite deletes after it has
# rolled the journal back. For transactions over several databases; ours has one.
_NAMES_ANOTHER = bytes.fromhex("d9d505f920a163d7")


def make(path: Path) -> None:
    """Make the file, empty, if nothing lies there. Raises OSError."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with suppress(FileExistsError):
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, MODE)
        # SQLite gives its journal the mode of the file, whatever the umask.
        os.fchmod(handle, MODE)
        os.close(handle)


def complaint(path: Path, largest: int) -> str:
    """What lies at the names of the store and is none of its files; "" if all are.

    largest : bytes that a file may have.

    Raises OSError.
    """
    said = ((each, _wrong(each, largest)) for each in _names(path))
    return next((f"{each}: {wrong}" for each, wrong in said if wrong), "")


def journal_of_another(path: Path) -> bool:
    """Whether the journal is of another user, in a folder of this one.

    Where the folder has the sticky bit, Linux lets nobody else open such a file for writing
    with O_CREAT (`fs.protected_regular`), as SQLite does.
    """
    status = _status(_journal(path))
    mine = os.geteuid()
    return status is not None and status.st_uid != mine == os.stat(path.parent).st_uid


def remove_journal(path: Path) -> None:
    """Remove the journal; only while no process writes. Raises OSError."""
    _journal(path).unlink(missing_ok=True)


def set_aside(path: Path, largest: int) -> Path:
    """Move out of the way what :func:`complaint` finds, else the damaged file; its new path.

    Where something wrong lies beside the file, that alone is moved. Raises OSError.
    """
    wrong = [each for each in _names(path) if _wrong(each, largest)]
    moved = wrong if wrong and path not in wrong else _names(path)
    target = _free(path)
    # Its journal goes first: SQLite would apply it to the new file.
    for each in reversed(moved):
        there = Path(f"{target}{each.name.removeprefix(path.name)}")
        with suppress(FileNotFoundError):
            there.unlink()
        with suppress(FileNotFoundError):
            if each != path or not _begin_anew(path, there):
                each.rename(there)
    return there


def remove_set_aside(path: Path) -> tuple[int, int]:
    """Remove the damaged files that were moved out of the way of ``path``.

    Returns how many were removed, and how many were emptied, since in a folder with the sticky
    bit only their owner may remove them.

    Raises
    ------
    StorageError : one can be neither removed nor emptied.
    """
    removed = emptied = 0
    named = re.compile(rf"{re.escape(path.name)}\.damaged\d+(-journal|-wal|-shm)?")
    for each in path.parent.iterdir():
        found = named.fullmatch(each.name)
        if not found:
            continue
        try:
            try:
                each.unlink()
                removed += not found[1]
            except PermissionError:
                emptied += _empty(each) and not found[1]
        except OSError as error:
            raise StorageError(
                f"{each}: cannot be removed ({error.strerror}); it may hold pictures: "
                "remove it as root"
            ) from error
    return removed, emptied


def _begin_anew(path: Path, there: Path) -> bool:
    """Give the file the name ``there``, and an empty one its own; whether that can be done.

    The name is never free, so that nobody else lays something there that SQLite waits for.
    A folder, or a file of another user, has no second name.
    """
    new = path.with_name(f".{path.name}.{os.urandom(8).hex()}.tmp")
    try:
        make(new)
        os.link(path, there, follow_symlinks=False)
        new.replace(path)
    except OSError:
        return False
    finally:
        new.unlink(missing_ok=True)
    return True


def _names(path: Path) -> list[Path]:
    return [path, *(Path(f"{path}{suffix}") for suffix in _BESIDE)]


def _journal(path: Path) -> Path:
    return _names(path)[1]


def _free(path: Path) -> Path:
    """Where to move a damaged file: a free name, or the last; never where a folder lies."""
    for number in itertools.count(1):
        target = path.with_name(f"{path.name}.damaged{number}")
        there = [status for each in _names(target) if (status := _status(each))]
        folders = any(stat.S_ISDIR(each.st_mode) for each in there)
        if not there or (number >= SET_ASIDE and not folders):
            return target
    raise AssertionError


def _status(path: Path) -> os.stat_result | None:
    with suppress(FileNotFoundError):
        return os.lstat(path)
    return None


def _wrong(path: Path, largest: int) -> str:
    status = _status(path)
    if status is None:
        return ""
    if not stat.S_ISREG(status.st_mode):
        return "is not a regular file"
    if status.st_size > largest:
        return f"is larger than {largest >> 20} MB"
    if not path.name.endswith(_BESIDE):
        return ""
    if status.st_size and status.st_nlink > 1:
        return "has another name, perhaps as another's file"
    return _wrong_beside(path)


def _wrong_beside(path: Path) -> str:
    try:
        handle = os.open(path, os.O_RDWR | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    except PermissionError:
        # Where nothing may be written, nor is anything wrong with this file.
        may = os.access(path.parent, os.W_OK | os.X_OK, effective_ids=True)
        return "may not be written" if may else ""
    except OSError:
        # The card is read-only, or it is gone again: SQLite will say so.
        return ""
    try:
        end = os.pread(handle, 8, max(0, os.fstat(handle).st_size - 8))
    finally:
        os.close(handle)
    return "names another file, which SQLite would delete" if end == _NAMES_ANOTHER else ""


def _empty(path: Path) -> bool:
    """Cut a file to nothing; whether there was something in it. What is no file holds none."""
    if not stat.S_ISREG(os.lstat(path).st_mode):
        return False
    handle = os.open(path, os.O_WRONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    try:
        size = os.fstat(handle).st_size
        os.ftruncate(handle, 0)
        return size > 0
    finally:
        os.close(handle)
