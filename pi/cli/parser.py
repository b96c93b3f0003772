"""A parser of the command line whose errors are one line, and name what was perhaps meant."""

from __future__ import annotations

import argparse
import re
import sys
from typing import Any, NoReturn

from pi.cli.errors import UsageError

# What argparse says, in the versions of Python that there are.
_UNKNOWN = re.compile(r"unrecognized arguments: ([^ =]+)")
_NO_CHOICE = re.compile(r"invalid choice: '(.*)' \(choose from (.*)\)")


class Parser(argparse.ArgumentParser):
    """A parser that raises UsageError where argparse prints its usage and exits; that of the
    tools prints the same, and exits.

    above : the parser of the command that this is a sub-command of.
    """

    above: argparse.ArgumentParser | None = None

    def add_subparsers(self, **options: Any) -> Any:
        """As argparse does; the help of a sub-command begins with its line in the list."""
        action = super().add_subparsers(**options)
        add_parser = action.add_parser

        def add(name: str, **given: Any) -> Any:
            made = add_parser(name, **{"description": given.get("help"), **given})
            made.above = self
            return made

        action.add_parser = add  # type: ignore[method-assign]
        return action

    def parse_known_args(self, args: Any = None, namespace: Any = None) -> Any:
        """As argparse does; what a command does not know is its error, not the program's."""
        found, left = super().parse_known_args(args, namespace)
        if left:
            self.error(f"unrecognized arguments: {' '.join(left)}")
        return found, left

    def error(self, message: str) -> NoReturn:
        raise UsageError(self.complaint(message))

    def complaint(self, message: str) -> str:
        """A message of argparse's, what was perhaps meant, and whose help to see."""
        return f"{message}{self._meant(message)}; see `{self.prog} --help`"

    def _meant(self, message: str) -> str:
        if unknown := _UNKNOWN.match(message):
            known = _options(self)
            if self.above is not None and unknown[1] in _options(self.above):
                return f"; {unknown[1]} goes before {self.prog.split()[-1]}"
        elif unknown := _NO_CHOICE.search(message):
            known = re.findall(r"[\w-]+", unknown[2])
        else:
            return ""
        from difflib import get_close_matches

        near = get_close_matches(unknown[1], known, 1, cutoff=0.65)
        return f"; did you mean {near[0]}?" if near else ""

    def _print_message(self, message: str, file: Any = None) -> None:
        """Print a help; argparse's own passes over it that it could not be written."""
        print(message, end="", file=file or sys.stderr)


def _options(parser: argparse.ArgumentParser) -> list[str]:
    return [name for action in parser._actions for name in action.option_strings]
