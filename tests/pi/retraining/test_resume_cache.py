"""Pieces of work on the card: the same bits whenever it was interrupted, and torn files."""

from __future__ import annotations

import os
from functools import partial

import numpy as np
import pytest

from core.files import archive
from core.files.resumable import uncached
from pi.retraining.resume_cache import LARGEST, SUFFIX, ResumeCache


def work(pieces, made=None):
    """Twelve pieces of random numbers, and what is drawn between and after them."""
    rng = np.random.default_rng(5)
    made = [] if made is None else made

    def make(number):
        made.append(number)
        return rng.integers(0, 256, 6, np.uint8) if number % 2 else np.full(3, number / 3)

    between = []
    found = [
        np.zeros(6, np.uint8) if each % 2 else np.zeros(3, np.float32) for each in range(12)
    ]
    for number, out in enumerate(found):
        if number % 5 == 0:
            between.append(int(rng.integers(1000)))
        pieces(out, partial(make, number), rng)
    return [each.tolist() for each in found], between, float(rng.random())


class Stop(Exception):
    """After so many pieces."""


def stopping(folder, most, every_s=1e9, largest=LARGEST):
    """Pieces that stop after so many, and save as a night does."""
    left = iter(range(most - 1))

    def after(shape):
        if next(left, None) is None:
            raise Stop

    return ResumeCache(folder, every_s, after, largest)


def saved(folder):
    """A file with the first six pieces: its path, and what is in it."""
    pieces = stopping(folder, 6)
    with pytest.raises(Stop):
        work(pieces)
    pieces.save()
    (path,) = folder.iterdir()
    return path, *archive.load(path)


def go_on(folder):
    made = []
    pieces = ResumeCache(folder, 1e9, lambda shape: None)
    return work(pieces, made), made


@pytest.mark.parametrize("stops", [[1], [5, 6, 11], [12]])
def test_interrupted_it_is_the_same(tmp_path, stops):
    for most in stops:
        pieces = stopping(tmp_path, most)
        with pytest.raises(Stop):
            work(pieces)
        pieces.save()
    found, made = go_on(tmp_path)
    assert found == work(uncached)
    assert made == list(range(stops[-1], 12))


def test_what_waits_is_written_in_time_and_before_it_is_much(tmp_path):
    with pytest.raises(Stop):
        work(stopping(tmp_path, 3))
    assert list(tmp_path.iterdir()) == []
    with pytest.raises(Stop):
        work(stopping(tmp_path, 3, every_s=0))
    names = [f"{number:03d}{SUFFIX}" for number in range(3)]
    assert sorted(each.name for each in tmp_path.iterdir()) == names
    for each in tmp_path.iterdir():
        each.unlink()
    with pytest.raises(Stop):
        work(stopping(tmp_path, 5, largest=30))
    # 12 and 6 and 12 bytes, and then as many again.
    assert [each.name for each in tmp_path.iterdir()] == names[:1]


@pytest.mark.parametrize("torn", [0, 1, 2])
def test_from_a_torn_file_on_all_is_made_anew(tmp_path, torn, caplog):
    for most in (4, 8, 10):
        pieces = stopping(tmp_path, most)
        with pytest.raises(Stop):
            work(pieces)
        pieces.save()
    path = tmp_path / f"{torn:03d}{SUFFIX}"
    path.write_bytes(path.read_bytes()[:-40])
    found, made = go_on(tmp_path)
    assert found == work(uncached)
    assert made == list(range([0, 4, 8][torn], 12))
    assert str(path) in caplog.text


def test_a_torn_file_is_replaced(tmp_path):
    for most in (4, 8):
        pieces = stopping(tmp_path, most)
        with pytest.raises(Stop):
            work(pieces)
        pieces.save()
    (tmp_path / f"000{SUFFIX}").write_bytes(b"torn")
    pieces = stopping(tmp_path, 10)
    with pytest.raises(Stop):
        work(pieces)
    pieces.save()
    found, made = go_on(tmp_path)
    assert found == work(uncached)
    assert made == [10, 11]


def test_pieces_of_another_work_are_not_taken(tmp_path, caplog):
    pieces = stopping(tmp_path, 6)
    with pytest.raises(Stop):
        work(pieces)
    pieces.save()
    pieces = ResumeCache(tmp_path, 0, lambda shape: None)
    out = np.zeros(7, np.float32)
    pieces(out, lambda: np.ones(7))
    assert out.tolist() == [1] * 7
    assert "of another work" in caplog.text
    # Neither the old ones nor half of the new ones.
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    "plant",
    [
        lambda path: (path / "full").mkdir(parents=True),
        os.mkfifo,
        lambda path: path.symlink_to("/dev/zero"),
        lambda path: path.symlink_to("none"),
        lambda path: os.truncate(os.open(path, os.O_CREAT | os.O_RDWR), 1 << 33),
    ],
)
def test_what_somebody_laid_there_is_passed_over(tmp_path, plant, caplog):
    tmp_path.chmod(0o2770)
    for number in (0, 1):
        plant(tmp_path / f"{number:03d}{SUFFIX}")
    pieces = stopping(tmp_path, 6, every_s=0)
    with pytest.raises(Stop):
        work(pieces)
    assert "from here on they are made anew" in caplog.text
    found, made = go_on(tmp_path)
    assert found == work(uncached)
    assert made == list(range(6, 12))


STATE = np.random.default_rng(5).bit_generator.state


@pytest.mark.parametrize(
    "state",
    [
        None,
        5,
        [],
        {},
        STATE | {"bit_generator": "MT19937"},
        STATE | {"bit_generator": []},
        STATE | {"state": None},
        STATE | {"state": {"state": 1}},
        STATE | {"state": {"state": -1, "inc": 1}},
        STATE | {"state": {"state": 2**130, "inc": 1}},
        STATE | {"state": {"state": "x", "inc": [1]}},
        STATE | {"has_uint32": {}},
        STATE | {"has_uint32": 2**90},
        STATE | {"uinteger": -1},
        STATE | {"uinteger": 2**40},
        STATE | {"uinteger": True},
        STATE | {"more": 1},
    ],
)
def test_a_state_that_somebody_made_up_is_not_taken(tmp_path, state, caplog):
    path, about, arrays = saved(tmp_path)
    about["states"][0] = state
    archive.save(path, about, arrays)
    found, made = go_on(tmp_path)
    assert found == work(uncached)
    assert made == list(range(12))
    assert "made anew" in caplog.text


@pytest.mark.parametrize(
    "about", [{}, {"states": 5}, {"states": {"a": 1}}, {"states": [1] * 99}]
)
def test_a_description_that_somebody_made_up_is_not_taken(tmp_path, about):
    archive.save(tmp_path / f"000{SUFFIX}", about, {"0": np.zeros(3, np.float32)})
    found, made = go_on(tmp_path)
    assert found == work(uncached)
    assert made == list(range(12))


def test_numbers_that_are_not_finite_are_not_taken(tmp_path):
    path, about, arrays = saved(tmp_path)
    arrays["2"][0] = np.nan
    archive.save(path, about, arrays)
    assert go_on(tmp_path)[0] == work(uncached)
