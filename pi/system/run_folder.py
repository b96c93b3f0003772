"""The run folder, which holds the service's lock, its socket and the progress of nights.

It is the service's alone, mode 0750, but for ``night`` in it, where nights that members of the
group hold may write. What others laid in it before it was so is moved out of the way.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

from core.errors import ServiceError, StorageError

LOCK, SOCKET, NIGHT = "lock", "control", "night"

MODE, NIGHT_MODE = 0o750, 0o770

_CHOOSE = "or choose another folder with --set service.run_folder=DIR"


def of_user(uid: int, environ: Mapping[str, str], temporary: Path = Path("/tmp")) -> Path:
    """The run folder of a user on a machine where there is none of the service's.

    In $XDG_RUNTIME_DIR if that is the user's, else in ``temporary``, which everybody may write.

    Raises
    ------
    ServiceError : one of that name is there, and it is not that user's alone.
    """
    base = Path(environ.get("XDG_RUNTIME_DIR") or "/")
    if base == Path("/") or not os.path.isdir(base) or _not_alone(base, uid):
        base = temporary / f"zerodigit-{uid}"
    for each in (base, base / "zerodigit"):
        if why := _not_alone(each, uid):
            raise ServiceError(f"{each}: {why}, so it is not used: remove it, {_CHOOSE}")
    return base / "zerodigit"


def prepare(folder: Path) -> None:
    """Make the folder and ``night`` in it, and make way for the lock and the socket.

    Where the folder belongs to this user, whatever lies there instead of a lock, of a socket or
    of ``night`` is deleted, and a folder renamed: it is not followed, opened or looked into.

    Raises
    ------
    OSError : the folder cannot be made or written.
    StorageError : it is another's or open to everybody, and something else lies there.
    """
    _make(folder)
    status, me = folder.stat(), os.geteuid()
    mine = status.st_uid == me and not status.st_mode & stat.S_IWOTH
    for name, fits in ((LOCK, _is_lock), (SOCKET, _is_socket), (NIGHT, _is_night)):
        path = folder / name
        if not os.path.lexists(path) or fits(path.lstat(), {me if mine else status.st_uid, 0}):
            continue
        if not mine:
            why = "is in the way, in a folder that others may write"
            raise StorageError(f"{path}: {why}: remove it, {_CHOOSE}")
        clear(path)
    with suppress(FileExistsError):
        os.mkdir(folder / NIGHT)
    if (folder / NIGHT).lstat().st_uid == me:
        # Whatever the umask; not setgid, which RestrictSUIDSGID= forbids.
        os.chmod(folder / NIGHT, NIGHT_MODE)


def clear(path: Path) -> None:
    """Delete what lies at ``path``; a folder is renamed, and not looked into."""
    try:
        path.unlink()
    except IsADirectoryError:
        path.rename(path.with_name(f".{path.name}.{os.urandom(4).hex()}.aside"))


def _not_alone(path: Path, uid: int) -> str:
    """Why a path is not a folder of that user's alone; "" if it is one, or is not there."""
    try:
        status = path.lstat()
    except FileNotFoundError:
        return ""
    except OSError as error:
        return f"cannot be looked at ({error.strerror})"
    if stat.S_ISLNK(status.st_mode):
        return "is a link"
    if not stat.S_ISDIR(status.st_mode):
        return "is no folder"
    if status.st_uid != uid:
        return "belongs to another user"
    return "may be written by others" if status.st_mode & 0o022 else ""


def _make(folder: Path) -> None:
    """Make the folder, and those above it that are missing for this user alone."""
    for each in (*reversed(folder.absolute().parents), folder):
        try:
            if not os.path.exists(each):
                os.mkdir(each, MODE if each is folder else 0o700)
        except FileExistsError:
            # Somebody was quicker, or a link leads nowhere.
            if os.path.islink(each) or each.lstat().st_uid != os.geteuid():
                raise


def _is_lock(status: os.stat_result, users: set[int]) -> bool:
    # Whoever may open it may hold it for ever.
    alone = status.st_uid in users and not status.st_mode & 0o077
    return alone and stat.S_ISREG(status.st_mode) and status.st_nlink == 1


def _is_socket(status: os.stat_result, users: set[int]) -> bool:
    return stat.S_ISSOCK(status.st_mode)


def _is_night(status: os.stat_result, users: set[int]) -> bool:
    return stat.S_ISDIR(status.st_mode) and status.st_uid in users
