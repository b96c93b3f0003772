"""The emulated Pi without QEMU: its command line, its time-outs, a command that fails."""

from __future__ import annotations

import pytest

from tools.emulator.image.build import Image
from tools.emulator.machine.console import CommandError, Console
from tools.emulator.machine.machine import PATIENCE, Machine


class Line:
    """A serial line on which each command ends with the same code."""

    def __init__(self, code):
        self.code = code
        self.number = 0

    def settimeout(self, value):
        pass

    def sendall(self, data):
        self.number += 1

    def recv(self, size):
        return f"no such file\n__E{self.number}__{self.code}\n".encode()


@pytest.fixture
def machine(tmp_path):
    """A function that makes a machine, switched off, whose commands end with a code."""

    def make(code=0):
        made = Machine(Image(tmp_path), tmp_path / "logs", disk=tmp_path / "card.img")
        made._console = Console(Line(code))
        return made

    return make


def test_qemu_gets_kernel_card_and_sockets(machine, tmp_path):
    command = machine().command(tmp_path / "sockets")
    assert command[:3] == ["qemu-system-arm", "-M", "raspi0"]
    assert f"if=sd,format=raw,file={tmp_path}/card.img" in command
    assert command[command.index("-kernel") + 1] == f"{tmp_path}/kernel"
    assert any(f"path={tmp_path}/sockets/serial," in word for word in command)


def test_a_command_that_fails_is_an_error_unless_it_may(machine):
    assert machine(0).shell("ls").text == "no such file\n"
    assert machine(2).shell("ls", check=False).code == 2
    with pytest.raises(CommandError, match=r"ls: no such file \(exit code 2\)"):
        machine(2).shell("ls")


def test_time_outs_are_patient(machine, monkeypatch):
    made, waited = machine(), []
    monkeypatch.setattr(
        made._console, "run", lambda command, timeout_s: waited.append(timeout_s)
    )
    made.shell("ls", 3.0, check=False)
    assert waited == [3.0 * PATIENCE]


def test_one_that_is_off_has_no_share_of_a_processor_and_may_be_cut_again(machine):
    made = machine()
    with pytest.raises(RuntimeError, match="it is off"):
        made.share()
    made.cut_power()
    made.cut_power()
