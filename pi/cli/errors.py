"""Expected errors on the command line: one line on stderr, and the table of exit codes."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping

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

OK = 0
FAILED = 1
USAGE = 2
BAD_INPUT = 3
BAD_MODEL = 4
DEVICE = 5
DIVERGED = 6
CANNOT_WRITE = 7
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
    print(f"zerodigit: error: {' '.join(str(error).split())}", file=sys.stderr)


def reader_left() -> int:
    """The exit code where the reader of our output (`| head`) has closed it.

    Python flushes again at exit, so it is given somewhere to flush to.
    """
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    return BROKEN_PIPE
