"""The serial protocol, against a shell that is played."""

from __future__ import annotations

import base64
import re

import pytest

from tools.emulator.machine.console import CommandError, Console, ConsoleError


class Shell:
    """The other end: answers each framed command from a table, in pieces."""

    def __init__(self, answers, *, piece=7, prompt=b"root@zero:~# "):
        self.answers = answers
        self.piece = piece
        self.out = prompt
        self.files = {}
        self.sent = b""
        self.seconds = 0.0
        self.interrupted = False

    def settimeout(self, value):
        pass

    def clock(self):
        return self.seconds

    def recv(self, size):
        if not self.out:
            self.seconds += 0.5
            raise TimeoutError
        data, self.out = self.out[: self.piece], self.out[self.piece :]
        return data

    def sendall(self, data):
        self.sent += data
        if b"\x03" in data:
            self.interrupted = True
        for found in re.finditer(rb"base64 -d >> (\S+) <<'__B'\n(.*?)__B\n", data, re.S):
            path, text = found.group(1).decode(), found.group(2)
            self.files[path] = self.files.get(path, b"") + base64.b64decode(text)
        for found in re.finditer(rb"__S''(\d+)__", data):
            self.out += b"__S" + found.group(1) + b"__\r\n"
        framed = rb"\{ (.*)\n\} 2>&1 </dev/null; echo __E''(\d+)__"
        for found in re.finditer(framed, data, re.S):
            text, code = self.answer(found.group(1).decode())
            if code is not None:
                self.out += text.encode() + b"__E%s__%d\r\n" % (found.group(2), code)

    def answer(self, command):
        if command.startswith("wc -c < "):
            return f"{len(self.files[command[8:]])}\n", 0
        return self.answers.get(command, ("", 0))


def console(answers=(), **options):
    shell = Shell(dict(answers), **options)
    made = Console(shell, clock=shell.clock)
    made.take_over(10.0)
    return made, shell


def test_output_and_exit_code_come_back():
    made, _ = console({"uname -m": ("armv6l\r\n", 0), "false": ("", 1)})
    assert made.run("uname -m").text == "armv6l\n"
    assert made.run("false").code == 1


def test_output_without_a_last_newline_is_not_mixed_with_the_marker():
    made, _ = console({"printf a": ("a", 0)})
    assert made.run("printf a").text == "a"


def test_an_old_marker_in_the_output_ends_nothing():
    """A log that shows earlier commands must not be taken for the end."""
    made, _ = console({"cat log": ("__E1__0 __E99__0\r\nmore\r\n", 3)})
    made.run("true")
    assert made.run("cat log").text == "__E1__0 __E99__0\nmore\n"


def test_an_echo_is_not_taken_for_the_answer():
    made, shell = console({"true": ("", 0)})
    made.run("true")
    assert not re.search(rb"__E\d+__", shell.sent)


def test_a_command_that_hangs_is_interrupted_and_the_next_one_is_answered():
    made, shell = console({"sleep 99": ("", None), "echo": ("\n", 0)})
    with pytest.raises(ConsoleError, match="no answer in 3 s to: sleep 99"):
        made.run("sleep 99", 3.0)
    assert shell.interrupted
    assert made.run("echo").code == 0


def test_a_machine_that_is_gone_ends_the_wait():
    shell = Shell({"x": ("", None)})

    def alive():
        if shell.seconds > 2:
            raise ConsoleError("QEMU has ended")

    made = Console(shell, alive, shell.clock)
    made.take_over(1.0)
    with pytest.raises(ConsoleError, match="QEMU has ended"):
        made.run("x", 1e9)


def test_a_shell_that_never_comes_is_a_timeout():
    shell = Shell({}, prompt=b"Kernel panic")
    with pytest.raises(TimeoutError, match="Kernel panic"):
        Console(shell, clock=shell.clock).take_over(20.0)


def test_a_file_arrives_whole_and_takes_its_name_last():
    made, shell = console()
    data = bytes(range(256)) * 1000
    made.put(data, "/root/x")
    assert shell.files["/root/x.part"] == data
    assert shell.sent.rindex(b"mv /root/x.part /root/x") > shell.sent.rindex(b"__B\n")


def test_a_file_that_lost_bytes_is_refused():
    made, shell = console()
    shell.answer = lambda command: ("3\n", 0)
    with pytest.raises(ConsoleError, match="3 bytes arrived of 4"):
        made.put(b"four", "/root/x")


def test_reading_a_file_and_one_that_is_not_there():
    made, _ = console({
        "base64 /a": (base64.encodebytes(b"\0\xff").decode(), 0),
        "base64 /b": ("No such file\n", 1),
    })  # fmt: skip
    assert made.get("/a") == b"\0\xff"
    with pytest.raises(CommandError, match=r"No such file \(exit code 1\)"):
        made.get("/b")
