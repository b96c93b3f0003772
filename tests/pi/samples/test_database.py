"""The database of the store: damage, migrations, its journal, what others do to it, errors."""

from __future__ import annotations

import errno
import os
import re
import shutil
import sqlite3
import stat
import subprocess
import sys
from contextlib import closing
from types import SimpleNamespace
from unittest.mock import Mock

import pytest

from core.errors import StorageError
from pi.samples import database, files
from pi.samples.database import (
    BusyError,
    DamagedError,
    ForbiddenError,
    FullError,
    ReadOnlyError,
    SamplesError,
)
from pi.samples.store import SampleStore

_DURABLE = ("journal_mode", "synchronous")


def raw(path, *statements):
    """What each statement gives on a plain connection, which is closed again."""
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
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
    assert len(list(path.parent.glob("*.damaged?"))) == files.SET_ASIDE


def test_a_newer_file_is_left_alone(path):
    SampleStore(path).close()
    raw(path, f"PRAGMA user_version = {len(database.MIGRATIONS) + 1}")
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
        database.prepare(path, migrations=newer)
        assert raw(path, "SELECT label, mood FROM samples") == [[(9, "good")]]


def test_a_migration_that_fails_changes_nothing(path, sample):
    with SampleStore(path) as store:
        store.add(sample(4, label=9))
    broken = "ALTER TABLE samples ADD COLUMN mood TEXT; ALTER TABLE nothing ADD COLUMN a"
    with pytest.raises(StorageError):
        database.prepare(path, migrations=(*database.MIGRATIONS, broken))
    [columns] = raw(path, "PRAGMA table_info(samples)")
    assert "mood" not in [each[1] for each in columns]
    with SampleStore(path) as store:
        assert store.counts()["labelled"] == 1


def test_writes_are_on_the_card_when_they_return(path, sample):
    SampleStore(path).add(sample())
    with database.transaction(path, write=True) as connection:
        found = [connection.execute(f"PRAGMA {each}").fetchone() for each in _DURABLE]
    assert found == [("truncate",), (2,)]
    assert path.with_name("samples.db-journal").stat().st_size == 0


def test_the_group_may_write(path, sample):
    before = os.umask(0o022)
    try:
        with SampleStore(path) as store:
            store.add(sample())
            modes = {stat.S_IMODE(each.stat().st_mode) for each in path.parent.iterdir()}
    finally:
        os.umask(before)
    assert modes == {0o660}


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
    store = SampleStore(path)
    kept = store.add(sample(1, label=7))

    def fill():
        with database.transaction(path, write=True) as connection:
            connection.execute("PRAGMA max_page_count = 1")
            connection.execute("UPDATE samples SET label = 3")
            connection.execute("UPDATE samples SET crop = zeroblob(100000)")

    with pytest.raises(FullError, match="the card is full"):
        fill()
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
        (sqlite3.SQLITE_TOOBIG, {}, DamagedError, "is damaged"),
        (sqlite3.SQLITE_INTERRUPT, {}, DamagedError, "is damaged"),
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
        monkeypatch.setattr(os, "access", lambda asked, mode, effective_ids: not mode & os.W_OK)
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


def test_what_systemd_keeps_from_its_unit(path, monkeypatch, tmp_path):
    monkeypatch.setenv("INVOCATION_ID", "1")
    monkeypatch.setenv("STATE_DIRECTORY", str(tmp_path))
    found = str(database.wrapped(OSError(errno.EROFS, "Read-only file system"), path))
    assert found.startswith(f"{path}: systemd lets zerodigit write into {tmp_path} alone")
    home = type(path)("/home/pi/zerodigit/samples.db")
    shut = PermissionError(errno.EACCES, "Permission denied")
    with monkeypatch.context() as patch:
        patch.setattr(os, "stat", Mock(side_effect=shut))
        found = str(database.wrapped(shut, home))
    assert "ProtectHome" in found
    assert "usermod" not in found


@pytest.mark.parametrize("statement", [
    "CREATE TRIGGER t AFTER INSERT ON samples BEGIN DELETE FROM samples; END",
    "CREATE VIEW v AS SELECT * FROM samples",
    "CREATE TABLE more (a)",
    "ALTER TABLE samples ADD COLUMN more GENERATED ALWAYS AS (abs(-9223372036854775808))",
    "DROP TABLE samples",
    "DROP INDEX samples_by_label",
    "UPDATE sqlite_sequence SET seq = 9223372036854775807",
    "PRAGMA user_version = -1",
])  # fmt: skip
def test_a_layout_that_is_not_ours_is_damage_at_any_time(path, sample, statement):
    store = SampleStore(path)
    store.add(sample())
    raw(path, statement)
    with pytest.raises(DamagedError):
        store.add(sample())
    with pytest.raises(DamagedError):
        store.select()
    with SampleStore(path, set_aside=True) as anew:
        anew.add(sample())
        assert anew.counts()["all"] == 1


