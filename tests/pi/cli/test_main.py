from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from pi import cli
from pi.cli import main

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


def test_numpy_is_not_loaded_before_it_is_needed(tmp_path):
    """In one process, for each costs seconds on a Zero and half of one here."""
    code = """
import sys
from pi import cli
commands = cli.COMMANDS
assert len(commands) >= 15
for arguments in [
    ["--help"], ["--version"], ["x"], *([name, "--help"] for name in commands),
    ["status"], ["look"], ["config", "--show"], ["config", "--template"],
]:
    cli.main(arguments)
    if loaded := {"numpy", "PIL", "gpiozero"} & set(sys.modules):
        sys.exit(f"{arguments} loaded {loaded}")
print("none was loaded")
"""
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=ROOT,
        env=os.environ | {"ZERODIGIT_CONFIG": os.devnull, "ZERODIGIT_RUN": str(tmp_path)},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.endswith("none was loaded\n")


def test_a_command_waits_for_no_other(tmp_path):
    """On a Zero each costs some hundredths of a second to import and to describe."""
    code = "import sys; from pi import cli; cli.main(['config', '--template'])"
    code += "; print(*sys.modules)"
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True
    )
    there = set(done.stdout.split())
    assert {name for name in cli.COMMANDS if f"pi.cli.{name}" in there} == {"config"}


def test_version(capsys):
    assert main(["--version"]) == 0
    name, version, *_ = capsys.readouterr().out.split()
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


@pytest.mark.parametrize(
    ("argv", "said"),
    [
        (["predct", "x"], "did you mean predict?; see `zerodigit --help`"),
        (
            ["predict", "x", "--expain=a"],
            "did you mean --explain?; see `zerodigit predict --help`",
        ),
        (["samples", "exprt"], "did you mean export?; see `zerodigit samples --help`"),
        (["samples", "export", "x", "--foo"], "--foo; see `zerodigit samples export --help`"),
        (["nothing", "like", "it"], "'config'); see `zerodigit --help`"),
    ],
)
def test_what_is_near_is_named_and_whose_help_to_see(capsys, argv, said):
    assert main(argv) == 2
    [line] = capsys.readouterr().err.replace("choose from demo", "").splitlines()
    # Python quotes the choices, or does not.
    assert line.replace("'", "").endswith(said.replace("'", ""))
