from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from PIL import Image

from core import errors as expected
from pi.cli import errors, main

ROOT = Path(__file__).parents[3]


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (errors.UsageError, 2),
        (expected.SpecError, 2),
        (expected.ImageError, 3),
        (expected.DatasetError, 3),
        (expected.ModelFormatError, 4),
        (expected.CameraError, 5),
        (expected.DivergedError, 6),
        (expected.StorageError, 7),
        (expected.ZerodigitError, 1),
    ],
)
def test_each_expected_error_has_its_code_and_one_line(monkeypatch, capsys, error, code):
    def fail(args):
        raise error("what,\nwhere: and the remedy")

    monkeypatch.setattr("pi.cli.demo.run", fail)
    assert main(["demo"]) == code
    assert capsys.readouterr().err == "zerodigit: error: what,\\nwhere: and the remedy\n"
    # ... and the help knows the code.
    assert f"\n  {code} " in errors.exit_codes()


def test_every_class_of_expected_errors_has_a_code():
    kinds = [kind for kind in vars(expected).values() if isinstance(kind, type)]
    assert len(kinds) >= 8
    for kind in kinds:
        assert errors.exit_code(kind("x")) >= 1


def test_exit_codes_of_a_help():
    assert errors.exit_codes({7: "the picture cannot be written", 0: "", 130: ""}) == (
        "exit codes:\n"
        "  0    done\n"
        "  7    the picture cannot be written\n"
        "  130  interrupted (Ctrl-C)\n"
    )


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        ("demo --camera files --path none", 5),
        ("demo --camera files --path broken", 5),
        ("demo --camera files --path tiny.png", 3),
        ("predict none.png", 3),
        ("predict none.png --model none.npz", 4),
        ("predict photo.png --explain none/why.png", 7),
        ("train --data none --out new.npz", 3),
        ("train --data none --out none/new.npz", 7),
        ("train --data none --out new.npz --resume", 2),
        ("status", 1),
        ("look", 1),
        ("logs --file none.log", 1),
        ("samples import none", 3),
        ("samples export zerodigit.toml", 7),
        ("label 7 7", 7),
        ("label --last 7", 1),
        ("retrain --until x", 2),
        ("history --plot none/out.png", 7),
        ("display --test --type seven_segment --rounds 1", 5),
        ("doctor", 1),
        ("weights promote 99", 4),
        ("weights install none.npz", 4),
        ("weights export none/here.npz", 7),
        ("config --show --set camera.rotat=90", 2),
        ("config --begin none/zerodigit.toml", 7),
    ],
)
def test_what_a_command_ends_with_is_in_its_help(arguments, code, alone, monkeypatch, capsys):
    """In a folder without samples, weights or pins, and without a running service."""
    (alone / "broken").mkdir()
    (alone / "broken" / "a.png").write_bytes(b"no picture")
    Image.new("L", (40, 30), 200).save(alone / "photo.png")
    Image.new("L", (1, 1), 200).save(alone / "tiny.png")
    monkeypatch.chdir(alone)
    monkeypatch.delenv("GPIOZERO_PIN_FACTORY", raising=False)
    monkeypatch.setitem(sys.modules, "lgpio", None)
    assert main(arguments.split()) == code, capsys.readouterr().err
    assert main([arguments.split()[0], "--help"]) == 0
    assert f"\n  {code}  " in capsys.readouterr().out


def test_debugging_shows_where_an_expected_error_came_from(monkeypatch, capsys):
    def fail(args):
        raise expected.CameraError("no camera")

    monkeypatch.setattr("pi.cli.demo.run", fail)
    monkeypatch.setenv("ZERODIGIT_DEBUG", "1")
    assert main(["demo"]) == 5
    error = capsys.readouterr().err
    assert "Traceback" in error
    assert "CameraError: no camera" in error


def test_a_reader_that_has_seen_enough_is_no_error():
    """`zerodigit --version | head -0`: a reader that closes before anything is written."""
    end, start = os.pipe()
    os.close(end)
    command = [sys.executable, "-m", "pi.cli", "--version"]
    done = subprocess.run(command, stdout=start, stderr=subprocess.PIPE, cwd=ROOT)
    os.close(start)
    assert done.stderr == b""
    assert done.returncode == errors.BROKEN_PIPE


