from __future__ import annotations

import os
import sqlite3
from contextlib import closing

import pytest

from pi.samples.database import MIGRATIONS
from tools.attacks import plants
from tools.attacks.plants import Foreign


@pytest.fixture
def foreign(tmp_path):
    made = Foreign(tmp_path / "foreign")
    who = (os.getuid(), os.getgid())
    made.make({"root": who, "other": who, "service": who})
    return made


@pytest.mark.parametrize("kind", sorted(plants.PLANTS.keys() - plants.DATABASE.keys()))
def test_each_is_laid_in_place_of_what_is_there_and_harms_nobody(kind, tmp_path, foreign):
    path = tmp_path / "current"
    path.write_text("before")
    plants.lay(kind, path, foreign)
    assert os.path.lexists(path)
    assert path.is_symlink() or not path.is_file() or path.stat().st_size != len("before")
    assert foreign.changes() == []


@pytest.mark.parametrize("kind", sorted(plants.DATABASE))
def test_each_database_is_laid_in_one_as_ours(kind, tmp_path, foreign):
    path = tmp_path / "samples.db"
    with closing(sqlite3.connect(path)) as connection:
        connection.executescript(MIGRATIONS[0])
        connection.execute(
            "INSERT INTO samples (image, time, trusted) VALUES (zeroblob(784), 0, 0)"
        )
        connection.commit()
    before = path.read_bytes()
    plants.lay(kind, path, foreign)
    assert path.read_bytes() != before


def test_a_folder_is_taken_out_of_the_way(tmp_path, foreign):
    (tmp_path / "night").mkdir()
    plants.lay("FIFO", tmp_path / "night", foreign)
    assert (tmp_path / "night").is_fifo()
    assert (tmp_path / "night.away").is_dir()


def test_what_was_done_to_foreign_files_is_found(foreign):
    (foreign.folder / "root/open").write_text("x")
    (foreign.folder / "root/new").touch()
    (foreign.folder / "other/secret").unlink()
    (foreign.folder / "service/open").chmod(0o666)
    (foreign.ran / "anything").touch()
    assert foreign.changes() == ["other/secret", "root/new", "root/open", "service/open"]


@pytest.mark.parametrize(
    ("kind", "name", "there", "suits"),
    [
        ("FIFO", "weights/0001.npz", False, True),
        ("deep JSON", "weights/0001.npz", True, False),
        ("deep JSON", "night/last.json", False, True),
        ("huge rows", "samples.db", True, True),
        ("huge rows", "samples.db", False, False),
    ],
)
def test_a_plant_suits_a_name_or_not(kind, name, there, suits):
    assert plants.suits(kind, name, there) == suits


def test_code_says_that_it_was_run(tmp_path, foreign):
    place = plants.code_places(tmp_path, "3.11")[0]
    plants.lay_code(place, foreign)
    exec(place.read_text())
    assert [path.name for path in foreign.ran.iterdir()] == [f"{os.getuid()} {place.name}"]
