from __future__ import annotations

import contextlib
import sqlite3
from types import SimpleNamespace

import pytest

from tools.attacks import obstacles


@pytest.fixture
def database(tmp_path):
    path = tmp_path / "samples.db"
    with contextlib.closing(sqlite3.connect(path)) as connection:
        connection.execute("CREATE TABLE samples (label)")
    return path


def write(path):
    with contextlib.closing(
        sqlite3.connect(path, timeout=0, isolation_level=None)
    ) as connection:
        connection.execute("INSERT INTO samples VALUES (1)")


@pytest.mark.parametrize("mode", obstacles.MODES)
def test_a_lock_keeps_others_from_writing_while_it_is_held(database, tmp_path, mode):
    with (
        obstacles.locked(database, mode, tmp_path / "said"),
        pytest.raises(sqlite3.OperationalError, match="locked"),
    ):
        write(database)
    write(database)


def test_what_cannot_be_locked_is_said(tmp_path):
    (tmp_path / "samples.db").write_bytes(b"no database" * 100)
    lock = obstacles.locked(tmp_path / "samples.db", "IMMEDIATE", tmp_path / "said")
    with pytest.raises(OSError, match="not a database"), lock:
        pass


def test_a_card_is_mounted_and_taken_away_again(tmp_path, monkeypatch):
    calls = []

    def run(command, **options):
        calls.append(command[0])
        return SimpleNamespace(returncode=0, stderr="")

    monkeypatch.setattr("subprocess.run", run)
    with obstacles.card(tmp_path) as why:
        assert (why, calls) == ("", ["mount"])
    assert calls == ["mount", "umount"]


def test_why_there_is_no_card_is_said(tmp_path, monkeypatch):
    monkeypatch.setattr(
        "subprocess.run",
        lambda *args, **options: SimpleNamespace(returncode=1, stderr="must be superuser\n"),
    )
    with obstacles.card(tmp_path) as why:
        assert why == "must be superuser"


def test_a_full_card_has_room_again_afterwards(tmp_path, monkeypatch):
    monkeypatch.setattr(obstacles, "CARD_KB", 1)
    with obstacles.full(tmp_path):
        # This one is larger, and is not to be filled for a test.
        assert (tmp_path / "filler").stat().st_size == 2 * 1024
    assert list(tmp_path.iterdir()) == []
