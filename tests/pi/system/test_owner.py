"""Root's work as the owner of a folder: with a stand-in for the system, and in earnest."""

from __future__ import annotations

import builtins
import os
import stat
import sys
import threading

import pytest

from core.errors import StorageError
from pi.system.owner import as_owner, user_in

STRANGER = 4242


class Users:
    """Stands in for :mod:`os` in a process of root, and notes what it is asked for."""

    def __init__(self, refused=""):
        self.euid, self.refused, self.calls = 0, refused, []

    def geteuid(self):
        return self.euid

    def getegid(self):
        return 7

    def getgroups(self):
        return [7, 8]

    def __getattr__(self, name):
        def change(value):
            if (name, bool(value)) == (self.refused, True):
                raise PermissionError(1, "Operation not permitted")
            self.calls.append((name, value))
            if name == "seteuid":
                self.euid = value

        return change


@pytest.fixture
def mine(tmp_path):
    """A folder whose owner is not root, as the stand-in sees it."""
    if os.geteuid() == 0:
        os.chown(tmp_path, STRANGER, STRANGER)
    return tmp_path


def test_rights_are_lowered_and_come_back_in_reverse(mine):
    users, status = Users(), mine.stat()
    with as_owner(mine, system=users):
        assert users.euid == status.st_uid
        lowered = users.calls[:]
    assert [name for name, _ in lowered] == ["setgroups", "setegid", "seteuid"]
    assert status.st_gid in lowered[0][1]
    assert lowered[1][1] == status.st_gid
    assert users.calls[3:] == [("seteuid", 0), ("setegid", 7), ("setgroups", [7, 8])]


def test_they_come_back_after_an_error(mine):
    users = Users()
    with pytest.raises(KeyError), as_owner(mine, system=users):
        raise KeyError
    assert users.calls[3:] == [("seteuid", 0), ("setegid", 7), ("setgroups", [7, 8])]


def test_an_inner_block_changes_nothing(mine):
    users = Users()
    with as_owner(mine, system=users):
        before = users.calls[:]
        with as_owner(mine, system=users):
            pass
        assert users.calls == before


def test_who_may_not_change_users_is_told_and_does_not_go_on(mine):
    users = Users(refused="seteuid")
    refused = pytest.raises(StorageError, match="root may not work here")
    with refused, as_owner(mine, system=users):
        pytest.fail("it went on as root")
    assert ("setegid", 7) in users.calls


def test_modules_are_loaded_as_root(mine, monkeypatch):
    users, seen = Users(), []

    class Finder:
        @staticmethod
        def find_spec(name, path=None, target=None):
            if name == "no_such_module":
                seen.append(users.euid)

    monkeypatch.setattr(sys, "meta_path", [Finder, *sys.meta_path])
    plain = builtins.__import__
    with as_owner(mine, system=users):
        with pytest.raises(ImportError):
            import no_such_module  # noqa: F401
        assert users.euid == mine.stat().st_uid
    assert seen == [0]
    assert builtins.__import__ is plain


def test_a_module_that_is_still_being_loaded_afterwards_leaves_root_alone(mine, monkeypatch):
    users = Users()
    begun, go = threading.Event(), threading.Event()

    class Finder:
        @staticmethod
        def find_spec(name, path=None, target=None):
            if name == "no_such_module":
                begun.set()
                go.wait(60)

    monkeypatch.setattr(sys, "meta_path", [Finder, *sys.meta_path])

    def load():
        with pytest.raises(ImportError):
            import no_such_module  # noqa: F401

    thread = threading.Thread(target=load)
    with as_owner(mine, system=users):
        thread.start()
        begun.wait(60)
    go.set()
    thread.join()
    assert users.euid == 0


def test_who_is_not_root_stays_who_he_is(mine):
    users = Users()
    users.euid = 5
    with as_owner(mine, system=users):
        assert users.calls == []
    assert user_in(mine, users) == 5


@pytest.fixture
def me():
    """Who this is: user, group, others."""
    return lambda: (os.geteuid(), os.getegid(), os.getgroups())


def test_root_works_as_the_owner_of_what_is_there(foreign, me):
    before = me()
    state = foreign / "state"
    for folder in (state, state / "not" / "yet"):
        assert user_in(folder) == STRANGER
        with as_owner(folder):
            assert me() == (STRANGER, STRANGER, [STRANGER])
    with as_owner(state):
        (state / "file").touch()
        with pytest.raises(PermissionError):
            (foreign / "file").touch()
    assert me() == before
    assert (state / "file").stat().st_uid == STRANGER


def test_roots_own_folder_stays_roots(foreign, me):
    before = me()
    with as_owner(foreign):
        assert me() == before
    assert user_in(foreign) == 0


def test_a_link_is_in_the_hands_of_whoever_laid_it(foreign, me):
    for number, target in enumerate((foreign, foreign / "state")):
        link = foreign / f"link{number}"
        link.symlink_to(target)
        assert user_in(link) == (0, STRANGER)[number]
    link = foreign / "state" / "link"
    link.symlink_to("/")
    os.lchown(link, STRANGER + 1, STRANGER)
    assert user_in(link / "etc") == STRANGER + 1
    loop = foreign / "loop"
    loop.symlink_to(loop)
    assert user_in(loop) == 0


def test_where_the_owner_could_not_write_the_other_folder_root_stays(foreign, me):
    before = me()
    state = foreign / "state"
    with as_owner(state, also=foreign / "run"):
        assert me() == before
    (foreign / "run").mkdir(mode=0o700)
    os.chown(foreign / "run", STRANGER, -1)
    with as_owner(state, also=foreign / "run"):
        assert os.geteuid() == STRANGER
    assert me() == before
    assert stat.S_IMODE(state.stat().st_mode) == 0o3770
