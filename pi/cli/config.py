"""``zerodigit config``: the settings in force, and where each comes from.

examples:
  zerodigit config                       what is in force, and from where
  zerodigit config --set camera.rotate=180
                                         and whether a setting would be taken
  zerodigit config --template            every setting explained
  sudo zerodigit config --complete       make the machine's file, or add to it,
                                         as comments, the settings it lacks

Settings are read from, the later one wins:
  1. what is built in (--template)
  2. /etc/zerodigit/zerodigit.toml, or the file that $ZERODIGIT_CONFIG names
  3. the file of --config
  4. --set
"""

from __future__ import annotations

import argparse
import dataclasses
from typing import Any

from pi.cli import flags
from pi.cli.errors import OK, UsageError
from pi.cli.streams import say


def add_parser(subparsers: Any) -> None:
    """Add the command and its arguments."""
    parser = flags.add_command(
        subparsers, "config", run, __doc__, codes={7: "FILE cannot be written"}
    )
    what = parser.add_mutually_exclusive_group()
    what.add_argument(
        "--show",
        action="store_true",
        help="print the settings in force and their origins, as without any of these",
    )
    what.add_argument(
        "--template", action="store_true", help="print every setting with its explanation"
    )
    what.add_argument(
        "--complete",
        nargs="?",
        const="",
        metavar="FILE",
        help="write FILE (default: the machine's) if it is not there; if it is, add new "
        "settings as comments and change nothing else",
    )
    flags.add_settings(parser)


def run(args: argparse.Namespace) -> int:
    """Print or write the settings; OK. Raises ConfigError and StorageError."""
    from pi import config
    from pi.config import schema

    if args.template:
        print(config.template(), end="")
        return OK
    if args.complete == "-":
        raise UsageError("--complete writes a file; to print every setting, --template")
    if args.complete is not None:
        from pi.config import user_file

        say(user_file.complete(args.complete or config.SYSTEM_FILE))
        return OK
    loaded = flags.load_settings(args)
    for number, section in enumerate(schema.sections()):
        print(f"{chr(10) * (number > 0)}[{section}]")
        values = dataclasses.asdict(getattr(loaded, section))
        lines = {key: f"{key} = {config.to_toml(value)}" for key, value in values.items()}
        width = max(map(len, lines.values()))
        for key, line in lines.items():
            say(f"{line:{width}}  # {loaded.origin(section, key)}")
    return OK
