"""The parser of a command, and arguments of several: ``--config FILE``, ``--set KEY=VALUE``, a
sample's number, a number within bounds."""

from __future__ import annotations

import argparse
import math
import sys
from argparse import Namespace
from collections.abc import Callable, Mapping
from contextlib import redirect_stdout
from functools import wraps
from typing import TYPE_CHECKING, Any, Concatenate, ParamSpec, TypeVar

from pi.cli import errors
from pi.cli.streams import say

if TYPE_CHECKING:
    from pathlib import Path

    from pi.config import Config


P = ParamSpec("P")
R = TypeVar("R")

# The largest integer of SQLite.
_LARGEST_ID = 2**63 - 1


def add_command(
    subparsers: Any,
    name: str,
    run: Callable[[argparse.Namespace], int],
    doc: str | None,
    codes: Mapping[int, str],
) -> argparse.ArgumentParser:
    """Add a command's parser, with its own arguments still to be added.

    doc : docstring of its module. The first line, "``zerodigit NAME``: what it is for.", is
        its line in the list of commands; the rest is in its help, below the arguments.
    codes : meanings of the exit codes that it can give besides done, wrong usage and
        interrupted, which all can; "" for what the code means everywhere.
    """
    codes = {errors.OK: "", errors.USAGE: "", errors.INTERRUPTED: "", **codes}
    texts = help_of(doc, errors.exit_codes(codes))
    summary = texts["description"].partition(": ")[2].rstrip(".")
    parser: argparse.ArgumentParser = subparsers.add_parser(name, help=summary, **texts)
    parser.set_defaults(run=run)
    return parser


def help_of(doc: str | None, exit_codes: str) -> dict[str, Any]:
    """Arguments of a parser whose help is a docstring: the first paragraph above its
    arguments, the rest and the exit codes below. With python -OO there is no docstring."""
    first, _, rest = (doc or "").partition("\n\n")
    return {
        "description": first.replace("`", ""),
        "epilog": f"{rest}\n{exit_codes}",
        "formatter_class": argparse.RawDescriptionHelpFormatter,
    }


def with_output(
    name: str,
) -> Callable[[Callable[Concatenate[Namespace, P], R]], Callable[Concatenate[Namespace, P], R]]:
    """A decorator for what writes the file that the argument `name` says: where that is
    standard output, as in ``weights export /dev/stdout | ssh pi ...``, the file goes there and
    nothing else; whatever is printed goes to standard error."""

    def decorate(
        run: Callable[Concatenate[Namespace, P], R],
    ) -> Callable[Concatenate[Namespace, P], R]:
        @wraps(run)
        def inside(args: Namespace, /, *others: P.args, **named: P.kwargs) -> R:
            from core.files.output import is_standard_output

            path = getattr(args, name)
            if path is None or not is_standard_output(path):
                return run(args, *others, **named)
            with redirect_stdout(sys.stderr):
                return run(args, *others, **named)

        return inside

    return decorate


def add_settings(parser: argparse.ArgumentParser) -> None:
    """Add ``--config`` and ``--set``."""
    parser.add_argument(
        "--config", metavar="FILE", help="settings that override /etc/zerodigit/zerodigit.toml"
    )
    parser.add_argument(
        "--set",
        action="append",
        default=[],
        metavar="SECTION.KEY=VALUE",
        help="one setting that overrides every file, as camera.rotate=180; may be repeated",
    )


def add_json(parser: argparse.ArgumentParser, default: Any = False) -> None:
    """Add ``--json``; ``default`` : SUPPRESS where the parser before this one has it, too."""
    parser.add_argument(
        "--json", action="store_true", default=default, help="all of it, for programs"
    )


def check_json(args: argparse.Namespace, prints: bool) -> None:
    """Raise UsageError if ``--json`` is given where nothing is printed for programs."""
    if args.json and not prints:
        raise errors.UsageError("--json is for what is listed; leave it out here")


def load_settings(
    args: argparse.Namespace,
    overrides: Mapping[str, Any] | None = None,
    contents: Mapping[Path, bytes] | None = None,
) -> Config:
    """The settings in force; `overrides` go before those of ``--set``. Raises ConfigError.

    contents : of files, what shall stand in them; these are read in any case.
    """
    from pathlib import Path

    from pi import config

    paths = list(contents or config.system_files())
    if args.config is not None:
        paths.append(Path(args.config))
    flags = dict(map(config.parse_flag, args.set)) | dict(overrides or {})
    return config.load(paths, flags, contents=contents or {})


def say_where(settings: Config) -> None:
    """Say on stderr where samples and weights are, if that is this user's own folder."""
    from pi.config import FOLDER, OWN

    why = settings.origin(*FOLDER)
    if why.startswith(OWN):
        said = f"zerodigit: samples and weights are in {settings.samples.folder}: {why}"
        say(said, error=True)


def number(
    kind: type[int] | type[float], least: float, most: float = math.inf
) -> Callable[[str], Any]:
    """A type for argparse: a number from `least` to `most`. Raises ArgumentTypeError."""

    def parse(text: str) -> int | float:
        try:
            value = kind(text)
        except ValueError:
            value = math.nan
        if not (least <= value <= most and value < math.inf):
            what = "a whole number" if kind is int else "a number"
            bounds = f"{least:g} or more" if most == math.inf else f"{least:g} to {most:g}"
            raise argparse.ArgumentTypeError(f"{text!r} is not {what}, {bounds}")
        return value

    return parse


def sample_id(text: str) -> int:
    """The number of a sample, for argparse. Raises ArgumentTypeError."""
    if not (text.isdecimal() and len(text) < 20 and 1 <= int(text) <= _LARGEST_ID):
        raise argparse.ArgumentTypeError(
            f"the number of a sample is 1 or more, as in the list, not {text!r}"
        )
    return int(text)
