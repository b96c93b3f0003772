"""The history of the nights: no error of the card may cost it."""

from __future__ import annotations

import errno
import json
import os

import pytest

from core.errors import StorageError
from core.files import foreign
from pi import config
from pi.cli import main
from pi.cli.format import night_details
from pi.retraining import night_log, night_plot, night_words
from pi.service import status
from pi.service.stats import ServiceStats
from pi.system.clock import SystemClock


@pytest.fixture
def path(tmp_path):
    (tmp_path / "state" / "night").mkdir(parents=True)
    return tmp_path / "state" / "night" / night_log.FILE


NIGHT = {
    "at": "2026-11-24T03:10:00+00:00", "outcome": "discarded", "why": "it would forget",
    "digits": 12, "before": 4, "after": 1, "exam_before": 3, "exam_after": 5,
    "exam_count": 1000, "confused": [[7, 1, 3], [4, 11, 1]], "still_confused": [],
    "share": None, "seconds": 61.5, "clock_trusted": True, "corrected": 3, "base": "shipped",
    "read_before": 8, "read_after": 11, "suspects": [[5, 7, 1]],
}  # fmt: skip


@pytest.fixture
def unreadable(path, monkeypatch):
    """A history of two nights that cannot be read for now."""
    for number in range(2):
        night_log.append(path, {"outcome": "discarded", "seconds": number})
    content = path.read_bytes()

    def fail(asked, largest):
        assert asked == path
        raise OSError(errno.EIO, os.strerror(errno.EIO))

    monkeypatch.setattr(foreign, "read_bytes", fail)
    return content


def test_without_a_file_there_was_no_night(path):
    assert night_log.read(path) == []


def test_what_cannot_be_read_is_not_replaced(path, unreadable):
    with pytest.raises(StorageError, match=r"history.jsonl: cannot be read \(Input/output"):
        night_log.append(path, {"outcome": "promoted"})
    assert path.read_bytes() == unreadable


def test_what_cannot_be_read_is_no_empty_history(path, unreadable, monkeypatch, capsys):
    monkeypatch.setenv("ZERODIGIT_CONFIG", os.devnull)
    assert main(["history", "--set", f"samples.folder={path.parents[1]}"]) == 7
    said = capsys.readouterr()
    assert f"{path}: cannot be read (Input/output error)" in said.err
    assert said.out == ""


def test_status_goes_on_without_it(path, unreadable):
    clock = SystemClock()
    settings = config.load(overrides={"samples.folder": str(path.parents[1])})
    told = status.StatusReport(ServiceStats(clock.monotonic), clock, settings).status({})
    assert (
        night_words.line(told["last_night"])
        == f"not known: {path}: cannot be read (Input/output error)"
    )


def test_history_is_bounded_and_survives_rubbish(path):
    path.write_text('{"outcome": "promoted"}\nrubbish\n[1]\n{"a": 1}\n')
    for number in range(8):
        night_log.append(path, {"outcome": "discarded", "seconds": number}, keep=5)
    assert [each["seconds"] for each in night_log.read(path)] == [3, 4, 5, 6, 7]


def test_nights_without_memory_in_a_row_are_one(path):
    for outcome in ("no memory", "no memory", "discarded", "no memory"):
        night_log.append(path, {"outcome": outcome})
    outcomes = [each["outcome"] for each in night_log.read(path)]
    assert outcomes == ["no memory", "discarded", "no memory"]


def test_the_history_of_before_is_read_until_there_is_one_here(path):
    before = path.parents[1] / night_log.FILE
    before.write_text(json.dumps(NIGHT) + "\n")
    assert night_log.read(path) == [NIGHT]
    assert night_log.last(path) == NIGHT
    night_log.append(path, NIGHT | {"outcome": "promoted"})
    assert [each["outcome"] for each in night_log.read(path)] == ["discarded", "promoted"]
    assert not before.exists()


def test_one_of_before_that_cannot_be_removed_is_not_read_again(path):
    before = path.parents[1] / night_log.FILE
    night_log.append(path, NIGHT)
    before.mkdir()
    night_log.append(path, NIGHT)
    assert len(night_log.read(path)) == 2


