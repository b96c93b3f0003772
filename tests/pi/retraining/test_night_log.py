"""The history of the nights: no error of the card may cost it."""

from __future__ import annotations

import errno
import os
from pathlib import Path

import pytest

from core.errors import StorageError
from pi import config
from pi.cli import main
from pi.retraining import night_log
from pi.service import status
from pi.service.stats import ServiceStats
from pi.system.clock import SystemClock


@pytest.fixture
def path(tmp_path):
    return tmp_path / night_log.FILE


@pytest.fixture
def unreadable(path, monkeypatch):
    """A history of two nights that cannot be read for now."""
    for number in range(2):
        night_log.append(path, {"outcome": "discarded", "number": number})
    content = path.read_bytes()

    read = Path.read_text

    def fail(asked, *arguments, **options):
        if asked == path:
            raise OSError(errno.EIO, os.strerror(errno.EIO))
        return read(asked, *arguments, **options)

    monkeypatch.setattr(Path, "read_text", fail)
    return content


def test_without_a_file_there_was_no_night(path):
    assert night_log.read(path) == []


def test_what_cannot_be_read_is_not_replaced(path, unreadable):
    with pytest.raises(StorageError, match=r"history.jsonl: cannot be read \(Input/output"):
        night_log.append(path, {"outcome": "promoted"})
    assert path.read_bytes() == unreadable


def test_what_cannot_be_read_is_no_empty_history(path, unreadable, monkeypatch, capsys):
    monkeypatch.setenv("ZERODIGIT_CONFIG", os.devnull)
    assert main(["history", "--set", f"samples.folder={path.parent}"]) == 7
    said = capsys.readouterr()
    assert f"{path}: cannot be read (Input/output error)" in said.err
    assert said.out == ""


def test_status_goes_on_without_it(path, unreadable):
    clock = SystemClock()
    settings = config.load(overrides={"samples.folder": str(path.parent)})
    told = status.StatusReport(ServiceStats(clock.monotonic), clock, settings).status({})
    assert (
        night_log.in_words(told["last_night"])
        == f"not known ({path}: cannot be read (Input/output error))"
    )


def test_history_is_bounded_and_survives_rubbish(path):
    path.write_text('{"outcome": "promoted"}\nrubbish\n[1]\n{"a": 1}\n')
    for number in range(8):
        night_log.append(path, {"outcome": "discarded", "number": number}, keep=5)
    assert [each["number"] for each in night_log.read(path)] == [3, 4, 5, 6, 7]


def test_nights_without_memory_in_a_row_are_one(path):
    for outcome in ("no memory", "no memory", "discarded", "no memory"):
        night_log.append(path, {"outcome": outcome})
    outcomes = [each["outcome"] for each in night_log.read(path)]
    assert outcomes == ["no memory", "discarded", "no memory"]
