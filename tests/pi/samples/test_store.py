"""The store of samples: bounded, migrated, proved, and shared by several processes."""

from __future__ import annotations

import os
import sqlite3
import stat
import subprocess
import sys

import pytest

from core.classes import NO_DIGIT
from core.errors import StorageError
from pi import config
from pi.samples import database
from pi.samples.database import DamagedError, NoSampleError
from pi.samples.store import Sample, SampleStore, word


def sample(number=0, **given):
    return Sample(bytes([number % 256]) * 784, guess=number % 10, time=1.5, **given)


@pytest.fixture
def path(tmp_path):
    return tmp_path / "state" / "samples.db"


@pytest.fixture
def store(path):
    with SampleStore(path) as opened:
        yield opened


def test_what_goes_in_comes_out(store):
    given = Sample(
        bytes(range(196)) * 4, 7, 0.75, (0.25, 0.75), "0003", 12.5, True, 1, "wrong",
        b"\1\2\3\4\5\6", 3,
    )  # fmt: skip
    number = store.add(given)
    assert store.get(number) == Sample(**{**given.__dict__, "id": number})


def test_labels_can_be_given_and_taken_back(store):
    number = store.add(sample(3))
    assert store.label(number, 8, "label").label is None
    labelled = store.get(number)
    assert (labelled.label, labelled.origin, labelled.corrected) == (8, "label", True)
    assert store.label(number, None).label == 8
    assert store.get(number).origin is None
    assert store.label(number, NO_DIGIT, "wrong").label is None
    assert store.counts() == {"all": 1, "labelled": 1, "corrected": 1}


@pytest.mark.parametrize("label", [-1, 11])
def test_labels_beyond_the_classes_are_refused(store, label):
    with pytest.raises(ValueError, match="label"):
        store.add(sample(label=label))
    assert store.select() == []


def test_there_is_no_such_sample(store):
    with pytest.raises(NoSampleError, match="no sample 7"):
        store.label(7, 1)


def test_the_oldest_without_a_label_go_first(path):
    with SampleStore(path, most=10) as store:
        for number in range(30):
            store.add(sample(number, label=5 if number in (2, 20) else None))
        left = store.select()
    assert len(left) == 10
    assert [each.image[0] for each in left] == [2, 20, *range(22, 30)]


def test_labelled_ones_stay_whatever_the_bound(path):
    with SampleStore(path, most=10) as store:
        for number in range(15):
            store.add(sample(number, label=1))
        last = store.add(sample(99))
        assert store.get(last).label is None
        assert store.counts()["labelled"] == 15


def test_the_file_is_bounded_in_bytes(path):
    with SampleStore(path, most=100_000, most_bytes=200_000) as store:
        for number in range(90):
            store.add(sample(number, crop=os.urandom(4096), crop_width=64))
        store._connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        assert 20 < store.counts()["all"] < 60
        assert store.select(last=1)[0].image[0] == 89
    assert path.stat().st_size < 400_000


def test_numbers_are_never_given_twice(store):
    first = store.add(sample())
    store.delete([first])
    assert store.add(sample()) > first


def test_deleted_is_deleted(path):
    secret = b"nobody shall read this again"
    with SampleStore(path) as store:
        number = store.add(sample(crop=secret * 20, crop_width=28))
        assert store.delete([number, 12345]) == 1
    for each in path.parent.iterdir():
        assert secret not in each.read_bytes(), each


def test_what_another_still_reads_of_deleted_ones_is_said(path, monkeypatch, caplog):
    monkeypatch.setattr(database, "WAIT_S", 0.0)
    with SampleStore(path) as store, SampleStore(path) as reading:
        number = store.add(sample())
        reading._connection.execute("BEGIN")
        reading.select()
        assert store.delete([number]) == 1
        [said] = caplog.messages
        assert said.startswith(f"{path}-wal: may still hold what was deleted")
        reading._connection.execute("COMMIT")
        assert store.delete([number]) == 0
        assert len(caplog.messages) == 1
        assert os.path.getsize(f"{path}-wal") == 0


