"""Files replaced whole or not at all, also when the disk is full."""

from __future__ import annotations

import errno
import os
import stat
import subprocess
import sys

import pytest

from core.errors import StorageError
from core.files.atomic import write_atomically


def write(path, content):
    with write_atomically(path) as file:
        file.write(content)


def test_the_new_content_replaces_the_old(tmp_path):
    path = tmp_path / "file"
    path.write_bytes(b"old and long")
    with write_atomically(path) as file:
        file.write(b"new")
        assert path.read_bytes() == b"old and long"
    assert path.read_bytes() == b"new"
    assert os.listdir(tmp_path) == ["file"]


def test_an_error_in_the_block_leaves_the_old_file(tmp_path):
    path = tmp_path / "file"
    path.write_bytes(b"old")

    def fail():
        with write_atomically(path) as file:
            file.write(b"half")
            raise ValueError("a bug")

    with pytest.raises(ValueError, match="a bug"):
        fail()
    assert path.read_bytes() == b"old"
    assert os.listdir(tmp_path) == ["file"]


@pytest.mark.parametrize("call", ["fsync", "replace"])
def test_a_failing_disk_leaves_the_old_file(call, tmp_path, monkeypatch):
    path = tmp_path / "file"
    path.write_bytes(b"old")

    def full(*arguments):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(os, call, full)
    with pytest.raises(StorageError, match="No space left on device") as caught:
        write(path, b"new")
    assert str(path) in str(caught.value)
    assert isinstance(caught.value, OSError)
    assert path.read_bytes() == b"old"
    assert os.listdir(tmp_path) == ["file"]


def test_data_are_on_the_disk_before_the_name_is(tmp_path, monkeypatch):
    calls = []
    for name in ("fsync", "replace"):
        original = getattr(os, name)
        monkeypatch.setattr(
            os, name, lambda *a, n=name, f=original: (calls.append(n), f(*a))[1]
        )
    with write_atomically(tmp_path / "file") as file:
        file.write(b"new")
    assert calls == ["fsync", "replace", "fsync"]


def test_a_missing_folder_and_a_folder_in_the_way_are_named(tmp_path):
    for path in (tmp_path / "missing" / "file", tmp_path):
        with pytest.raises(StorageError, match="cannot be written") as caught:
            write(path, b"new")
        assert str(path) in str(caught.value)
    assert os.listdir(tmp_path) == []


@pytest.mark.parametrize(
    ("folder", "umask", "mode"),
    [
        (0o2770, 0o077, 0o660),
        (0o2770, 0o022, 0o660),
        (0o770, 0o077, 0o600),
        (0o770, 0o022, 0o644),
    ],
)
def test_in_a_folder_of_a_group_the_group_may_read_and_write(tmp_path, folder, umask, mode):
    tmp_path.chmod(folder)
    before = os.umask(umask)
    try:
        write(tmp_path / "file", b"new")
    finally:
        os.umask(before)
    assert stat.S_IMODE((tmp_path / "file").stat().st_mode) == mode


def test_a_link_where_the_temporary_file_could_be_is_not_followed(tmp_path):
    """In a folder of a group any member may lay one, at every name that can be foreseen."""
    victim = tmp_path / "victim"
    victim.write_bytes(b"somebody else's")
    folder = tmp_path / "shared"
    folder.mkdir()
    for name in (f".file.{os.getpid()}.tmp", ".file.tmp", "file.tmp"):
        (folder / name).symlink_to(victim)
    write(folder / "file", b"new")
    assert victim.read_bytes() == b"somebody else's"
    assert not (folder / "file").is_symlink()
    assert (folder / "file").read_bytes() == b"new"


def test_a_folder_in_the_way_is_moved_aside_where_a_group_may_lay_one(tmp_path):
    (tmp_path / "file" / "full").mkdir(parents=True)
    with pytest.raises(StorageError, match="Is a directory"):
        write(tmp_path / "file", b"new")
    tmp_path.chmod(0o2770)
    write(tmp_path / "file", b"new")
    assert (tmp_path / "file").read_bytes() == b"new"
    (aside,) = (name for name in os.listdir(tmp_path) if name != "file")
    assert aside.startswith(".file.")
    assert os.listdir(tmp_path / aside) == ["full"]


def test_the_temporary_name_cannot_be_foreseen(tmp_path):
    names = set()
    for _ in range(3):
        with write_atomically(tmp_path / "file") as file:
            names |= {name for name in os.listdir(tmp_path) if name != "file"}
            file.write(b"new")
    assert len(names) == 3
    assert all(name.startswith(".file.") and name.endswith(".tmp") for name in names)


def test_a_file_that_is_there_already_is_never_written_through(tmp_path, monkeypatch):
    """Not even where chance, or somebody, has the same name."""
    monkeypatch.setattr(os, "urandom", bytes)
    planted = tmp_path / f".file.{bytes(8).hex()}.tmp"
    planted.write_bytes(b"planted")
    with pytest.raises(StorageError, match="File exists"):
        write(tmp_path / "file", b"new")
    assert planted.read_bytes() == b"planted"


FULL = """
import resource, signal, sys
from core.files.atomic import write_atomically
from core.errors import StorageError

signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (50_000, 50_000))
try:
    with write_atomically(sys.argv[1]) as file:
        file.write(bytes(200_000))
except StorageError as error:
    print(error)
"""


def test_a_real_write_that_fails_half_way(tmp_path):
    path = tmp_path / "file"
    path.write_bytes(b"old")
    result = subprocess.run(
        [sys.executable, "-c", FULL, path], capture_output=True, text=True, check=True
    )
    assert (
        result.stdout == f"{path}: cannot be written (File too large); this file is as it was\n"
    )
    assert path.read_bytes() == b"old"
    assert os.listdir(tmp_path) == ["file"]


def test_a_folder_that_cannot_be_synced_has_the_new_file(tmp_path, monkeypatch):
    path = tmp_path / "file"
    sync = os.fsync

    def fail_for_folders(handle):
        if stat.S_ISDIR(os.fstat(handle).st_mode):
            raise OSError(errno.EIO, os.strerror(errno.EIO))
        sync(handle)

    monkeypatch.setattr(os, "fsync", fail_for_folders)
    with pytest.raises(StorageError, match="is written, but may not"):
        write(path, b"new")
    assert path.read_bytes() == b"new"


@pytest.mark.parametrize("name", ["x" * 255, "ü" * 127])
def test_the_longest_name_that_a_file_may_have(tmp_path, name):
    write(tmp_path / name, b"new")
    assert os.listdir(tmp_path) == [name]
