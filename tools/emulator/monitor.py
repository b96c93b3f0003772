"""QEMU's monitor, which sees every register, and its qtest socket, which may write them."""

from __future__ import annotations

import re
import socket
import time
from pathlib import Path

_PROMPT = b"(qemu) "


class Monitor:
    """The human monitor: to read memory as a bus analyser would."""

    def __init__(self, path: Path, timeout_s: float = 30.0) -> None:
        self._socket = connect(path, timeout_s)
        self._answer()

    def command(self, text: str) -> str:
        """Give a command; what it printed."""
        self._socket.sendall(text.encode() + b"\n")
        return self._answer()

    def word(self, address: int) -> int:
        """The 32 bits at a physical address."""
        return parse_word(self.command(f"xp /1wx {address:#x}"))

    def close(self) -> None:
        """Let it go."""
        self._socket.close()

    def _answer(self) -> str:
        received = b""
        while not received.endswith(_PROMPT):
            data = self._socket.recv(1 << 16)
            if not data:
                raise ConnectionError("QEMU's monitor is gone")
            received += data
        return received.decode(errors="replace").replace("\r", "")


class Qtest:
    """The qtest socket: to write registers while the machine runs."""

    def __init__(self, path: Path, timeout_s: float = 30.0) -> None:
        self._socket = connect(path, timeout_s)

    def write(self, address: int, value: int) -> None:
        """Write 32 bits to a physical address."""
        self._ask(f"writel {address:#x} {value:#x}")

    def read(self, address: int) -> int:
        """The 32 bits at a physical address."""
        return int(self._ask(f"readl {address:#x}").split()[1], 16)

    def close(self) -> None:
        """Let it go."""
        self._socket.close()

    def _ask(self, command: str) -> str:
        self._socket.sendall(command.encode() + b"\n")
        received = b""
        while not received.endswith(b"\n"):
            data = self._socket.recv(4096)
            if not data:
                raise ConnectionError("QEMU's qtest socket is gone")
            received += data
        if not received.startswith(b"OK"):
            raise ConnectionError(f"QEMU refuses {command}: {received.decode().strip()}")
        return received.decode()


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