def test_what_was_told_as_stored_survives_a_kill(path):
    code = f"""
import os, signal
from pathlib import Path
from pi.samples.store import Sample, SampleStore
store = SampleStore(Path({str(path)!r}))
for number in range(5):
    store.add(Sample(bytes(784), 1, time=0.0, label=number))
os.kill(os.getpid(), signal.SIGKILL)
"""
    subprocess.run([sys.executable, "-c", code], check=False)
    with SampleStore(path) as store:
        assert [each.label for each in store.labelled()] == [0, 1, 2, 3, 4]


def test_two_may_write(path, store):
    with SampleStore(path) as other:
        mine, theirs = store.add(sample(1)), other.add(sample(2))
        other.label(mine, 4)
        store.label(theirs, 5)
        assert [each.label for each in store.select()] == [4, 5]


def test_writes_are_on_the_card_when_told(store):
    def pragma(name):
        return store._connection.execute(f"PRAGMA {name}").fetchone()[0]

    assert (pragma("journal_mode"), pragma("synchronous")) == ("wal", 2)


def test_the_group_may_write(path):
    before = os.umask(0o022)
    try:
        with SampleStore(path) as store:
            store.add(sample())
            modes = {stat.S_IMODE(each.stat().st_mode) for each in path.parent.iterdir()}
    finally:
        os.umask(before)
    assert modes == {0o660}


@pytest.mark.parametrize("damage", ["no database", "torn", "flipped"])
def test_a_damaged_file_is_set_aside(path, damage, caplog):
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
        raw.execute(f"PRAGMA user_version = {database.VERSION + 1}")
    raw.close()
    before = path.read_bytes()
    with pytest.raises(StorageError, match="newer zerodigit"):
        SampleStore(path, set_aside=True)
    assert path.read_bytes() == before


def test_an_older_file_is_migrated_and_nothing_lost(path, monkeypatch):
    with SampleStore(path) as store:
        store.add(sample(4, label=9))
    column = "ALTER TABLE samples ADD COLUMN mood TEXT DEFAULT 'good'"
    monkeypatch.setattr(database, "MIGRATIONS", (*database.MIGRATIONS, column))
    monkeypatch.setattr(database, "VERSION", database.VERSION + 1)
    for _ in range(2):
        with SampleStore(path) as store:
            assert [each.label for each in store.select()] == [9]
            assert store._connection.execute("SELECT mood FROM samples").fetchall() == [
                ("good",)
            ]


def test_a_migration_that_fails_changes_nothing(path, monkeypatch):
    with SampleStore(path) as store:
        store.add(sample(4, label=9))
    broken = "ALTER TABLE samples ADD COLUMN mood TEXT; ALTER TABLE nothing ADD COLUMN a"
    with monkeypatch.context() as patch:
        patch.setattr(database, "MIGRATIONS", (*database.MIGRATIONS, broken))
        patch.setattr(database, "VERSION", database.VERSION + 1)
        with pytest.raises(StorageError):
            SampleStore(path)
    with SampleStore(path) as store:
        columns = store._connection.execute("PRAGMA table_info(samples)").fetchall()
        assert "mood" not in [each[1] for each in columns]
        assert store.counts()["labelled"] == 1


def test_settings_bound_it(tmp_path):
    given = {"samples.folder": str(tmp_path), "samples.most": 10}
    with SampleStore.of(config.load(overrides=given)) as store:
        assert store.path == tmp_path / "samples.db"
        for number in range(12):
            store.add(sample(number))
        assert store.counts()["all"] == 10


def test_a_folder_that_cannot_be_made_is_one_line(tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(StorageError, match="cannot be used"):
        SampleStore(tmp_path / "file" / "samples.db")


def test_words():
    assert [word(each) for each in (None, 7, 10)] == ["?", "7", "no digit"]
