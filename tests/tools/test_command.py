from __future__ import annotations

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


def test_what_is_not_understood_is_quoted_escaped(capsys):
    with pytest.raises(SystemExit):
        command.parser("mill", "Grinds.").parse_args(["\x1b[2J\n"])
    assert r"unrecognized arguments: \x1b[2J\n" in capsys.readouterr().err
