"""Versions at which the process ended twice in a row are known, and nothing else is."""

from __future__ import annotations

import os

import pytest

from pi.models.attempts import FILE, Attempts


@pytest.fixture
def path(tmp_path):
    return tmp_path / FILE


def test_a_process_that_ends_twice_in_a_row_exhausts_a_version(path):
    for expected in (False, False, True):
        assert Attempts(path).exhausted("0003") == expected
        Attempts(path).begin("0003")
    assert not Attempts(path).exhausted("0002")


def test_one_that_was_survived_begins_anew(path):
    attempts = Attempts(path)
    attempts.begin("0003")
    attempts.begin("0002")
    attempts.end("0003")
    attempts.begin("0003")
    assert not attempts.exhausted("0003")
    attempts.end("0003")
    attempts.end("0002")
    assert not path.exists()


@pytest.mark.parametrize("text", ["", "[]", '{"0003": true}', '{"0003": -9}', "[" * 3000])
def test_nonsense_counts_as_nothing(path, text):
    path.write_text(text)
    assert not Attempts(path).exhausted("0003")
    Attempts(path).begin("0003")
    assert not Attempts(path).exhausted("0003")


def test_where_nothing_can_be_written_nothing_is_counted(path, tmp_path):
    path.mkdir()
    for attempts in (Attempts(None), Attempts(tmp_path / "none" / FILE), Attempts(path)):
        for _ in range(3):
            attempts.begin("0003")
        assert not attempts.exhausted("0003")
        attempts.end("0003")
    assert os.listdir(tmp_path) == [FILE]
