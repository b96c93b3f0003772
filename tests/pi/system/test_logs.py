from __future__ import annotations

import io
import logging
import os
import sys
from types import ModuleType

import pytest

from pi.system import logs

log = logging.getLogger("test of logs")


@pytest.fixture(autouse=True)
def root_as_before():
    root = logging.getLogger()
    before = root.handlers[:], root.level
    yield
    root.handlers[:], root.level = before


def in_journal(stream):
    status = os.fstat(stream.fileno())
    return {"JOURNAL_STREAM": f"{status.st_dev}:{status.st_ino}"}


def test_plain_lines():
    stream = io.StringIO()
    logs.set_up(stream=stream, environ={})
    logs.say("shown", digit=7, confidence=0.9712, ms=41, frames=4)
    assert stream.getvalue() == "shown digit=7 confidence=0.97 ms=41 frames=4\n"


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (None, "shown"),
        ("a b", 'shown x="a b"'),
        ("", 'shown x=""'),
        ('say "a"\nb', 'shown x="say \\"a\\"\\nb"'),
        (0.5, "shown x=0.50"),
        (123.4, "shown x=123"),
        (-1, "shown x=-1"),
    ],
)
def test_fields(value, text):
    stream = io.StringIO()
    logs.set_up(stream=stream, environ={})
    logs.say("shown", x=value)
    assert stream.getvalue() == text + "\n"


def test_what_is_foreign_is_escaped_and_makes_no_line_of_its_own():
    stream = io.StringIO()
    logs.set_up(stream=stream, environ={})
    name = "\x1b[2Ja\n<3>wrong\udcff.png"
    log.warning("left out: %s", name)
    logs.say("shown", file=name)
    try:
        raise ValueError(name)
    except ValueError:
        log.exception("failed")
    said = stream.getvalue().splitlines()
    assert said[0] == r"left out: \x1b[2Ja\n<3>wrong\xff.png"
    assert said[1] == r'shown file="\x1b[2Ja\n<3>wrong\xff.png"'
    assert said[2:4] == ["failed", "Traceback (most recent call last):"]
    assert said[-2:] == [r"ValueError: \x1b[2Ja", r"<3>wrong\xff.png"]


@pytest.fixture
def no_library(monkeypatch):
    """python3-systemd is not there, whether it is here or not."""
    monkeypatch.setitem(sys.modules, "systemd", None)
    monkeypatch.setitem(sys.modules, "systemd.journal", None)


@pytest.mark.usefixtures("no_library")
def test_prefixes_where_stderr_leads_to_the_journal(tmp_path):
    with open(tmp_path / "journal", "w+") as stream:
        logs.set_up("debug", stream=stream, environ=in_journal(stream))
        for level in ("debug", "info", "warning", "error", "critical"):
            getattr(log, level)(level)
        stream.seek(0)
        assert stream.read().split() == [
            "<7>debug",
            "<6>info",
            "<4>warning",
            "<3>error",
            "<2>critical",
        ]


@pytest.mark.usefixtures("no_library")
def test_each_line_of_a_traceback_has_its_level(tmp_path):
    with open(tmp_path / "journal", "w+") as stream:
        logs.set_up(stream=stream, environ=in_journal(stream))
        try:
            raise ZeroDivisionError("no")
        except ZeroDivisionError:
            log.exception("failed", extra={"fields": {"digit": "7"}})
        stream.seek(0)
        lines = stream.read().splitlines()
    assert lines[0] == "<3>failed digit=7"
    assert lines[-1] == "<3>ZeroDivisionError: no"
    assert all(line.startswith("<3>") for line in lines)


def test_a_stream_that_was_redirected_is_plain(tmp_path):
    """JOURNAL_STREAM is inherited by children whose stderr leads somewhere else."""
    with open(tmp_path / "journal", "w") as journal, open(tmp_path / "file", "w") as other:
        assert logs.leads_to_journal(journal, in_journal(journal))
        assert not logs.leads_to_journal(other, in_journal(journal))
    assert not logs.leads_to_journal(io.StringIO(), {"JOURNAL_STREAM": "1:2"})


def test_levels():
    stream = io.StringIO()
    logs.set_up("warning", stream=stream, environ={})
    log.info("no")
    log.warning("yes")
    logs.set_level("info")
    log.info("and this")
    assert stream.getvalue() == "yes\nand this\n"


def test_set_up_again_writes_once():
    stream = io.StringIO()
    logs.set_up(stream=io.StringIO(), environ={})
    logs.set_up(stream=stream, environ={})
    log.info("once")
    assert stream.getvalue() == "once\n"


