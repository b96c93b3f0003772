"""The store of samples: labels, bounds, deletion, and several processes at once."""

from __future__ import annotations

import os
import sqlite3
import subprocess
import sys
from contextlib import closing
from dataclasses import replace

import pytest

from core.classes import NO_DIGIT
from pi import config
from pi.samples.database import NoSampleError
from pi.samples.store import Sample, SampleStore, word


def test_what_goes_in_comes_out(store):
    given = Sample(
        bytes(range(196)) * 4, 7, 0.75, (0.25, 0.75), "0003", 12.5, True, 1, "wrong",
        b"\1\2\3\4\5\6", 3,
    )  # fmt: skip
    number = store.add(given)
    assert store.get(number) == replace(given, id=number)
    assert store.select() == [replace(given, id=number, crop=None, crop_width=None)]


def test_labels_can_be_given_and_taken_back(store, sample):
    number = store.add(sample(3))
    store.label(number, 8, "label")
    labelled = store.get(number)
    assert (labelled.label, labelled.origin, labelled.corrected) == (8, "label", True)
    store.label(number, None, "label")
    assert (store.get(number).label, store.get(number).origin) == (None, None)
    store.label(number, NO_DIGIT, "wrong")
    assert store.counts() == {"all": 1, "labelled": 1, "corrected": 1}


_IMPOSSIBLE = {
    "image": "zeroblob(784) || '' || 'x'",
    "guess": "'seven'",
    "label": "'seven'",
    "confidence": "'very'",
    "probabilities": "zeroblob(10)",
    "model": "printf('%900000s', 'x')",
    "origin": "zeroblob(10)",
    "time": "9e999",
    "trusted": "2",
}


@pytest.mark.parametrize(("column", "value"), _IMPOSSIBLE.items(), ids=_IMPOSSIBLE)
def test_a_row_that_no_sample_has_is_passed_over(path, store, sample, column, value):
    good, wrong = store.add(sample(1, label=1)), store.add(sample(2, label=2))
    with closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute("PRAGMA ignore_check_constraints = ON")
        other.execute(f"UPDATE samples SET {column} = {value} WHERE id = {wrong}")
    assert [each.id for each in SampleStore(path).select()] == [good]
    assert store.counts()["all"] == 2
    with pytest.raises(NoSampleError):
        store.get(wrong)
    store.add(sample(3))
    store.label(wrong, 3)
    assert store.delete([wrong]) == 1


@pytest.mark.parametrize(
    ("column", "value", "expected"),
    [
        ("probabilities", "'0.5 much'", ()),
        ("crop", "'text'", None),
        ("crop", "zeroblob(900000)", None),
        ("crop_width", "0", None),
        ("crop_width", "5", None),
        ("crop_width", "'wide'", None),
        ("model", "'00' || char(27, 10) || '[2Jé'", r"00\x1b [2Jé"),
        ("origin", "CAST(x'6cff' AS TEXT)", r"l\xff"),
    ],
)
def test_a_part_that_no_sample_has_is_dropped(path, store, sample, column, value, expected):
    number = store.add(sample(1, label=1, origin="label", crop=bytes(12), crop_width=4))
    with closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute(f"UPDATE samples SET {column} = {value} WHERE id = {number}")
    assert getattr(store.get(number), column) == expected


def test_a_crop_is_bounded(store, sample):
    with pytest.raises(ValueError, match="a crop has at most 65536 bytes"):
        store.add(sample(crop=bytes(65537), crop_width=1))
    assert store.counts()["all"] == 0


@pytest.mark.parametrize("label", [-1, 11])
def test_labels_beyond_the_classes_are_refused(store, label, sample):
    with pytest.raises(ValueError, match="label"):
        store.add(sample(label=label))
    assert store.select() == []


def test_there_is_no_such_sample(store):
    with pytest.raises(NoSampleError, match="no sample 7"):
        store.label(7, 1)


def test_the_oldest_without_a_label_go_first(path, sample):
    with SampleStore(path, most=10) as store:
        for number in range(30):
            store.add(sample(number, label=5 if number in (2, 20) else None))
        left = store.select()
    assert len(left) == 10
    assert [each.image[0] for each in left] == [2, 20, *range(22, 30)]


def test_labelled_ones_stay_whatever_the_bound(path, sample):
    with SampleStore(path, most=10) as store:
        for number in range(15):
            store.add(sample(number, label=1))
        last = store.add(sample(99))
        assert store.get(last).label is None
        assert store.counts()["labelled"] == 15


def test_the_file_is_bounded_in_bytes(path, sample):
    with SampleStore(path, most=100_000, most_bytes=200_000) as store:
        for number in range(90):
            store.add(sample(number, crop=os.urandom(4096), crop_width=64))
        assert 20 < store.counts()["all"] < 60
        assert store.select(last=1)[0].image[0] == 89
    assert path.stat().st_size < 400_000


def test_numbers_are_never_given_twice(store, sample):
    first = store.add(sample())
    store.delete([first])
    assert store.add(sample()) > first


def test_deleted_is_deleted(path, sample):
    secret = b"nobody shall read this again"
    with SampleStore(path) as store:
        number = store.add(sample(crop=secret * 20, crop_width=28))
        assert store.delete([number, 12345]) == 1
    for each in path.parent.iterdir():
        assert secret not in each.read_bytes(), each


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


def test_two_may_write(path, store, sample):
    with SampleStore(path) as other:
        mine, theirs = store.add(sample(1)), other.add(sample(2))
        other.label(mine, 4)
        store.label(theirs, 5)
        assert [each.label for each in store.select()] == [4, 5]


def test_settings_bound_it(tmp_path, sample):
    given = {"samples.folder": str(tmp_path), "samples.most": 10}
    with SampleStore.of(config.load(overrides=given)) as store:
        assert store.path == tmp_path / "samples.db"
        for number in range(12):
            store.add(sample(number))
        assert store.counts()["all"] == 10


def test_words():
    assert [word(each) for each in (None, 7, 10)] == ["?", "7", "no digit"]


def test_a_sample_is_written_in_one_short_line():
    assert len(repr(Sample(bytes(784), 3, crop=bytes(4000), crop_width=40))) < 250


def test_the_most_useful_are_those_read_wrongly_and_the_newest(store):
    for guess, label in ((1, 1), (1, 7), (2, None), (3, 3), (None, 10), (4, 9)):
        store.add(Sample(bytes(784), guess, label=label))
    found = store.most_useful(512)
    assert found.numbers == [6, 5, 2, 4, 1]
    assert found.labels == [9, 10, 7, 3, 1]
    assert found.images == bytes(5 * 784)
    assert store.most_useful(2).numbers == [6, 5]