def test_a_write_ahead_log_of_an_older_version_is_taken_in(path, sample, tmp_path):
    SampleStore(path).add(sample(1))
    with closing(sqlite3.connect(path, isolation_level=None)) as older:
        older.execute("PRAGMA journal_mode = WAL")
        older.execute("UPDATE samples SET label = 4")
        with pytest.raises(BusyError):
            SampleStore(path, wait_s=0)
        killed = tmp_path / "killed" / "samples.db"
        shutil.copytree(path.parent, killed.parent)
    for each in (path, killed):
        # SQLite would map the index into memory, and whoever cuts it ends the process.
        each.with_name("samples.db-shm").write_bytes(b"")
        [found] = SampleStore(each, wait_s=0).select()
        assert found.label == 4
        assert raw(each, "PRAGMA journal_mode") == [[("delete",)]]
        assert not each.with_name("samples.db-wal").exists()


def test_a_write_ahead_log_that_another_turns_on_meanwhile_is_turned_off(path, sample):
    store = SampleStore(path)
    store.add(sample())
    raw(path, "PRAGMA journal_mode = WAL")
    store.label(1, 4)
    assert raw(path, "PRAGMA journal_mode", "SELECT label FROM samples") == [
        [("delete",)], [(4,)],
    ]  # fmt: skip


def test_a_link_that_comes_while_it_is_opened_is_refused(path, sample, tmp_path, monkeypatch):
    SampleStore(path).add(sample())
    other = tmp_path / "other.db"
    path.rename(other)
    path.symlink_to(other)
    monkeypatch.setattr(files, "complaint", lambda *_: "")
    before = other.read_bytes()
    with pytest.raises(DamagedError, match="replaced by a link"):
        SampleStore(path)
    assert other.read_bytes() == before


def test_a_journal_of_another_user_is_replaced_in_our_folder(path, sample):
    if os.geteuid() != 0:
        pytest.skip("only root may give a file away")
    SampleStore(path).add(sample())
    journal = path.with_name("samples.db-journal")
    os.chown(journal, 12345, -1)
    SampleStore(path).add(sample())
    assert journal.stat().st_uid == 0
    assert SampleStore(path).counts()["all"] == 2


def test_tables_whose_names_are_no_text_are_damage(path):
    SampleStore(path).close()
    raw(path, "CREATE TABLE more (a)")
    data = path.read_bytes().replace(b"more", b"mo\xfee").replace(b"e (a)", b"e (a ")
    path.write_bytes(data)
    with pytest.raises(DamagedError):
        SampleStore(path)
    SampleStore(path, set_aside=True).close()


def _many_views():
    made = f"CREATE VIEW v AS SELECT {','.join('1' * 900)}"
    for number in range(2000):
        yield ("view", f"v{number}", f"v{number}", 0, made.replace("v", f"v{number}", 1))


def _many_tables():
    for number in range(15_000):
        yield "table", f"t{number}", f"t{number}", 2, f"CREATE TABLE t{number}(a,b,c,d,e,f,g)"


def _one_long():
    yield "view", "v", "v", 0, f"CREATE VIEW v AS SELECT {'1 + ' * 200_000} 1"


@pytest.mark.parametrize("tables", [_many_views, _many_tables, _one_long])
def test_megabytes_of_tables_take_little_memory_and_time(path, tables):
    SampleStore(path).close()
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("PRAGMA writable_schema = ON")
        connection.executemany("INSERT INTO sqlite_master VALUES (?, ?, ?, ?, ?)", tables())
        connection.commit()
    assert path.stat().st_size > 700_000
    code = f"""
import sys
from pathlib import Path
from pi.samples.store import SampleStore
def peak():
    lines = open("/proc/self/status")
    return next(int(each.split()[1]) for each in lines if each.startswith("VmHWM"))
before = peak()
try:
    SampleStore(Path({str(path)!r}))
except Exception as error:
    print(type(error).__name__, peak() - before)
"""
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=True
    )
    kind, kilobytes = done.stdout.split()
    assert kind == "DamagedError"
    assert int(kilobytes) < 32 << 10
    SampleStore(path, set_aside=True).close()
