"""A shell over a serial line: commands with their output, their exit codes, and time-outs.

Each command is framed by a marker of its own, which the shell puts together only when it runs
the command, so that an echo of what was typed is never taken for the answer.
"""

from __future__ import annotations

import base64
import contextlib
import re
import time
from collections.abc import Callable
from dataclasses import dataclass

from tools.emulator.machine.drain import DrainedLine

PROMPT = rb"(root@[^\n]*|bash-[0-9.]+|\n)[#] $"

_CHUNK = 96 << 10
_POLL_S = 0.5
_TRIES = 40


class ConsoleError(Exception):
    """The shell did not answer in time, or is gone; says what it printed last."""


class CommandError(Exception):
    """A command in the machine failed."""


@dataclass(frozen=True)
class Result:
    """What a command said, standard output and error together, and its exit code."""

    text: str
    code: int


class Console:
    """The shell.

    Parameters
    ----------
    line : where it is.
    alive : raises when the machine is gone.
    """

    def __init__(
        self,
        line: DrainedLine,
        alive: Callable[[], None] = lambda: None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._line = line
        self._alive = alive
        self._clock = clock
        self._buffer = b""
        self._number = 0

    def take_over(self, timeout_s: float) -> None:
        """Wait for the prompt of a root shell, and make a plain one of it."""
        self._until(PROMPT, timeout_s)
        # A shell with line editing would wrap and redraw what is sent.
        self._send(b"stty -echo -onlcr; PS1= PS2= ENV= TERM=dumb exec /bin/sh\n")
        self._sync(
            "stty -echo -onlcr; export PS1= PS2= PAGER=cat SYSTEMD_PAGER= SYSTEMD_COLORS=0 "
            "LC_ALL=C.UTF-8; trap '' PIPE; dmesg -n 1"
        )

    def run(self, command: str, timeout_s: float = 120.0) -> Result:
        """Run a command; with nothing on its standard input.

        Raises
        ------
        ConsoleError : it did not end in time; it was then interrupted, if that helped.
        """
        self._number += 1
        number = self._number
        # Quotes split the marker, so that it is whole in the answer alone.
        self._send(f"{{ {command}\n}} 2>&1 </dev/null; echo __E''{number}__$?\n".encode())
        try:
            text, code = self._until(rf"__E{number}__(\d+)\r?\n".encode(), timeout_s)
        except TimeoutError as error:
            self._recover()
            raise ConsoleError(f"no answer in {timeout_s:g} s to: {command}\n{error}") from None
        return Result(text.decode(errors="replace").replace("\r\n", "\n"), int(code))

    def begin(self, command: str) -> None:
        """Begin a command, and do not wait for it; :meth:`listen` hears it."""
        self._send(f"{command}\n".encode())

    def listen(self, seconds: float) -> str:
        """What comes in so many seconds."""
        with contextlib.suppress(TimeoutError):
            self._until(rb"(?!)", seconds)
        heard, self._buffer = self._buffer, b""
        return heard.decode(errors="replace").replace("\r\n", "\n")

    def put(self, data: bytes, path: str) -> None:
        """Write a file, whole; it appears under its name when it is complete."""
        part = f"{path}.part"
        self.check(f": > {part}")
        for start in range(0, len(data), _CHUNK):
            text = base64.encodebytes(data[start : start + _CHUNK])
            self._send(f"base64 -d >> {part} <<'__B'\n".encode() + text + b"__B\n")
            self.check("true", 300.0)
        size = int(self.check(f"wc -c < {part}").text)
        if size != len(data):
            raise ConsoleError(f"{path}: {size} bytes arrived of {len(data)}")
        self.check(f"mv {part} {path}")

    def get(self, path: str, timeout_s: float = 300.0) -> bytes:
        """Read a file.

        Raises
        ------
        CommandError : it cannot be read.
        """
        return base64.b64decode(self.check(f"base64 {path}", timeout_s).text)

    def check(self, command: str, timeout_s: float = 120.0) -> Result:
        """Run a command; CommandError if it fails."""
        result = self.run(command, timeout_s)
        if result.code:
            raise CommandError(f"{command}: {result.text.strip()} (exit code {result.code})")
        return result

    def _sync(self, command: str) -> None:
        """Run a first command, again if it was lost while shells changed hands."""
        for _ in range(_TRIES):
            self._number += 1
            self._send(f"{command}; echo __S''{self._number}__\n".encode())
            try:
                self._until(rf"__S{self._number}__\r?\n".encode(), 5.0)
                return
            except TimeoutError:
                continue
        raise ConsoleError("the shell does not answer")

    def _recover(self) -> None:
        with contextlib.suppress(ConsoleError, OSError):
            self._send(b"\x03\n")
            self._sync("true")

    def _send(self, data: bytes) -> None:
        self._line.settimeout(120.0)
        self._line.sendall(data)

    def _until(self, pattern: bytes, timeout_s: float) -> tuple[bytes, bytes]:
        """What came before the pattern, and its first group."""
        deadline = self._clock() + timeout_s
        self._line.settimeout(_POLL_S)
        searched = 0
        while True:
            found = re.compile(pattern).search(self._buffer, max(0, searched - 200))
            if found:
                before = self._buffer[: found.start()]
                self._buffer = self._buffer[found.end() :]
                return before, found.group(1) if found.groups() else b""
            searched = len(self._buffer)
            if self._clock() > deadline:
                raise TimeoutError(self._buffer[-1500:].decode(errors="replace"))
            try:
                data = self._line.recv(1 << 16)
            except TimeoutError:
                self._alive()
                continue
            if not data:
                self._alive()
                raise ConsoleError("the serial line was closed")
            self._buffer += data
