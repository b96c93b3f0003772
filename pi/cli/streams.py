"""The standard streams of a command: open, and with whatever steers a terminal escaped.

A file may have any name, an error may quote what is in it, and the service that answers may
be another program. All that a command prints goes through here: print, help, log lines, and
tracebacks.
What may draw on a terminal takes the stream below, ``EscapingStream.unescaped``.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from typing import Any, TextIO, cast

from core.files.foreign import escaped


class EscapingStream:
    """A text stream that writes what steers a terminal as Python does, ``\\x1b``.

    unescaped : the stream that it writes to, whose attributes are this one's, too.
    keep : control characters that are left as they are.
    """

    def __init__(self, unescaped: TextIO, keep: str) -> None:
        self.unescaped = unescaped
        self._keep = keep

    def write(self, text: str) -> int:
        """Write a text."""
        self.unescaped.write(escaped(text, self._keep))
        return len(text)

    def writelines(self, lines: Iterable[str]) -> None:
        """Write several texts."""
        for line in lines:
            self.write(line)

    def __getattr__(self, name: str) -> Any:
        return getattr(self.unescaped, name)


@contextmanager
def escaping(keep: str = "\n") -> Iterator[None]:
    """Within the block stdout and stderr are `EscapingStream`s, to which any text can be
    written: what their encoding lacks is escaped, too."""
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="backslashreplace")
    out, err = (EscapingStream(each, keep) for each in (sys.stdout, sys.stderr))
    with redirect_stdout(cast(TextIO, out)), redirect_stderr(cast(TextIO, err)):
        yield


def say(line: str, *, error: bool = False) -> None:
    """Print one line, on stdout or stderr. An end of line in it, as a file's name may have one,
    is escaped."""
    print(escaped(line), file=sys.stderr if error else sys.stdout, flush=True)


def open_streams() -> None:
    """Open the standard streams that whoever started us has closed.

    Otherwise the next file that is opened would get the number, and what is printed. What is
    written to such a stdout is an error, as with other programs; such a stdin is empty. Bytes
    of stdin that are no text are read as U+FFFD.
    """
    for number, name in enumerate(("stdin", "stdout", "stderr")):
        try:
            os.fstat(number)
        except OSError:
            handle = os.open(os.devnull, os.O_WRONLY if name == "stderr" else os.O_RDONLY)
            os.dup2(handle, number)
            if handle != number:
                os.close(handle)
            mode = "w" if number else "r"
            stream = open(number, mode, encoding="utf-8", closefd=False)  # noqa: SIM115
            setattr(sys, name, stream)
    if hasattr(sys.stdin, "reconfigure"):
        sys.stdin.reconfigure(errors="replace")
