"""Expected errors on the command line: one line on stderr, and the table of exit codes."""

from __future__ import annotations

import errno
import os
import sys
from collections.abc import Mapping
from typing import TextIO

from core.errors import (
    CameraError,
    ConfigError,
    DatasetError,
    DeviceError,
    DivergedError,
    ImageError,
    ModelFormatError,
    SpecError,
    StorageError,
    WeightsError,
    ZerodigitError,
)

_OF_WRITING = (
    errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EIO, errno.EAGAIN, errno.EBADF,
)  # fmt: skip

_LONGEST = 4000
"""Characters of an error at most: a name in it may be somebody else's."""

OK = 0
FAILED = 1
USAGE = 2
BAD_INPUT = 3
BAD_MODEL = 4
DEVICE = 5
DIVERGED = 6
CANNOT_WRITE = 7
WAITING = 8
INTERRUPTED = 130
BROKEN_PIPE = 141


class UsageError(ZerodigitError):
    """The command line makes no sense."""


# The first row with a class of the error counts.
_CODES: tuple[tuple[type[ZerodigitError], int], ...] = (
    (UsageError, USAGE),
    (ConfigError, USAGE),
    (SpecError, USAGE),
    (ImageError, BAD_INPUT),
    (DatasetError, BAD_INPUT),
    (ModelFormatError, BAD_MODEL),
    (WeightsError, BAD_MODEL),
    (CameraError, DEVICE),
    (DeviceError, DEVICE),
    (DivergedError, DIVERGED),
    (StorageError, CANNOT_WRITE),
    (ZerodigitError, FAILED),
)

_MEANINGS = {
    OK: "done",
    FAILED: "a check failed; the service is down, or runs already",
    USAGE: "the command line or the configuration makes no sense",
    BAD_INPUT: "bad input: a picture or a data set cannot be read",
    BAD_MODEL: "bad model file; no such version of the weights",
    DEVICE: "no camera, or no frames from it; no pins for lights and buttons",
    DIVERGED: "training diverged: a loss or a weight is not a number",
    CANNOT_WRITE: "something cannot be written, or what is stored not be read",
    WAITING: "not yet on the card; it is tried again until it is",
    INTERRUPTED: "interrupted (Ctrl-C)",
}


def exit_codes(meanings: Mapping[int, str] = _MEANINGS) -> str:
    """A table of exit codes for a help; "" stands for what the code means everywhere."""
    lines = [f"  {code:<3}  {meanings[code] or _MEANINGS[code]}" for code in sorted(meanings)]
    return "\n".join(["exit codes:", *lines, ""])


def exit_code(error: ZerodigitError) -> int:
    """The exit code of an expected error."""
    return next(code for kind, code in _CODES if isinstance(error, kind))


def debugging() -> bool:
    """Whether ``ZERODIGIT_DEBUG`` asks for a traceback of expected errors, too."""
    return os.environ.get("ZERODIGIT_DEBUG", "") not in ("", "0")


def complain(error: BaseException) -> None:
    """Print an expected error on stderr: in one line, or its traceback when debugging."""
    if debugging():
        import traceback

        traceback.print_exception(error)
        return
    from core.files.foreign import escaped

    try:
        said = escaped(str(error))[:_LONGEST]
        print(f"zerodigit: error: {said}", file=sys.stderr, flush=True)
    except OSError:
        _give_up(sys.stderr)  # the exit code tells


def cannot_print(error: OSError) -> bool:
    """Whether the error is that of a stdout or stderr with no space, or closed; says so."""
    # An error of a file that was opened by its name has the name with it.
    why = error.strerror if error.filename is None and error.errno in _OF_WRITING else None
    for stream in (sys.stdout, sys.stderr):
        try:
            stream.flush()
        except OSError as still:
            why = still.strerror
            _give_up(stream)
    if why is not None:
        problem = StorageError(f"what it has to say cannot be written: {why}")
        problem.__cause__ = error
        complain(problem)
    return why is not None


def of_file(error: OSError) -> bool:
    """Whether the error is the system's about a file that it names; says so.

    A folder may go, or be forbidden, between any two steps: no bug, and no traceback.
    """
    if error.filename is None or error.strerror is None:
        return False
    problem = StorageError(f"{error.filename}: {error.strerror}")
    problem.__cause__ = error
    complain(problem)
    return True


def reader_left() -> int:
    """The exit code where the reader of our output (`| head`) has closed it."""
    _give_up(sys.stdout)
    return BROKEN_PIPE


def _give_up(stream: TextIO) -> None:
    """Lead a stream nowhere: Python flushes it again at exit."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, stream.fileno())
    os.close(nowhere)
