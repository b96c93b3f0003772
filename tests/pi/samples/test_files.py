"""What lies at the names of the store: refused, moved aside, removed, never followed."""

from __future__ import annotations

import os
import shutil
import sqlite3
import subprocess
import sys
from contextlib import closing, suppress

import pytest

from core.errors import StorageError
from pi.samples import files
from pi.samples.database import DamagedError, ForbiddenError
from pi.samples.store import SampleStore

FOREIGN = {
    "hard link": lambda path, other: path.hardlink_to(other),
    "link": lambda path, other: path.symlink_to(other),
    "dangling": lambda path, other: path.symlink_to("nowhere"),
    "fifo": lambda path, other: os.mkfifo(path),
    "folder": lambda path, other: shutil.copytree(other.parent, path),
    "device": lambda path, other: path.symlink_to("/dev/zero"),
}


@pytest.fixture
def other(tmp_path):
    """A file elsewhere, of somebody else."""
    (tmp_path / "other").mkdir()
    (tmp_path / "other" / "file").write_bytes(b"not yours" * 1000)
    return tmp_path / "other" / "file"


def lay(kind, path, other):
    """Put something there instead of what is there."""
    path.unlink(missing_ok=True)
    FOREIGN[kind](path, other)


@pytest.mark.parametrize("kind", FOREIGN)
@pytest.mark.parametrize("suffix", ["", "-journal", "-wal", "-shm"])
def test_what_is_not_ours_is_set_aside(path, sample, other, kind, suffix, caplog):
    SampleStore(path).add(sample(1, label=1))
    lay(kind, path.with_name(f"samples.db{suffix}"), other)
    before = other.read_bytes()
    wrong = "(is not a regular file|has another name|is damaged)"
    with pytest.raises(DamagedError, match=f"samples.db{suffix}: {wrong}"):
        SampleStore(path)
    with SampleStore(path, set_aside=True) as store:
        store.add(sample(2))
        # Beside the file, it costs no sample.
        assert store.counts()["labelled"] == (1 if suffix else 0)
    assert f"set aside as {path}.damaged1{suffix}" in caplog.text
    assert other.read_bytes() == before
    assert not (path.parent / "nowhere").exists()


@pytest.mark.parametrize("lay", [lambda path: path.write_bytes(b"damaged"), os.mkfifo])
def test_the_name_is_never_free_for_others(path, lay):
    path.parent.mkdir(exist_ok=True)
    lay(path)
    before = path.lstat()
    aside = files.set_aside(path, 1000)
    assert path.read_bytes() == b""
    assert path.stat().st_mode & 0o777 == files.MODE
    assert aside.lstat().st_ino == before.st_ino
    assert sorted(path.parent.iterdir()) == [path, aside]


@pytest.mark.parametrize("kind", FOREIGN)
def test_where_to_move_it_may_be_taken(path, other, kind):
    path.parent.mkdir()
    for number in range(1, 5):
        lay(kind, path.with_name(f"samples.db.damaged{number}"), other)
    path.write_bytes(b"no database" * 100)
    SampleStore(path, set_aside=True).close()
    number = 5 if kind == "folder" else 3
    assert path.with_name(f"samples.db.damaged{number}").read_bytes() == b"no database" * 100
    assert other.read_bytes() == b"not yours" * 1000


def super_journal(path, other):
    """Lay a journal that has SQLite delete ``other`` when it is rolled back."""
    name = os.fsencode(other)
    end = len(name).to_bytes(4, "big") + sum(name).to_bytes(4, "big")
    data = b"\xd9" + bytes(999) + (1).to_bytes(4, "big") + name + end
    data += bytes.fromhex("d9d505f920a163d7")
    path.with_name("samples.db-journal").write_bytes(data)


def test_a_journal_that_has_another_file_deleted_is_set_aside(path, sample, other):
    store = SampleStore(path)
    store.add(sample())
    super_journal(path, other)
    for act in (store.select, lambda: store.label(1, 2), lambda: SampleStore(path)):
        with pytest.raises(DamagedError, match="-journal: names another file"):
            act()
    assert SampleStore(path, set_aside=True).counts()["all"] == 1
    assert other.exists()
    # SQLite does delete it.
    super_journal(path, other)
    with closing(sqlite3.connect(path)) as plain, suppress(sqlite3.Error):
        plain.execute("SELECT * FROM samples").fetchall()
    assert not other.exists()


def test_a_file_that_is_too_large_is_set_aside(path):
    SampleStore(path).close()
    os.truncate(path, (256 << 20) + 1)
    with pytest.raises(DamagedError, match="is larger than 256 MB"):
        SampleStore(path)
    SampleStore(path, set_aside=True, most_bytes=1 << 20).close()
    assert path.stat().st_size < 1 << 20


def test_the_file_is_never_made_through_a_link(tmp_path):
    (tmp_path / "samples.db").symlink_to(tmp_path / "made")
    files.make(tmp_path / "samples.db")
    assert not (tmp_path / "made").exists()


def test_what_was_set_aside_is_removed_or_named(path, other):
    path.parent.mkdir()
    for name in ("1", "1-journal", "17", "2-else", "x"):
        path.with_name(f"samples.db.damaged{name}").write_bytes(b"pictures")
    path.with_name("samples.db.damaged2").symlink_to(other)
    assert files.remove_set_aside(path) == (3, 0)
    left = sorted(each.name for each in path.parent.iterdir())
    assert left == ["samples.db.damaged2-else", "samples.db.damagedx"]
    assert other.exists()
    path.with_name("samples.db.damaged1").mkdir()
    with pytest.raises(StorageError, match="damaged1: cannot be removed"):
        files.remove_set_aside(path)


def test_what_only_its_owner_may_remove_is_emptied(path, other):
    """In a folder with the sticky bit, as a member of its group."""
    if os.geteuid() != 0:
        pytest.skip("only root may become somebody else")
    path.parent.mkdir()
    held = path.with_name("samples.db.damaged1")
    held.write_bytes(b"pictures")
    path.with_name("samples.db.damaged2").symlink_to(other)
    path.parent.chmod(0o3770)
    held.chmod(0o660)
    for each in (path.parent, held):
        os.chown(each, 12345, 23456)
    code = f"""
import os
from pathlib import Path
from pi.samples import files
os.setgroups([23456])
os.setresuid(12346, 12346, 12346)
for _ in range(2):
    print(files.remove_set_aside(Path({str(path)!r})))
"""
    # Whoever may enter: the folders of the test are closed to others.
    for each in path.parents:
        if each.is_relative_to("/tmp") and each != path.parent:
            each.chmod(each.stat().st_mode | 0o011)
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.stdout == "(0, 1)\n(0, 0)\n", done.stderr
    assert held.stat().st_size == 0
    assert other.read_bytes() == b"not yours" * 1000


def test_where_nothing_may_be_written_the_journal_is_not_to_blame(foreign):
    SampleStore(foreign / "samples.db")
    os.chmod(foreign / "samples.db-journal", 0o600)
    os.seteuid(4242)  # who has no such folder
    try:
        store = SampleStore(foreign / "samples.db")
        assert store.select() == []
        with pytest.raises(ForbiddenError, match="you may not write there; join the group"):
            store.delete_all()
    finally:
        os.seteuid(0)
