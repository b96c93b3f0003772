"""The command line of tools/emulate, without an emulated Pi."""

from __future__ import annotations

import pytest

from tools.acceptance import cli
from tools.acceptance.checks import catalogue
from tools.emulator import host


def test_help_names_every_command(capsys):
    with pytest.raises(SystemExit) as ended:
        cli.main(["--help"])
    assert ended.value.code == 0
    said = capsys.readouterr().out
    for command in ("build", "run", "test", "distro", "camera"):
        assert f"\n    {command} " in said


def test_list_names_the_checks_and_does_nothing(capsys, monkeypatch):
    monkeypatch.setattr(host, "provide", lambda *_: pytest.fail("an image is built"))
    assert cli.main(["test", "--list"]) == 0
    assert capsys.readouterr().out.splitlines() == [check.name for check in catalogue.ALL]


def test_an_unknown_check_is_a_wrong_usage(capsys):
    with pytest.raises(SystemExit) as ended:
        cli.main(["test", "wachdog"])
    assert ended.value.code == 2
    assert "no check is called 'wachdog'" in capsys.readouterr().err


def test_what_cannot_be_tried_is_skipped_with_the_reason_in_the_last_line(capsys, monkeypatch):
    def unavailable(*arguments):
        raise host.Unavailable("the Debian mirror\ncannot be reached")

    monkeypatch.setattr(host, "provide", unavailable)
    assert cli.main(["test", "--quick"]) == 77
    last = capsys.readouterr().out.splitlines()[-1]
    assert last == "SKIPPED: the Debian mirror cannot be reached"


def test_a_command_that_fails_is_told_in_a_line(capsys, monkeypatch):
    def failed(*arguments):
        raise host.CommandFailed("mke2fs failed (1): no room")

    monkeypatch.setattr(host, "provide", failed)
    assert cli.main(["build"]) == 1
    assert capsys.readouterr().err == "tools/emulate: error: mke2fs failed (1): no room\n"


def test_a_suite_is_one_of_those_that_there_are(capsys):
    with pytest.raises(SystemExit) as ended:
        cli.main(["distro", "buster"])
    assert ended.value.code == 2
    assert "bookworm" in capsys.readouterr().err
