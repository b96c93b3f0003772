"""Commands of zerodigit, each in a process of its own, as a user of one's choice.

The process is forked from this one, where everything is imported already: a command then takes
as long as its work, and thousands can be tried. What the installed script does before that
(``tools/install`` writes it) is not part of it.
"""

from __future__ import annotations

import os
import select
import signal
import sys
import traceback
import warnings
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

HUNG = -1000
"""The exit code of a command that was killed for taking too long."""


@dataclass(frozen=True)
class Person:
    """A user by numbers: they need no entry in /etc/passwd. groups : besides ``gid``."""

    name: str
    uid: int
    gid: int
    groups: tuple[int, ...] = ()

    def become(self) -> None:
        """Turn this process into the user's, for good. Needs root, unless one is that user."""
        if os.geteuid() == 0:
            os.setgroups(self.groups)
            os.setgid(self.gid)
            os.setuid(self.uid)


def myself() -> Person:
    """Whoever runs this."""
    return Person("myself", os.getuid(), os.getgid(), tuple(os.getgroups()))


class Process:
    """A function in a process of its own, its stdout and stderr in a file.

    Parameters
    ----------
    do : its result is the exit code; an exception gives a traceback and the code 1.
    output : is written anew; None for those of this process.
    person : who runs it; whoever runs this, by default.
    environ, folder : all of its environment, and its working directory.
    stdin : a file for it to read.
    """

    def __init__(
        self,
        do: Callable[[], int],
        output: Path | None,
        *,
        person: Person | None = None,
        environ: Mapping[str, str] | None = None,
        folder: Path | str = "/",
        umask: int = 0o022,
        stdin: Path | str = os.devnull,
    ) -> None:
        self._output = output
        self._code: int | None = None
        for stream in (sys.stdout, sys.stderr):
            stream.flush()
        with warnings.catch_warnings():
            # None of this process's threads holds anything that the new one needs.
            warnings.simplefilter("ignore", DeprecationWarning)
            self.pid = os.fork()
        if self.pid:
            self._handle = os.pidfd_open(self.pid)
            return
        code = 1
        try:
            _redirect(output, stdin)
            os.umask(umask)
            (person or myself()).become()
            if environ is not None:
                os.environ.clear()
                os.environ.update(environ)
            os.chdir(folder)
            code = do()
        except BaseException:
            traceback.print_exc()
        finally:
            with suppress(Exception):
                sys.stdout.flush()
                sys.stderr.flush()
            os._exit(code)

    def wait(self, seconds: float) -> int | None:
        """The exit code, negative for a signal; None if it still runs after ``seconds``."""
        if self._code is None:
            poll = select.poll()
            poll.register(self._handle, select.POLLIN)
            if not poll.poll(1000 * seconds):
                return None
            self._code = os.waitstatus_to_exitcode(os.waitpid(self.pid, 0)[1])
            os.close(self._handle)
        return self._code

    def end(self, seconds: float) -> int:
        """The exit code; HUNG, and it is killed, if it still runs after ``seconds``."""
        code = self.wait(seconds)
        if code is None:
            self.signal(signal.SIGKILL)
            self.wait(60.0)
            return HUNG
        return code

    def signal(self, number: int) -> None:
        """Send it a signal, if it still runs."""
        if self._code is None:
            with suppress(ProcessLookupError):
                os.kill(self.pid, number)

    @property
    def said(self) -> str:
        """What it has written so far."""
        if self._output is None:
            return ""
        return self._output.read_text(encoding="utf-8", errors="replace")


def command(arguments: Sequence[str], output: Path, **options: object) -> Process:
    """``zerodigit ARGUMENTS``; the options are those of :class:`Process`."""

    def do() -> int:
        from pi.cli import main

        return main(list(arguments))

    return Process(do, output, **options)  # type: ignore[arg-type]


def preload() -> None:
    """Import what the commands import, so that none of them has to."""
    import pi.cli
    import pi.models.watcher
    import pi.retraining.nightly
    import pi.samples.import_export
    import pi.service.loop
    import pi.service.pipeline  # noqa: F401


def _redirect(output: Path | None, stdin: Path | str) -> None:
    """Give this process a stdin, stdout and stderr of its own."""
    os.dup2(os.open(stdin, os.O_RDONLY), 0)
    if output is None:
        return
    written = os.open(output, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o644)
    for number in (1, 2):
        os.dup2(written, number)
    # For as long as the process lives.
    sys.stdin = open(0, closefd=False)  # noqa: SIM115
    sys.stdout = open(1, "w", errors="replace", closefd=False)  # noqa: SIM115
    sys.stderr = open(2, "w", buffering=1, errors="replace", closefd=False)  # noqa: SIM115
