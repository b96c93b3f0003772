"""What the commands of ``tools`` have in common: their help, and how they end."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable
from typing import NoReturn

from core.errors import ZerodigitError
from core.files.foreign import escaped
from core.interrupt import ending_like_ctrl_c
from pi.cli import parser as parser_of_commands
from pi.cli.errors import BAD_INPUT, INTERRUPTED, OK, USAGE, reader_left
from pi.cli.streams import escaping, say


class Parser(parser_of_commands.Parser):
    """A parser that prints what it does not understand in one line, escaped, and exits."""

    def error(self, message: str) -> NoReturn:
        self.exit(USAGE, f"{self.prog}: error: {escaped(self.complaint(message))}\n")


def parser(module: str, text: str | None) -> Parser:
    """The parser of ``python -m MODULE``, whose help is `text` as it stands."""
    return Parser(
        prog=f"python -m {module}",
        description=text,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )


def run(name: str, work: Callable[[], int | None], interrupted: str = "interrupted") -> int:
    """Do the work of the tool `name`: OK or the exit code that it gives, BAD_INPUT after an
    expected error, INTERRUPTED after Ctrl-C, of which `interrupted` says what is left."""
    with ending_like_ctrl_c(), escaping(keep="\r\n"):
        return _run(name, work, interrupted)


def _run(name: str, work: Callable[[], int | None], interrupted: str) -> int:
    try:
        code = work() or OK
        sys.stdout.flush()
    except ZerodigitError as error:
        say(f"{name}: error: {error}", error=True)
        return BAD_INPUT
    except BrokenPipeError:
        return reader_left()
    except KeyboardInterrupt:
        print(f"\n{name}: {interrupted}", file=sys.stderr)
        return INTERRUPTED
    return code
