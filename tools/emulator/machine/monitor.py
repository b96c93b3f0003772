"""QEMU's monitor, which sees every register, and its qtest socket, which may write them."""

from __future__ import annotations

import re
import socket
import time
from pathlib import Path

WAIT_S = 120.0
"""For QEMU to begin, or to answer, where it gets little of a processor."""


class _Asked:
    """A socket that answers each command with a text that ends in ``end``.

    An answer that comes too late is passed over, and not taken for that of the next command.
    """

    def __init__(self, path: Path, end: bytes, what: str, timeout_s: float) -> None:
        self._socket = connect(path, timeout_s)
        self._end = end
        self._what = what
        self._received = b""
        self._awaited = 0

    def ask(self, command: str) -> str:
        """Give a command; what it printed. Raises TimeoutError if that takes too long."""
        self._socket.sendall(command.encode() + b"\n")
        return self.answer()

    def answer(self) -> str:
        """Await one answer more; the last of all that are awaited."""
        self._awaited += 1
        while self._awaited:
            before, end, rest = self._received.partition(self._end)
            if end:
                self._received = rest
                self._awaited -= 1
                continue
            data = self._socket.recv(1 << 16)
            if not data:
                raise ConnectionError(f"QEMU's {self._what} is gone")
            self._received += data
        return before.decode(errors="replace").replace("\r", "")

    def close(self) -> None:
        """Let it go."""
        self._socket.close()


class Monitor(_Asked):
    """The human monitor: to read memory as a bus analyser would."""

    def __init__(self, path: Path, timeout_s: float = WAIT_S) -> None:
        super().__init__(path, b"(qemu) ", "monitor", timeout_s)
        self.answer()

    def word(self, address: int) -> int:
        """The 32 bits at a physical address."""
        return parse_word(self.ask(f"xp /1wx {address:#x}"))


class Qtest(_Asked):
    """The qtest socket: to read and write registers while the machine runs."""

    def __init__(self, path: Path, timeout_s: float = WAIT_S) -> None:
        super().__init__(path, b"\n", "qtest socket", timeout_s)

    def write(self, address: int, value: int) -> None:
        """Write 32 bits to a physical address."""
        self._told(f"writel {address:#x} {value:#x}")

    def read(self, address: int) -> int:
        """The 32 bits at a physical address."""
        return int(self._told(f"readl {address:#x}").split()[1], 16)

    def _told(self, command: str) -> str:
        said = self.ask(command)
        if not said.startswith("OK"):
            raise ConnectionError(f"QEMU refuses {command}: {said}")
        return said


def parse_word(text: str) -> int:
    """The number in the monitor's ``0000000020200034: 0x00020000``."""
    found = re.search(r"[0-9a-f]+: (0x[0-9a-f]+)", text)
    if not found:
        raise ValueError(f"no word in the monitor's answer: {text!r}")
    return int(found.group(1), 16)


def connect(path: Path, timeout_s: float) -> socket.socket:
    """A connection to a UNIX socket that may not be there yet."""
    deadline = time.monotonic() + timeout_s
    while True:
        connection = socket.socket(socket.AF_UNIX)
        try:
            connection.connect(str(path))
        except OSError:
            connection.close()
            if time.monotonic() > deadline:
                raise
            time.sleep(0.05)
        else:
            connection.settimeout(timeout_s)
            return connection
