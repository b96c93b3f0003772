"""Lines of the log read back: they are what was written."""

from __future__ import annotations

import io
import json
import logging
import time

import pytest

from pi.system import logs
from pi.system.log_reader import LONGEST, Filter, Line, from_journal, from_text, lines


def written(message, level=logging.INFO, *, prefixes=False, **fields):
    """A line as the service writes it."""
    record = logging.LogRecord("zerodigit", level, "", 0, message, (), None)
    record.fields = {name: str(value) for name, value in fields.items()}
    return logs.LineFormatter(prefixes=prefixes).format(record)


@pytest.mark.parametrize(
    "fields",
    [
        {},
        {"digit": "7"},
        {"digit": "7", "confidence": "0.97", "ms": "41"},
        {"x": "a b"},
        {"x": 'a "quoted" = b', "y": ""},
        {"x": "two\nlines"},
        {"x": "back\\slash n"},
    ],
)
@pytest.mark.parametrize("message", ["shown", "no frames: /srv: a=b; c", "", "x=1 y"])
def test_what_was_written_is_read(message, fields):
    line = from_text(written(message, prefixes=True, **fields))
    assert line.fields == fields
    assert line.message == message
    assert line.priority == 6


def test_level_in_front():
    assert from_text(written("no", logging.ERROR, prefixes=True)).priority == 3
    assert from_text("<4>careful\n") == Line("careful", 4)
    assert from_text("plain\n") == Line("plain")


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("shown digit=8 confidence=0.99 ms=44 frames=3", "shows 8 (0.99), 44 ms, 3 frames"),
        ("dark digit=8 left_out=3", "dark after 8 (3 such lines left out before)"),
        ("dark", "dark"),
        ("unsure guesses=4,9 ms=41 frames=7", "unsure: 4 or 9, 41 ms, 7 frames"),
        ("heartbeat frames=120 memory_kb=31000", "heartbeat (frames 120, memory kb 31000)"),
        ("<4>no frames: gone tries=2", "warning: no frames: gone (tries 2)"),
        ("<3>died", "error: died"),
        ("<0>panic", "error: panic"),
    ],
)
def test_in_words(text, words):
    assert from_text(text).in_words() == words


def entry(**fields):
    return json.dumps({"__REALTIME_TIMESTAMP": "1764000000000000"} | fields)


def test_from_the_journal(monkeypatch):
    line = from_journal(
        entry(
            MESSAGE="shown digit=7 ms=3 frames=2", PRIORITY="6", SYSLOG_IDENTIFIER="zerodigit"
        )
    )
    assert line.in_words()[10:] == f"{line.at:%Y-%m-%d %H:%M:%S}"[10:] + (
        "  shows 7 (?), 3 ms, 2 frames"
    )
    by = from_text("shown digit=7 confidence=0.98 ms=3 as_sample=12 likeness=0.93")
    assert by.in_words() == "shows 7 (0.98), 3 ms, as sample 12"
    other = from_journal(entry(MESSAGE="Started it.", SYSLOG_IDENTIFIER="systemd"))
    assert other.in_words().endswith("  systemd: Started it.")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (entry(MESSAGE=[104, 105, 255]), "hi\N{REPLACEMENT CHARACTER}"),
        (entry(MESSAGE=None), ""),
        (entry(), ""),
        ("-- cursor: x\n", "-- cursor: x"),
        ("[]", "[]"),
        ('{"__REALTIME_TIMESTAMP": "soon"}', '{"__REALTIME_TIMESTAMP": "soon"}'),
        (entry(MESSAGE="x", PRIORITY=["3"]), "x"),
    ],
)
def test_strange_entries(text, message):
    assert from_journal(text).message == message


LINES = [
    from_text(text)
    for text in (
        "started camera=files",
        "shown digit=7",
        "<4>no frames: gone",
        "the camera gives frames again",
        "shown digit=1",
        "dark digit=7",
    )
]


NO_FRAMES = ("no frames", "the camera")


@pytest.mark.parametrize(
    ("wanted", "numbers"),
    [
        (Filter(), [0, 1, 2, 3, 4, 5]),
        (Filter(4), [2]),
        (Filter(beginnings=("shown",)), [1, 4]),
        (Filter(beginnings=(*NO_FRAMES, "dark")), [2, 3, 5]),
        (Filter(digit=7), [1, 5]),
        (Filter(beginnings=("shown",), digit=7), [1]),
        (Filter(3, digit=7), []),
    ],
)
def test_filter(wanted, numbers):
    assert [number for number, line in enumerate(LINES) if wanted.takes(line)] == numbers


def test_a_digit_is_that_of_the_field_and_of_no_other():
    about_7 = Filter(digit=7)
    assert not about_7.takes(from_text("shown digit=17"))
    assert not about_7.takes(from_text("shown digit=72"))
    assert not about_7.takes(from_text("proposed 7"))
    assert about_7.takes(from_text('labelled 3 button=right digit=7 x="a b"'))


@pytest.mark.parametrize(
    "text",
    [
        "a=" * 500_000,
        "a=b " * 250_000,
        'a="b" ' * 160_000,
        'a="' * 300_000,
        'a="\\' * 250_000,
        'x="' + "\\a" * 500_000,
        'x="' + "b" * 1_000_000,
        "b" * 1_000_000,
        "_" * 1_000_000,
        " " * 1_000_000,
        " a" * 500_000,
        "a b=c d" * 140_000,
        "=" * 1_000_000,
        '"' * 1_000_000,
        "\\" * 1_000_000,
        "digit=" * 160_000,
        "digit=77" * 120_000,
        "shown digit=7" + " " * 1_000_000 + "x",
        "<6>" * 300_000,
        "ä=" * 400_000,
        "\x1b[2J" * 250_000,
        "[" * 1_000_000,
        '{"a":' * 200_000,
        '{"__REALTIME_TIMESTAMP": "' + "9" * 900_000 + '"}',
        '{"__REALTIME_TIMESTAMP": ' + "9" * 900_000 + "}",
        '{"__REALTIME_TIMESTAMP": 1, "MESSAGE": [' + "999," * 240_000 + "9]}",
        '{"__REALTIME_TIMESTAMP": 1, "PRIORITY": "' + "9" * 900_000 + '"}',
        '{"__REALTIME_TIMESTAMP": "9999999999999999999"}',
        '{"__REALTIME_TIMESTAMP": NaN}',
    ],
    ids=lambda text: text[:30],
)
def test_a_hostile_line_is_read_in_time(text):
    began = time.perf_counter()
    for line in (from_text(next(lines(io.StringIO(text)))), from_journal(text)):
        assert Filter(digit=7).takes(line) in (True, False)
        assert line.in_words().isprintable()
        assert json.loads(line.to_json())["MESSAGE"] == line.message
    assert time.perf_counter() - began < 10


def test_lines_are_cut_and_the_file_is_never_in_memory_whole():
    long = "x" * (LONGEST * 3)
    found = list(lines(io.StringIO(f"a\n{long}\nb\n{long[:LONGEST]}")))
    assert found == ["a\n", long[:LONGEST] + " ...", "b\n", long[:LONGEST] + " ..."]


def test_fields_after_what_looks_like_fields():
    assert from_text("a=1 b, c=2 d=3").fields == {"c": "2", "d": "3"}