@pytest.fixture
def journal(monkeypatch):
    """What python3-systemd would send, by name of the field."""
    sent = []
    module = ModuleType("systemd.journal")
    module.send = lambda message, **fields: sent.append({"MESSAGE": message, **fields})
    package = ModuleType("systemd")
    package.journal = module
    monkeypatch.setitem(sys.modules, "systemd", package)
    monkeypatch.setitem(sys.modules, "systemd.journal", module)
    return sent


def test_fields_of_the_journal(journal, tmp_path):
    with open(tmp_path / "journal", "w+") as stream:
        logs.set_up(stream=stream, environ=in_journal(stream))
        logs.say("shown", logging.WARNING, digit=7, ms=41)
        stream.seek(0)
        assert stream.read() == ""
    (fields,) = journal
    assert fields["MESSAGE"] == "shown digit=7 ms=41"
    assert (fields["DIGIT"], fields["MS"], fields["PRIORITY"]) == ("7", "41", "4")
    assert fields["SYSLOG_IDENTIFIER"] == "zerodigit"
    assert fields["CODE_FILE"].endswith(".py")
    assert isinstance(fields.pop("CODE_LINE"), int)
    assert all(isinstance(value, str) for value in fields.values())


def test_the_journal_gets_any_text(journal, tmp_path):
    with open(tmp_path / "journal", "w+") as stream:
        logs.set_up(stream=stream, environ=in_journal(stream))
        logs.say("shown", file="\udcff\n")
    (fields,) = journal
    assert fields["FILE"] == r"\xff\n"
    fields["MESSAGE"].encode()


def test_the_journals_library_is_not_used_elsewhere(journal):
    stream = io.StringIO()
    logs.set_up(stream=stream, environ={})
    log.info("here")
    assert (stream.getvalue(), journal) == ("here\n", [])


def test_a_journal_that_fails_does_not_stop_the_service(monkeypatch, capsys):
    def send(message, **fields):
        raise OSError("gone")

    monkeypatch.setattr(logging, "raiseExceptions", False)
    logs.JournalHandler(send).emit(log.makeRecord("x", 20, "f", 1, "m", (), None))


def test_the_fields_are_what_python3_systemd_takes():
    """Its journal.send, as of 235: code's line by the format of a number, all else as text."""
    sent = {}

    def send(message, CODE_FILE=None, CODE_LINE=None, CODE_FUNC=None, **fields):
        sent["CODE_LINE"] = f"{CODE_LINE:d}"
        sent.update({name: value.encode() for name, value in fields.items()})
        sent.update(CODE_FILE=CODE_FILE.encode(), CODE_FUNC=CODE_FUNC.encode())

    log = logging.getLogger("zerodigit.test")
    record = log.makeRecord("x", 20, "file.py", 7, "m", (), None, "f", {"fields": {"ms": "4"}})
    logs.JournalHandler(send).emit(record)
    assert (sent["CODE_LINE"], sent["MS"], sent["PRIORITY"]) == ("7", b"4", b"6")


def test_few_lines_a_minute_and_the_rest_counted():
    written = []
    limiter = logs.RateLimiter(
        lambda message, **fields: written.append((message, fields)), 4, 60
    )
    for number in range(10):
        limiter.line(number, "shown", digit=number)
    assert [fields["digit"] for _, fields in written] == [0, 1, 2, 3]
    limiter.line(60.0, "shown", digit=9)
    assert written[-1] == ("shown", {"digit": 9, "left_out": 6})
    limiter.line(60.5, "shown", digit=8)
    assert len(written) == 5
    assert limiter.take_count() == 1
    assert limiter.take_count() is None


@pytest.mark.parametrize("start", [0.0, 12.3])
def test_in_no_minute_are_there_more_lines_than_agreed(start):
    times = []
    limiter = logs.RateLimiter(lambda message, **fields: times.append(now), 4, 60)
    for step in range(3000):
        now = start + step * 0.2
        limiter.line(now, "x")
    assert len(times) == 40
    assert all(later - sooner >= 60 for sooner, later in zip(times, times[4:], strict=False))


def test_in_no_hour_are_there_more_lines_than_agreed():
    times = []
    limiter = logs.RateLimiter(lambda message, **fields: times.append(now), 4, 60)
    for now in range(3 * 3600):
        limiter.line(now, "x")
    assert len(times) == 3 * 60
    assert all(later - sooner >= 3600 for sooner, later in zip(times, times[60:], strict=False))


@pytest.mark.parametrize("limits", [(0, 60), (4, 0)])
def test_none_at_all(limits):
    written = []
    limiter = logs.RateLimiter(lambda message, **fields: written.append(message), *limits)
    for now in range(100):
        limiter.line(now, "x")
    assert (written, limiter.take_count()) == ([], 100)
