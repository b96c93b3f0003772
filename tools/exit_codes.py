"""The end of a tool's run: one line for an expected error, and its exit code."""

from __future__ import annotations

import sys
from collections.abc import Callable

from core.errors import ZerodigitError
from pi.cli.errors import BAD_INPUT, INTERRUPTED, OK, reader_left


def run(name: str, work: Callable[[], int | None], interrupted: str = "interrupted") -> int:
    """Do the work of the tool `name`: OK or the exit code that it gives, BAD_INPUT after an
    expected error, INTERRUPTED after Ctrl-C, of which `interrupted` says what is left."""
    try:
        code = work() or OK
        sys.stdout.flush()
    except ZerodigitError as error:
        print(f"{name}: error: {error}", file=sys.stderr)
        return BAD_INPUT
    except BrokenPipeError:
        return reader_left()
    except KeyboardInterrupt:
        print(f"\n{name}: {interrupted}", file=sys.stderr)
        return INTERRUPTED
    return code
