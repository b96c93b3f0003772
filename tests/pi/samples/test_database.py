"""The file of the store: damage, migrations, its mode, its log."""

from __future__ import annotations

import errno
import os
import re
import sqlite3
import stat
from contextlib import closing
from types import SimpleNamespace

import pytest

from core.errors import StorageError
from pi.samples import database
from pi.samples.database import (
    BusyError,
    DamagedError,
    ForbiddenError,
    FullError,
    ReadOnlyError,
    SamplesError,
)
from pi.samples.store import SampleStore


def read(path, *statements):
    """What each statement gives on a connection as the store has it."""
    with closing(database.open_file(path)) as connection:
        return [connection.execute(each).fetchall() for each in statements]


@pytest.mark.parametrize("damage", ["no database", "torn", "flipped"])
def test_a_damaged_file_is_set_aside(path, damage, caplog, sample):
    with SampleStore(path) as store:
        for number in range(40):
            store.add(sample(number, label=1))
    data = bytearray(path.read_bytes())
    if damage == "no database":
        data[:] = b"hello" * 1000
    elif damage == "torn":
        del data[len(data) // 2 :]
    else:
        data[4096 : 3 * 4096] = bytes([255]) * (2 * 4096)
    path.write_bytes(data)
    with pytest.raises(DamagedError, match="restart zerodigit"):
        SampleStore(path)
    with SampleStore(path, set_aside=True) as store:
        store.add(sample())
        assert store.counts()["all"] == 1
    assert "set aside" in caplog.text
    assert path.with_name("samples.db.damaged1").read_bytes() == bytes(data)


def test_damaged_files_do_not_fill_the_card(path):
    for _ in range(6):
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(b"no database at all" * 100)
        SampleStore(path, set_aside=True).close()
        path.unlink()
    aside = [each.name for each in path.parent.iterdir() if "damaged" in each.name]
    assert len(aside) == database.SET_ASIDE


def test_a_newer_file_is_left_alone(path):
    SampleStore(path).close()
    with sqlite3.connect(path) as raw:
        raw.execute(f"PRAGMA user_version = {len(database.MIGRATIONS) + 1}")
    raw.close()
    before = path.read_bytes()
    with pytest.raises(StorageError, match="newer zerodigit"):
        SampleStore(path, set_aside=True)
    assert path.read_bytes() == before


def test_an_older_file_is_migrated_and_nothing_lost(path, sample):
    with SampleStore(path) as store:
        store.add(sample(4, label=9))
    column = "ALTER TABLE samples ADD COLUMN mood TEXT DEFAULT 'good'"
    newer = (*database.MIGRATIONS, column)
    for _ in range(2):
        with closing(database.open_file(path, migrations=newer)) as connection:
            found = connection.execute("SELECT label, mood FROM samples").fetchall()
        assert found == [(9, "good")]


def test_a_migration_that_fails_changes_nothing(path, sample):
    with SampleStore(path) as store:
        store.add(sample(4, label=9))
    broken = "ALTER TABLE samples ADD COLUMN mood TEXT; ALTER TABLE nothing ADD COLUMN a"
    with pytest.raises(StorageError):
        database.open_file(path, migrations=(*database.MIGRATIONS, broken))
    [columns] = read(path, "PRAGMA table_info(samples)")
    assert "mood" not in [each[1] for each in columns]
    with SampleStore(path) as store:
        assert store.counts()["labelled"] == 1


def test_writes_are_on_the_card_when_they_return(path):
    found = read(path, "PRAGMA journal_mode", "PRAGMA synchronous")
    assert found == [[("wal",)], [(2,)]]


def test_the_group_may_write(path, sample):
    before = os.umask(0o022)
    try:
        with SampleStore(path) as store:
            store.add(sample())
            modes = {stat.S_IMODE(each.stat().st_mode) for each in path.parent.iterdir()}
    finally:
        os.umask(before)
    assert modes == {0o660}


def test_what_another_still_reads_of_deleted_ones_is_said(path, sample, caplog):
    with SampleStore(path, wait_s=0.0) as store, closing(sqlite3.connect(path)) as reading:
        number = store.add(sample())
        reading.execute("BEGIN")
        reading.execute("SELECT * FROM samples").fetchall()
        assert store.delete([number]) == 1
        [said] = caplog.messages
        assert said.startswith(f"{path}-wal: may still hold what was deleted")
        reading.execute("COMMIT")
        assert store.delete([number]) == 0
        assert len(caplog.messages) == 1
        assert os.path.getsize(f"{path}-wal") == 0


def test_a_folder_that_cannot_be_made_is_one_line(tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(StorageError, match="cannot be used"):
        SampleStore(tmp_path / "file" / "samples.db")


def test_a_file_that_another_process_holds_is_called_so(path, sample):
    with SampleStore(path, wait_s=0) as store, closing(sqlite3.connect(path)) as backup:
        backup.isolation_level = None
        backup.execute("BEGIN IMMEDIATE")
        with pytest.raises(BusyError, match="another process holds it, a backup perhaps"):
            store.add(sample())
        backup.execute("ROLLBACK")
        store.add(sample())
        assert store.counts()["all"] == 1


def test_a_full_card_is_called_so_and_what_was_there_stays(path, sample):
    with SampleStore(path) as store:
        kept = store.add(sample(1, label=7))
    with closing(database.open_file(path)) as connection:
        connection.execute("PRAGMA max_page_count = 1")
        with pytest.raises(sqlite3.OperationalError) as full:
            connection.execute("CREATE TABLE more (a)")
    assert isinstance(database.wrapped(full.value, path), FullError)
    with SampleStore(path) as store:
        assert store.get(kept).label == 7


@pytest.mark.parametrize(
    ("code", "card", "kind", "said"),
    [
        (sqlite3.SQLITE_BUSY, {}, BusyError, "another process holds it"),
        (sqlite3.SQLITE_LOCKED, {}, BusyError, "another process holds it"),
        (sqlite3.SQLITE_FULL, {}, FullError, "the card is full"),
        (sqlite3.SQLITE_IOERR, {"f_bavail": 0}, FullError, "the card is full"),
        (sqlite3.SQLITE_CANTOPEN, {"f_favail": 0}, FullError, "the card is full"),
        (sqlite3.SQLITE_READONLY, {"f_flag": os.ST_RDONLY}, ReadOnlyError, "is read-only"),
        (sqlite3.SQLITE_IOERR, {"f_flag": os.ST_RDONLY}, ReadOnlyError, "is read-only"),
        (sqlite3.SQLITE_READONLY, {"mode": 0}, ForbiddenError, "usermod -aG zerodigit"),
        (sqlite3.SQLITE_CANTOPEN, {"mode": 0}, ForbiddenError, "usermod -aG zerodigit"),
        (sqlite3.SQLITE_TOOBIG, {}, SamplesError, "too large"),
        (sqlite3.SQLITE_CORRUPT, {}, DamagedError, "is damaged"),
        (sqlite3.SQLITE_IOERR, {}, SamplesError, r"cannot be used \(words\)"),
    ],
)
def test_each_cause_has_its_own_words(path, monkeypatch, code, card, kind, said):
    SampleStore(path).close()
    room = {"f_flag": 0, "f_bavail": 9, "f_files": 9, "f_favail": 9} | card
    monkeypatch.setattr(os, "statvfs", lambda _: SimpleNamespace(**room))
    if "mode" in card:
        # Root may write whatever the mode.
        monkeypatch.setattr(os, "access", lambda asked, mode: not mode & os.W_OK)
    # 256 and above: where in SQLite it happened.
    error = sqlite3.OperationalError("words")
    error.sqlite_errorcode = code | 3 << 8
    found = database.wrapped(error, path)
    assert type(found) is kind
    assert re.search(f"^{path}: .*{said}", str(found))


@pytest.mark.parametrize(
    ("number", "kind", "said"),
    [
        (errno.EROFS, ReadOnlyError, "is read-only"),
        (errno.ENOSPC, FullError, "the card is full"),
        (errno.EACCES, ForbiddenError, "usermod -aG zerodigit"),
        (errno.EIO, SamplesError, r"cannot be used \(Input/output error\)"),
    ],
)
def test_what_the_system_says_has_the_same_words(path, number, kind, said):
    found = database.wrapped(OSError(number, os.strerror(number)), path)
    assert type(found) is kind
    assert re.search(f"^{path}: .*{said}", str(found))
