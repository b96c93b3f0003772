from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from core import errors as expected
from pi.cli import errors, main

ROOT = Path(__file__).parents[3]


def zerodigit(*arguments, **options):
    return subprocess.run(
        [sys.executable, "-m", "pi.cli", *arguments],
        capture_output=True,
        text=True,
        cwd=ROOT,
        **options,
    )


def test_help_teaches(capsys):
    assert main(["--help"]) == 0
    out = capsys.readouterr().out
    for word in ("demo", "predict", "train", "examples:", "exit codes:", "ZERODIGIT_DEBUG"):
        assert word in out


@pytest.mark.parametrize("command", ["demo", "predict", "train"])
def test_help_of_a_command_has_examples(capsys, command):
    assert main([command, "--help"]) == 0
    out = capsys.readouterr().out
    assert "examples:" in out
    assert f"zerodigit {command}" in out
    assert max(map(len, out.splitlines())) <= 100


@pytest.mark.parametrize("arguments", [["--help"], ["demo", "--help"], ["--version"], ["x"]])
def test_numpy_is_not_loaded_before_it_is_needed(arguments):
    code = (
        "import sys; from pi.cli import main; main(sys.argv[1:]);"
        "sys.exit(77 if {'numpy', 'PIL', 'gpiozero'} & set(sys.modules) else 0)"
    )
    command = [sys.executable, "-c", code, *arguments]
    done = subprocess.run(command, cwd=ROOT, capture_output=True)
    assert done.returncode == 0


def test_version(capsys):
    assert main(["--version"]) == 0
    name, version = capsys.readouterr().out.split()
    assert name == "zerodigit"
    assert version[0].isdigit()


def test_version_of_a_checkout_that_is_not_installed(capsys, monkeypatch):
    from importlib import metadata

    def missing(name):
        raise metadata.PackageNotFoundError(name)

    monkeypatch.setattr(metadata, "version", missing)
    assert main(["--version"]) == 0
    assert capsys.readouterr().out.startswith("zerodigit ")


def test_no_command_shows_the_help(capsys):
    assert main([]) == 2
    assert "examples:" in capsys.readouterr().out


@pytest.mark.parametrize("arguments", [["demoo"], ["--colour"], ["predict"], ["train"]])
def test_usage_errors_are_one_line(capsys, arguments):
    assert main(arguments) == 2
    streams = capsys.readouterr()
    assert streams.out == ""
    assert streams.err.startswith("zerodigit: error: ")
    assert "--help`" in streams.err
    assert streams.err.count("\n") == 1


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
    assert capsys.readouterr().err == "zerodigit: error: what, where: and the remedy\n"
    # ... and the help knows the code.
    assert f"\n  {code} " in errors.HELP


def test_every_class_of_expected_errors_has_a_code():
    kinds = [kind for kind in vars(expected).values() if isinstance(kind, type)]
    assert len(kinds) >= 8
    for kind in kinds:
        assert errors.exit_code(kind("x")) >= 1


def test_debugging_shows_where_an_expected_error_came_from(monkeypatch, capsys):
    def fail(args):
        raise expected.CameraError("no camera")

    monkeypatch.setattr("pi.cli.demo.run", fail)
    monkeypatch.setenv("ZERODIGIT_DEBUG", "1")
    assert main(["demo"]) == 5
    error = capsys.readouterr().err
    assert "Traceback" in error
    assert "CameraError: no camera" in error


def test_a_bug_keeps_its_traceback(monkeypatch):
    def fail(args):
        raise ZeroDivisionError

    monkeypatch.setattr("pi.cli.demo.run", fail)
    with pytest.raises(ZeroDivisionError):
        main(["demo"])


def test_ctrl_c_is_quiet(monkeypatch, capsys):
    def interrupt(args):
        raise KeyboardInterrupt

    monkeypatch.setattr("pi.cli.demo.run", interrupt)
    assert main(["demo"]) == 130
    assert capsys.readouterr().err == ""


def test_as_a_program():
    done = zerodigit("predict", "/nowhere/at/all.png", "--model", "/nowhere/either.npz")
    assert done.returncode == 4
    assert done.stdout == ""
    assert done.stderr.startswith("zerodigit: error: /nowhere/either.npz: ")
    assert done.stderr.count("\n") == 1


def test_a_reader_that_has_seen_enough_is_no_error():
    """`zerodigit --version | head -0`: a reader that closes before anything is written."""
    end, start = os.pipe()
    os.close(end)
    command = [sys.executable, "-m", "pi.cli", "--version"]
    done = subprocess.run(command, stdout=start, stderr=subprocess.PIPE, cwd=ROOT)
    os.close(start)
    assert done.stderr == b""
    assert done.returncode == errors.BROKEN_PIPE


def test_ctrl_c_in_a_program_ends_with_130():
    code = (
        "import os, signal, sys; import pi.cli.demo as demo; from pi.cli import main;"
        "demo.run = lambda args: os.kill(os.getpid(), signal.SIGINT) or signal.pause();"
        "sys.exit(main(['demo']))"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True)
    assert done.returncode == 130
    assert done.stderr == b""
    assert done.returncode - 128 == signal.SIGINT
