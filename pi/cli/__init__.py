"""``zerodigit`` reads handwritten digits: in photographs, and on the sheet of paper
that somebody holds in front of a Raspberry Pi Zero.

examples:
  zerodigit demo                 watch digits on paper being read
  zerodigit predict photo.jpg    read a photograph of a digit
  zerodigit predict photo.jpg --explain why.png
                                 and draw how it was read, step by step
  zerodigit train --data mnist --out mine.npz
                                 train a network of your own

on a Raspberry Pi:
  zerodigit display --test       check the wiring of lights and buttons
  zerodigit doctor               check that everything it needs is there
  zerodigit run                  read what the camera sees, light the digit
  zerodigit status               how the running one is, what it read last
  zerodigit look                 what its camera sees, and what to do about it
  zerodigit logs --follow        what it logs, line by line
  zerodigit label                say what the digits were that it saw
  zerodigit retrain              learn from that now, as every night
  zerodigit history              what came of each night
  zerodigit weights              the weights it reads with, and their versions
  zerodigit backup zero.zip      all that is yours, for a new card

environment:
  ZERODIGIT_DEBUG=1   a traceback for every error, expected ones too
  NO_COLOR=1          plain lines, no drawing in the terminal

`zerodigit COMMAND --help` says more, with examples.
"""

from __future__ import annotations

import argparse
import importlib
import sys
from collections.abc import Sequence
from typing import Any, NoReturn

from core.errors import ZerodigitError
from core.interrupt import ending_like_ctrl_c
from pi.cli import errors, flags, streams
from pi.cli.parser import Parser

COMMANDS = (
    "demo", "predict", "train", "run", "status", "look", "logs", "samples", "label", "retrain",
    "history", "display", "doctor", "weights", "backup", "restore", "config",
)  # fmt: skip
"""Each is a module of this package with add_parser(subparsers), which adds the command and its
arguments, and run(args) -> int, which does it and gives the exit code. numpy is imported in
there."""


class _Version(argparse.Action):
    """``--version``; the version is looked up late, for importlib.metadata takes a while."""

    def __init__(self, option_strings: Sequence[str], dest: str, **options: Any) -> None:
        super().__init__(option_strings, dest, nargs=0, **options)

    def __call__(
        self,
        parser: argparse.ArgumentParser,
        namespace: argparse.Namespace,
        values: object,
        option_string: str | None = None,
    ) -> NoReturn:
        from pi.system.version import version_and_commit

        print(f"zerodigit {version_and_commit()}")
        parser.exit()


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command line; ``argv`` without the program's name. Gives the exit code."""
    streams.open_streams()
    with ending_like_ctrl_c(), streams.escaping():
        return _main(argv)


def _main(argv: Sequence[str] | None) -> int:
    try:
        code = _exit_code(argv)
        sys.stdout.flush()
        sys.stderr.flush()
    except BrokenPipeError:
        return errors.reader_left()
    except OSError as error:
        if not (errors.cannot_print(error) or errors.of_file(error)):
            raise
        return errors.CANNOT_WRITE
    return code


def _exit_code(argv: Sequence[str] | None) -> int:
    try:
        return _run(argv)
    except ZerodigitError as error:
        errors.complain(error)
        return errors.exit_code(error)
    except KeyboardInterrupt as error:
        if errors.debugging():
            errors.complain(error)
        return errors.INTERRUPTED


def _run(argv: Sequence[str] | None) -> int:
    argv = sys.argv[1:] if argv is None else argv
    parser = build_parser(argv[0] if argv else None)
    try:
        args = parser.parse_args(argv)
    except SystemExit as done:  # after --help and --version
        return int(done.code or 0)
    if args.run is None:
        parser.print_help()
        return errors.USAGE
    code: int = args.run(args)
    return code


def build_parser(only: str | None = None) -> argparse.ArgumentParser:
    """The parser of the command line with all commands, or with one alone if ``only`` is one:
    to import and describe them all takes a Zero longer than to answer."""
    parser = Parser(prog="zerodigit", **flags.help_of(__doc__, errors.exit_codes()))
    parser.add_argument("--version", action=_Version, help="print version and commit, and stop")
    parser.set_defaults(run=None)
    subparsers = parser.add_subparsers(title="commands", metavar="COMMAND")
    for name in (only,) if only in COMMANDS else COMMANDS:
        importlib.import_module(f"pi.cli.{name}").add_parser(subparsers)
    return parser
