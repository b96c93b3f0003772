"""``zerodigit logs``: from a journal of a stand-in, and from a file."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import sys
import tracemalloc
from pathlib import Path

import pytest

from pi.cli import main

ROOT = Path(__file__).parents[3]

JOURNALCTL = """#!/bin/sh
printf '%s\\n' "$*" >>"{folder}/calls"
cat "{folder}/journal"
[ -e "{folder}/complaint" ] && cat "{folder}/complaint" >&2
if [ -e "{folder}/waits" ]; then exec sleep 600; fi
exit $(cat "{folder}/code")
"""


@pytest.fixture
def journal(tmp_path, monkeypatch):
    """A folder whose ``journal`` the journalctl on PATH prints."""
    path = tmp_path / "journalctl"
    path.write_text(JOURNALCTL.format(folder=tmp_path))
    path.chmod(0o755)
    (tmp_path / "code").write_text("0")
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")
    entries = [
        {"MESSAGE": "shown digit=7 confidence=0.98 ms=40 frames=3", "DIGIT": "7"},
        {"MESSAGE": "no frames: gone tries=1", "PRIORITY": "4"},
    ]
    lines = [
        json.dumps(
            {"__REALTIME_TIMESTAMP": "1764000000000000", "SYSLOG_IDENTIFIER": "zerodigit"}
            | each
        )
        for each in entries
    ]
    (tmp_path / "journal").write_text("".join(f"{line}\n" for line in lines))
    return tmp_path


def calls(folder):
    return (folder / "calls").read_text().splitlines()


def test_journal_in_words(journal, capsys):
    assert main(["logs"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert [line[21:] for line in lines] == [
        "shows 7 (0.98), 40 ms, 3 frames",
        "warning: no frames: gone (tries 1)",
    ]
    [call] = calls(journal)
    assert call == (
        "--unit zerodigit.service --unit zerodigit-retrain.service "
        "--no-pager --quiet --output json --lines 50"
    )


def test_json_is_passed_on(journal, capsys):
    assert main(["logs", "--json"]) == 0
    assert capsys.readouterr().out == (journal / "journal").read_text()


@pytest.mark.parametrize(
    ("arguments", "passed"),
    [
        (["--level", "warning"], "--priority 4 --lines 50"),
        (["-n", "0"], "--output json"),
        (["--since", "2h"], "--lines 50 --since=-2h"),
        (["--since", "30m"], "--since=-30m"),
        (["--since", "2026-11-23 20:00"], "--since=2026-11-23 20:00"),
        (["--follow"], "--lines 50 --follow"),
        (["--follow", "-n", "0"], "--no-tail --follow"),
        # With --lines a newer journalctl would turn the order round.
        (["--digit", "7"], r"--grep .*\bdigit=7\b --case-sensitive"),
        (["--only", "night"], "--grep ^(?:night:) --case-sensitive"),
        (["--only", "shown", "-f"], "--grep ^(?:shown) --case-sensitive --lines 50 --follow"),
    ],
)
def test_journalctl_filters(journal, arguments, passed):
    assert main(["logs", *arguments]) == 0
    assert calls(journal)[0].endswith(passed)


def test_last_lines_that_fit(journal, capsys):
    assert main(["logs", "--only", "shown", "--only", "camera", "-n", "1"]) == 0
    assert capsys.readouterr().out[21:] == "warning: no frames: gone (tries 1)\n"


def test_nothing_there_is_said(journal, capsys):
    (journal / "journal").write_text("")
    (journal / "code").write_text("1")
    assert main(["logs", "--digit", "3"]) == 0
    assert "no such lines" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        ([], 2),
        (["--digit", "3"], 2),
        (["--since", "garbage"], 1),
        (["--level", "warning"], 1),
        (["--digit", "7", "--since", "garbage"], 1),
    ],
)
def test_journalctl_that_fails(journal, capsys, arguments, code):
    (journal / "journal").write_text("")
    (journal / "complaint").write_text("Failed to parse timestamp: garbage\n")
    (journal / "code").write_text(str(code))
    assert main(["logs", *arguments]) == 1
    said = capsys.readouterr().err
    assert "Failed to parse timestamp: garbage\n" in said
    assert f"journalctl failed with code {code}" in said
    assert "no such lines" not in said


def test_without_journalctl(monkeypatch, tmp_path, capsys):
    monkeypatch.setenv("PATH", str(tmp_path))
    assert main(["logs"]) == 1
    err = capsys.readouterr().err
    assert "zerodigit run 2>digits.log" in err
    assert len(err.splitlines()) == 1


def followed(*arguments):
    return subprocess.Popen(
        [sys.executable, "-m", "pi.cli", "logs", "--follow", *arguments],
        cwd=ROOT, stdout=subprocess.PIPE, text=True,
    )  # fmt: skip


def test_following_ends_well_with_ctrl_c(journal):
    (journal / "waits").touch()
    process = followed()
    assert process.stdout.readline()[21:] == "shows 7 (0.98), 40 ms, 3 frames\n"
    process.send_signal(signal.SIGINT)
    assert process.wait(60) == 0
    process.stdout.close()


@pytest.fixture
def file(tmp_path):
    path = tmp_path / "digits.log"
    path.write_text("<6>shown digit=7 ms=4 frames=3\n<6>dark digit=7\n<3>died of=grief\n")
    return path


def test_file(file, capsys):
    assert main(["logs", "--file", str(file)]) == 0
    assert capsys.readouterr().out.splitlines() == [
        "shows 7 (?), 4 ms, 3 frames", "dark after 7", "error: died (of grief)",
    ]  # fmt: skip
    assert main(["logs", "--file", str(file), "--digit", "7", "-n", "1", "--json"]) == 0
    assert json.loads(capsys.readouterr().out) == {
        "MESSAGE": "dark", "PRIORITY": "6", "DIGIT": "7",
    }  # fmt: skip


def test_file_that_grows(file):
    process = followed("--file", str(file), "--level", "error")
    assert process.stdout.readline() == "error: died (of grief)\n"
    with open(file, "a") as more:
        more.write("<6>shown digit=1\n<3>died again\n")
    assert process.stdout.readline() == "error: died again\n"
    process.send_signal(signal.SIGINT)
    assert process.wait(60) == 0
    process.stdout.close()


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (["--file", "/nonexistent"], 1, "/nonexistent: cannot be read"),
        (["--file", __file__, "--since", "2h"], 2, "a file does not tell the time"),
        (["-n", "-1"], 2, "--lines must be 0 or more"),
        (["--digit", "10"], 2, "invalid choice"),
    ],
)
def test_refusals(arguments, code, said, capsys):
    assert main(["logs", *arguments]) == code
    assert said in capsys.readouterr().err


def test_what_a_terminal_would_obey_is_not_printed(file, capsys):
    file.write_text("shown \x1b[2J\x07 path=\x9b31m\u202e\n")
    assert main(["logs", "--file", str(file)]) == 0
    said = capsys.readouterr().out
    assert said == "shown \ufffd[2J\ufffd (path \ufffd31m\ufffd)\n"
    assert main(["logs", "--file", str(file), "--json"]) == 0
    assert capsys.readouterr().out.isascii()


def test_a_pipe_that_nobody_writes_to_is_empty(tmp_path, capsys):
    os.mkfifo(tmp_path / "pipe")
    assert main(["logs", "--file", str(tmp_path / "pipe")]) == 0
    assert "no such lines" in capsys.readouterr().err


def test_a_pipe_is_read(capsys):
    reading, writing = os.pipe()
    os.write(writing, b"shown digit=7 ms=4 frames=3\n")
    os.close(writing)
    assert main(["logs", "--file", f"/dev/fd/{reading}"]) == 0
    os.close(reading)
    assert capsys.readouterr().out == "shows 7 (?), 4 ms, 3 frames\n"


@pytest.mark.parametrize(("path", "why"), [("/dev/zero", "neither a file"), ("/", "directory")])
def test_what_is_no_log(path, why, capsys):
    assert main(["logs", "--file", path]) == 1
    assert why in capsys.readouterr().err


@pytest.mark.parametrize("content", ["\n", "a=" * 9 + "\n", "x", "a=b "])
def test_a_log_takes_the_memory_of_its_longest_line(tmp_path, content):
    path = tmp_path / "a.log"
    path.write_text(content * (200_000 // len(content)))
    tracemalloc.start()
    try:
        with contextlib.redirect_stdout(open(os.devnull, "w")) as nowhere, nowhere:
            assert main(["logs", "--file", str(path), "-n", "0"]) == 0
        assert tracemalloc.get_traced_memory()[1] < 5_000_000
    finally:
        tracemalloc.stop()
