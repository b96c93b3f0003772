"""Pieces of work on the card: the same bits whenever it was interrupted, and torn files."""

from __future__ import annotations

from functools import partial

import numpy as np
import pytest

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
