"""One command on another machine, by ssh: bounded in time and in what it may answer.

Keys, known hosts, ports and passwords are ssh's own affair: nothing here asks for any.
"""

from __future__ import annotations

import os
import selectors
import shlex
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from subprocess import PIPE, Popen, TimeoutExpired

from core.errors import ServiceError
from core.files.foreign import printable

OPTIONS = (
    # Nobody answers a question that twenty hosts ask at once.
    "-oBatchMode=yes",
    "-oConnectTimeout=10",
    # A host whose power is cut is given up after a minute.
    "-oServerAliveInterval=15",
    "-oServerAliveCountMax=4",
    "-oClearAllForwardings=yes",
    # A connection that stays for later ones would keep our pipes open.
    "-oControlMaster=no",
    "-T",
)

LONGEST_LINE = 300
"""Characters of a host's message that are shown."""

ASK_S = 0.2
"""Time between two looks at whether to go on."""

_UNREACHED = 255
_NO_COMMAND = 127
_CHUNK = 1 << 16


class RefusedError(ServiceError):
    """A host's answer is none that a Zero gives."""


@dataclass(frozen=True)
class Answer:
    """What a command came to.

    code : its exit code; 255 is ssh's own, 127 a command that is not there.
    out : its standard output. said : the last line of its standard error, printable.
    """

    code: int
    out: bytes
    said: str

    def check(self, what: str) -> bytes:
        """Its output; ServiceError, in words for whoever named the host, if it failed."""
        if self.code == 0:
            return self.out
        said = self.said.removeprefix("zerodigit: error: ") or f"ended with {self.code}"
        if self.code == _UNREACHED:
            raise ServiceError(f"not reached: {said}")
        if self.code == _NO_COMMAND:
            raise ServiceError("has no zerodigit: tools/deploy puts it there")
        raise ServiceError(f"{what}: {said}")


def ask(
    host: str,
    command: Sequence[str],
    *,
    given: bytes = b"",
    largest: int,
    limit_s: float,
    hear: Callable[[str], object] = lambda line: None,
    stop: Callable[[], bool] = lambda: False,
    program: Sequence[str] = ("ssh",),
) -> Answer:
    """Run a command on a host, and wait for it.

    given : its standard input. largest : bytes that it may answer; RefusedError for more.
    limit_s : time that it may take; ServiceError for more.
    hear : called with each line of its standard error.
    stop : asked several times a second; ServiceError where it says so.

    However it ends, the connection is closed. Raises ServiceError, too, where there is no ssh
    here.
    """
    line = [*program, *OPTIONS, "--", host, shlex.join(command)]
    try:
        process = Popen(line, stdin=PIPE, stdout=PIPE, stderr=PIPE)
    except FileNotFoundError:
        raise ServiceError("no ssh here: sudo apt install openssh-client") from None
    end = time.monotonic() + limit_s

    def check() -> None:
        if stop():
            raise ServiceError("interrupted")
        if time.monotonic() > end:
            raise ServiceError(f"no answer within {limit_s / 60:.0f} minutes")

    with process:
        try:
            out, said = _talk(process, given, largest, hear, check)
            while True:
                with suppress(TimeoutExpired):
                    return Answer(process.wait(ASK_S), out, said)
                check()
        finally:
            process.kill()


def _talk(
    process: Popen[bytes],
    given: bytes,
    largest: int,
    hear: Callable[[str], object],
    check: Callable[[], None],
) -> tuple[bytes, str]:
    """What it prints, and the last line that it complains, until it has closed both."""
    assert process.stdin is not None
    assert process.stdout is not None
    assert process.stderr is not None
    out, heard, left = bytearray(), _Lines(hear), memoryview(given)
    with selectors.DefaultSelector() as pipes:
        pipes.register(process.stdin, selectors.EVENT_WRITE)
        for stream in (process.stdout, process.stderr):
            pipes.register(stream, selectors.EVENT_READ)
        for pipe in (process.stdin, process.stdout, process.stderr):
            os.set_blocking(pipe.fileno(), False)
        while pipes.get_map():
            for key, _ in pipes.select(ASK_S):
                if key.fileobj is process.stdin:
                    # Whoever does not want to read it says why on stderr.
                    with suppress(BlockingIOError):
                        left = left[_write(key.fd, left) :]
                    if not left:
                        pipes.unregister(process.stdin)
                        with suppress(BrokenPipeError):
                            process.stdin.close()
                    continue
                data = os.read(key.fd, _CHUNK)
                if not data:
                    pipes.unregister(key.fileobj)
                elif key.fileobj is process.stderr:
                    heard.add(data)
                else:
                    out += data
                    if len(out) > largest:
                        raise RefusedError(
                            f"refused: it answers with more than {largest >> 10} kB"
                        )
            check()
    return bytes(out), heard.last


def _write(pipe: int, data: memoryview) -> int:
    """How many bytes need not be written again: all if nobody reads them."""
    try:
        return os.write(pipe, data[:_CHUNK]) if data else 0
    except BrokenPipeError:
        return len(data)


class _Lines:
    """Lines that come in pieces; of one that does not end, as much is kept as is shown."""

    def __init__(self, hear: Callable[[str], object]) -> None:
        self._hear, self._rest, self._last = hear, b"", ""

    def add(self, data: bytes) -> None:
        *lines, rest = (self._rest + data).split(b"\n")
        self._rest = rest[:_CHUNK]
        for line in map(_text, lines[-20:]):
            if line:
                self._last = line
                self._hear(line)

    @property
    def last(self) -> str:
        return _text(self._rest) or self._last


def _text(line: bytes) -> str:
    return printable(line.decode("utf-8", "replace"), LONGEST_LINE)