def program(*arguments, **options):
    """The exit code and the lines on stderr of a command."""
    command = [sys.executable, "-m", "pi.cli", *arguments]
    options = {"stderr": subprocess.PIPE, "cwd": ROOT, "text": True} | options
    done = subprocess.run(command, **options)
    return done.returncode, (done.stderr or "").splitlines()


def said_of(why):
    return errors.CANNOT_WRITE, [
        f"zerodigit: error: what it has to say cannot be written: {why}"
    ]


@pytest.mark.parametrize("unbuffered", ["", "1"])
@pytest.mark.parametrize("arguments", ["--version", "train --help", "config --template"])
def test_a_full_disk_behind_stdout(arguments, unbuffered):
    environ = {**os.environ, "PYTHONUNBUFFERED": unbuffered}
    with open("/dev/full", "w") as full:
        done = program(*arguments.split(), stdout=full, env=environ)
    assert done == said_of("No space left on device")


def shell(line):
    """As `program`, with the streams as the shell opens and closes them."""
    done = subprocess.run(
        ["sh", "-c", f'"{sys.executable}" -m pi.cli {line}'],
        capture_output=True, text=True, cwd=ROOT,
    )  # fmt: skip
    return done.returncode, done.stderr.splitlines(), done.stdout


def test_closed_streams():
    code, said, _ = shell("--version >&-")
    assert (code, said) == said_of("Bad file descriptor")
    assert shell("config --template <&- >&-")[0] == errors.CANNOT_WRITE
    # An error must not get among the output; its exit code tells.
    assert shell("config --x 2>&-") == (2, [], "")
    assert shell("config --x 2>/dev/full") == (2, [], "")
    assert shell("config --x <&- >&- 2>&-") == (2, [], "")
    assert shell("config --show --set service.run_folder=/ <&-")[0] == 0


@pytest.mark.parametrize("stdin", ["<&-", "</dev/null"])
def test_a_closed_stdin_is_an_empty_one(alone, stdin):
    code, said, _ = shell(f"weights install - {stdin}")
    assert (code, len(said)) == (4, 1)
    assert "standard input: is empty; not installed" in said[0]
    code, said, out = shell(f"label {stdin}")
    assert (code, said) == (0, [])
    assert out == "\n0 labelled, 0 left\n"


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (OSError(28, "No space left on device"), 7),
        (OSError(9, "Bad file descriptor"), 7),
        (BlockingIOError(11, "Resource temporarily unavailable"), 7),
    ],
)
def test_what_printing_raises_is_one_line(monkeypatch, capsys, error, code):
    def fail(args):
        raise error

    monkeypatch.setattr("pi.cli.demo.run", fail)
    assert main(["demo"]) == code
    assert capsys.readouterr().err.count("\n") == 1


@pytest.mark.parametrize(
    "error",
    [OSError(28, "No space left", "a\nfile"), PermissionError(13, "No space left", "a\nfile")],
)
def test_an_error_of_a_file_that_nobody_expected_is_one_line(monkeypatch, capsys, error):
    def fail(args):
        raise error

    monkeypatch.setattr("pi.cli.demo.run", fail)
    assert main(["demo"]) == 7
    assert capsys.readouterr().err == "zerodigit: error: a\\nfile: No space left\n"


@pytest.mark.parametrize("error", [OSError(2, "No such file"), OSError("of a library", "x")])
def test_any_other_error_of_the_system_is_a_bug(monkeypatch, error):
    def fail(args):
        raise error

    monkeypatch.setattr("pi.cli.demo.run", fail)
    with pytest.raises(OSError):  # noqa: PT011 - any words
        main(["demo"])


def test_an_error_has_nothing_that_steers_a_terminal(monkeypatch, capsys):
    def fail(args):
        raise expected.ImageError("\x1b[2Ja\udc80.png: " + "x" * 9999)

    monkeypatch.setattr("pi.cli.demo.run", fail)
    main(["demo"])
    said = capsys.readouterr().err
    assert said.startswith(r"zerodigit: error: \x1b[2Ja\x80.png: xxx")
    assert len(said) < 5000