def test_all_that_a_night_says_comes_back(path):
    night_log.append(path, NIGHT)
    assert night_log.read(path) == [NIGHT]


@pytest.mark.parametrize(
    "change",
    [
        {"outcome": None},
        {"outcome": ["promoted"]},
        {"why": 5},
        {"at": {}},
        {"version": 4},
        {"digits": "12"},
        {"digits": True},
        {"before": 10**9},
        {"before": -1},
        {"after": 1.5},
        {"after": None},
        {"exam_count": []},
        {"confused": {"7": 1}},
        {"confused": [[7, 1]]},
        {"confused": [[7, 12, 1]]},
        {"confused": [["7", 1, 1]]},
        {"still_confused": [7]},
        {"suspects": [[0, 7, 1]]},
        {"suspects": [[5, 7, 12]]},
        {"suspects": [["5", 7, 1]]},
        {"suspects": {"5": 7}},
        {"read_after": -1},
        {"share": "0.5"},
        {"seconds": "x"},
        {"seconds": 1e300},
        {"clock_trusted": 1},
    ],
)
def test_a_line_that_no_night_has_written_is_passed_over(path, change):
    lines = [NIGHT, NIGHT | change, NIGHT | {"outcome": "promoted"}]
    path.write_text("".join(json.dumps(each) + "\n" for each in lines))
    assert [each["outcome"] for each in night_log.read(path)] == ["discarded", "promoted"]
    assert night_log.last(path)["outcome"] == "promoted"


@pytest.mark.parametrize("name", ["digits", "after", "exam_before", "exam_after", "exam_count"])
def test_a_line_that_says_half_of_what_is_counted_is_passed_over(path, name):
    line = {key: value for key, value in NIGHT.items() if key != name}
    path.write_text(json.dumps(line))
    assert night_log.read(path) == []


def test_whatever_lies_there_can_be_printed_and_drawn(path, tmp_path):
    hostile = "\x1b]0;owned\x07\r\n" * 100
    night = NIGHT | dict.fromkeys(("at", "why", "outcome", "version", "base"), hostile)
    path.write_text(json.dumps(night | {"more": "x" * 1000, "deep": [[[[]]]]}) + "\n")
    (found,) = night_log.read(path)
    assert "more" not in found
    said = [night_words.line(found), *night_details(found)]
    assert all(line.isprintable() and len(line) < 1000 for line in said)
    night_plot.draw([found], str(tmp_path / "out.png"))


def test_suspects_are_those_of_the_last_night_that_judged_any(path):
    assert night_log.suspects(path) == []
    night_log.append(path, NIGHT | {"suspects": [[1, 2, 3]]})
    night_log.append(path, NIGHT)
    night_log.append(path, {"outcome": "no memory"})
    assert night_log.suspects(path) == [(5, 7, 1)]


PLANTS = [
    lambda path: (path / "full").mkdir(parents=True),
    os.mkfifo,
    lambda path: path.symlink_to("/dev/zero"),
    lambda path: path.symlink_to("victim"),
    lambda path: os.truncate(os.open(path, os.O_CREAT | os.O_RDWR), 1 << 33),
]


@pytest.mark.parametrize("plant", PLANTS)
def test_what_somebody_laid_there_is_said_and_replaced(path, plant, caplog):
    path.parent.chmod(0o2770)
    victim = path.with_name("victim")
    victim.write_text(json.dumps(NIGHT))
    plant(path)
    for look in (night_log.read, night_log.last):
        with pytest.raises(StorageError, match=r"history.jsonl: cannot be read \((is|Is)"):
            look(path)
    night_log.append(path, NIGHT | {"outcome": "promoted"})
    assert [each["outcome"] for each in night_log.read(path)] == ["promoted"]
    assert "the history is begun anew" in caplog.text
    assert victim.read_text() == json.dumps(NIGHT)


@pytest.mark.parametrize("line", [b"[" * 500, b'{"a":' * 300, b"\xff\xfe", b"9" * 300, b"{}"])
def test_a_megabyte_of_rubbish_is_read_in_no_time(path, line):
    path.write_bytes((line + b"\n") * (night_log.LARGEST // (len(line) + 1)))
    assert night_log.read(path) == []
    assert night_log.last(path) is None
