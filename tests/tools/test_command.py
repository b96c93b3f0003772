from __future__ import annotations

import importlib

import pytest

from core.errors import DatasetError
from tools import command


@pytest.mark.parametrize(("given", "code"), [(None, 0), (0, 0), (1, 1)])
def test_what_the_work_gives_is_the_exit_code(capsys, given, code):
    assert command.run("mill", lambda: given) == code
    assert capsys.readouterr() == ("", "")


def test_an_expected_error_is_one_line(capsys):
    def work():
        raise DatasetError("flour: no such file")

    assert command.run("mill", work) == 3
    assert capsys.readouterr().err == "mill: error: flour: no such file\n"


def test_an_error_has_nothing_that_steers_a_terminal(capsys):
    def work():
        print("50 of 100", end="\r")
        raise DatasetError("\x1b[2J\nflour")

    assert command.run("mill", work) == 3
    assert capsys.readouterr() == ("50 of 100\r", "mill: error: \\x1b[2J\\nflour\n")


def test_after_ctrl_c_the_line_says_what_is_left(capsys):
    def work():
        raise KeyboardInterrupt

    assert command.run("mill", work, "interrupted; half is ground") == 130
    assert capsys.readouterr().err == "\nmill: interrupted; half is ground\n"


def test_a_bug_keeps_its_traceback():
    with pytest.raises(ZeroDivisionError):
        command.run("mill", lambda: 1 // 0)


def test_what_is_not_understood_is_quoted_escaped_in_one_line(capsys):
    with pytest.raises(SystemExit) as ended:
        command.parser("mill", "Grinds.").parse_args(["\x1b[2J\n"])
    assert ended.value.code == 2
    said = r"unrecognized arguments: \x1b[2J\n; see `python -m mill --help`"
    assert capsys.readouterr().err == f"python -m mill: error: {said}\n"


@pytest.mark.parametrize(
    ("module", "option", "near"),
    [
        ("tools.acceptance.cli", ["test", "--quik\x1b"], "--quick"),
        ("tools.bench.cli", ["--emulatd\x1b"], "--emulated"),
        ("tools.digests", ["--wrte\x1b"], "--write"),
        ("tools.fetch_mnist.__main__", ["--sorce\x1b"], "--source"),
    ],
)
def test_every_tool_asks_what_was_meant(module, option, near, capsys):
    with pytest.raises(SystemExit) as ended:
        importlib.import_module(module).main(option)
    assert ended.value.code == 2
    said = capsys.readouterr().err
    assert rf"{option[-1][:-1]}\x1b; did you mean {near}?; see `" in said
    assert said.count("\n") == 1
