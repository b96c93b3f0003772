"""Root's work in a folder of another user, with no more rights than that user has.

Members of the group may write the folder of samples and weights. Whatever they lay there, as a
link to a file of the system, root then reaches no more than the folder's owner can reach.
"""

from __future__ import annotations

import builtins
import os
import pwd
import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

from core.errors import StorageError

# As the kernel has it.
_MOST_LINKS = 40


def user_in(folder: Path, system: Any = os) -> int:
    """The number of the user as whom this process works in ``folder``: for root its owner, for
    everybody else the user that it is. See :func:`as_owner`."""
    uid = int(system.geteuid())
    return uid if uid else _owner(folder)[0]


@contextmanager
def as_owner(folder: Path, also: Path | None = None, system: Any = os) -> Iterator[None]:
    """Work as the owner of ``folder``, in its group and the owner's others, and as root again
    afterwards. Nothing changes where root owns the folder, and for whoever is not root.

    Of a folder that is not there yet, the nearest one above counts; a link on the way counts as
    the folder of whoever laid it. The rights are those of the whole process, of all its
    threads. SQLite connections belong inside; what the user has named is read before and
    written after.

    also : a folder that must be written too; where the owner could not, nothing changes.
    system : the functions of :mod:`os` that name and change users; for tests.

    Raises
    ------
    StorageError : this process may not become that user.
    """
    uid, gid = _owner(folder)
    if system.geteuid() != 0 or uid == 0:
        yield
        return
    before = system.getegid(), system.getgroups()
    with ExitStack() as stack:
        stack.callback(system.setgroups, before[1])
        stack.callback(system.setegid, before[0])
        stack.callback(system.seteuid, 0)
        try:
            system.setgroups(_groups(uid, gid))
            system.setegid(gid)
            system.seteuid(uid)
        except OSError as error:
            raise StorageError(
                f"{folder}: belongs to user {uid}, as whom root may not work here "
                f"({error.strerror}); run it as that user"
            ) from error
        if also is not None and not _may_write(also):
            stack.close()
        else:
            stack.enter_context(_modules_as_root(uid, system))
        yield


def _owner(folder: Path, links: int = _MOST_LINKS) -> tuple[int, int]:
    """User and group that own a folder, or have a link to it in their hands."""
    path = Path(os.path.abspath(folder))
    found = 0, 0
    for each in (*reversed(path.parents), path):
        try:
            status = each.lstat()
            found = status.st_uid, status.st_gid
            if os.path.islink(each):
                if status.st_uid or not links:
                    return found
                target = each.parent / os.readlink(each)
                return _owner(target / path.relative_to(each), links - 1)
        except OSError:
            break
    return found


def _groups(uid: int, gid: int) -> list[int]:
    try:
        return os.getgrouplist(pwd.getpwuid(uid).pw_name, gid)
    except KeyError:
        return [gid]


def _may_write(folder: Path) -> bool:
    there = next(each for each in (folder, *folder.absolute().parents) if os.path.exists(each))
    return os.access(there, os.W_OK | os.X_OK, effective_ids=True)


@contextmanager
def _modules_as_root(uid: int, system: Any) -> Iterator[None]:
    """Load modules as root: its Python may lie where the owner may not look."""
    plain, lock, loading, back = builtins.__import__, threading.RLock(), 0, uid

    def load(*arguments: Any, **named: Any) -> Any:
        nonlocal loading
        with lock:
            loading += 1
            system.seteuid(0)
        try:
            return plain(*arguments, **named)
        finally:
            with lock:
                loading -= 1
                if not loading:
                    system.seteuid(back)

    builtins.__import__ = load
    try:
        yield
    finally:
        with lock:
            # A thread that is still loading must not take root's rights away afterwards.
            builtins.__import__, back = plain, 0
