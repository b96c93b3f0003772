from __future__ import annotations

import argparse
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from core import pretrained
from pi.cli import errors, flags, main


@pytest.fixture
def parser():
    return argparse.ArgumentParser(exit_on_error=False)


def test_a_command_has_the_help_of_its_docstring(parser, capsys):
    doc = "``x cook``: boil an egg.\n\nexamples:\n  x cook 5\n"
    flags.add_command(parser.add_subparsers(), "cook", print, doc, {7: "no egg", 130: ""})
    assert re.search(r"^ +cook +boil an egg$", parser.format_help(), re.MULTILINE)
    assert parser.parse_args(["cook"]).run is print
    with pytest.raises(SystemExit):
        parser.parse_args(["cook", "--help"])
    out = capsys.readouterr().out
    assert "\nx cook: boil an egg.\n" in out
    assert "\nexamples:\n  x cook 5\n\nexit codes:\n  0    done\n  2    " in out
    assert out.endswith("  7    no egg\n  130  interrupted (Ctrl-C)\n")


def test_a_command_without_docstrings_has_the_help_of_its_arguments(parser):
    """As with python -OO."""
    flags.add_command(parser.add_subparsers(), "cook", print, None, {})
    assert parser.parse_args(["cook"]).run is print


@pytest.mark.parametrize(
    ("arguments", "rotate"),
    [
        ([], 90),
        (["--config", "mine.toml"], 180),
        (["--config", "mine.toml", "--set", "camera.rotate=270"], 270),
        (["--set", "camera.rotate=180", "--set", "camera.rotate=0"], 0),
    ],
)
def test_the_later_setting_wins(parser, arguments, rotate, tmp_path, monkeypatch):
    for name, value in (("system", 90), ("mine", 180)):
        (tmp_path / f"{name}.toml").write_text(f"[camera]\nrotate = {value}\n")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("ZERODIGIT_CONFIG", "system.toml")
    flags.add_settings(parser)
    assert flags.load_settings(parser.parse_args(arguments)).camera.rotate == rotate


def test_what_a_command_overrides_goes_before_all(parser, alone):
    flags.add_settings(parser)
    args = parser.parse_args(["--set", "camera.rotate=90"])
    assert flags.load_settings(args, {"camera.rotate": 180}).camera.rotate == 180


@pytest.mark.parametrize("command", ["run", "status", "doctor"])
def test_wrong_settings_are_one_line_and_code_2(alone, capsys, command):
    assert main([command, "--set", "camera.rotat=90"]) == errors.USAGE
    assert capsys.readouterr().err == (
        "zerodigit: error: command line: [camera] rotat is no setting; did you mean rotate?\n"
    )


@pytest.mark.parametrize(
    ("kind", "least", "most", "text", "value"),
    [
        (int, 0, float("inf"), "0", 0),
        (int, 1, 9, "9", 9),
        (float, 0.01, 60, "0.5", 0.5),
        (int, 0, float("inf"), "-1", "'-1' is not a whole number, 0 or more"),
        (int, 1, 9, "10", "'10' is not a whole number, 1 to 9"),
        (int, 0, float("inf"), "1.5", "'1.5' is not a whole number, 0 or more"),
        (float, 0, float("inf"), "inf", "'inf' is not a number, 0 or more"),
        (float, 0.01, 60, "nan", "'nan' is not a number, 0.01 to 60"),
        (float, 0.01, 60, "", "'' is not a number, 0.01 to 60"),
    ],
)
def test_numbers_within_bounds(kind, least, most, text, value):
    parse = flags.number(kind, least, most)
    if not isinstance(value, str):
        assert parse(text) == value
        return
    with pytest.raises(argparse.ArgumentTypeError) as error:
        parse(text)
    assert str(error.value) == value


def test_numbers_of_samples():
    assert flags.sample_id("12") == 12
    assert flags.sample_id(str(2**63 - 1)) == 2**63 - 1
    for wrong in ("0", "-1", "x", "", "1.5", "²", str(2**63), "1" * 20):
        with pytest.raises(argparse.ArgumentTypeError, match="the number of a sample"):
            flags.sample_id(wrong)


EXPORT = """
import sys
from pi.cli import main
sys.exit(main(["weights", "export", "--version", "shipped", sys.argv[1]]))
"""


@pytest.mark.parametrize(
    "shell",
    [
        "$PYTHON export.py /dev/stdout | cat",
        "$PYTHON export.py /dev/stdout > file; cat file",
        "$PYTHON export.py - | cat",
    ],
)
def test_a_file_that_goes_to_standard_output_goes_there_alone(tmp_path, shell):
    (tmp_path / "export.py").write_text(EXPORT)
    (tmp_path / "mine.toml").write_text(f'[samples]\nfolder = "{tmp_path}"\n')
    given = {
        "PYTHON": sys.executable,
        "PYTHONPATH": str(Path(__file__).parents[3]),
        "ZERODIGIT_CONFIG": str(tmp_path / "mine.toml"),
    }
    done = subprocess.run(
        ["sh", "-c", shell], cwd=tmp_path, env=os.environ | given, capture_output=True
    )
    assert done.stdout == pretrained.PATH.read_bytes()
    assert done.stderr.startswith(b"version shipped copied to ")
