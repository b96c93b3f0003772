from __future__ import annotations

import os
import signal
import sys

from tools.attacks.process import HUNG, Process, command, myself


def test_the_exit_code_and_what_was_said(tmp_path):
    process = command(["weights", "promote"], tmp_path / "said", environ={"PATH": ""})
    assert process.end(60) == 2
    assert "zerodigit: error" in process.said


def test_an_exception_is_a_traceback_and_code_1(tmp_path):
    def do():
        raise RuntimeError("a bug")

    process = Process(do, tmp_path / "said")
    assert process.end(60) == 1
    assert "RuntimeError: a bug" in process.said


def test_what_hangs_is_killed(tmp_path):
    ready, told = os.pipe()

    def do():
        os.write(told, b"1")
        signal.pause()
        return 0

    process = Process(do, tmp_path / "said")
    os.read(ready, 1)
    assert process.wait(0) is None
    assert process.end(0) == HUNG
    assert process.wait(0) == -signal.SIGKILL
    process.signal(signal.SIGKILL)
    os.close(ready)
    os.close(told)


def test_its_environment_folder_umask_and_stdin_are_its_own(tmp_path):
    (tmp_path / "stdin").write_text("asked")

    def do():
        print(sorted(os.environ), os.getcwd(), oct(os.umask(0)), sys.stdin.read())
        return 0

    process = Process(
        do, tmp_path / "said", person=myself(), environ={"A": "1"}, folder=tmp_path,
        umask=0o027, stdin=tmp_path / "stdin",
    )  # fmt: skip
    assert process.end(60) == 0
    assert process.said == f"['A'] {tmp_path} 0o27 asked\n"


def test_without_a_file_it_says_it_where_this_process_does(capfd):
    process = Process(lambda: os.write(1, b"here") and 0, None)
    assert process.end(60) == 0
    assert process.said == ""
    assert capfd.readouterr().out == "here"
