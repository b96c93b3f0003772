"""``zerodigit config``: the settings in force, and where each comes from.

examples:
  zerodigit config                       what is in force, and from where
  zerodigit config --set camera.rotate=180
                                         and whether a setting would be taken
  zerodigit config --json | jq .camera   the same for programs: see below
  zerodigit config --template            every setting explained
  zerodigit config --new                 settings that your file does not have
  sudo zerodigit config --begin          make the machine's file, if it has none

Settings are read from, the later one wins:
  1. what is built in (--template)
  2. /etc/zerodigit/zerodigit.toml, or the file that $ZERODIGIT_CONFIG names
  3. the file of --config
  4. --set

--json prints an object of the sections, in each its settings, of each its
value (null for "none") and origin: "built-in", a file, or "command line".
"""

from __future__ import annotations

import argparse
import dataclasses
import json
from typing import TYPE_CHECKING, Any

from pi.cli import flags
from pi.cli.errors import OK, UsageError
from pi.cli.streams import say

if TYPE_CHECKING:
    from pi.config import Config


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
        "--new",
        action="store_true",
        help="print the settings that the machine's file does not mention, as those that a "
        "newer version has brought",
    )
    what.add_argument(
        "--begin",
        nargs="?",
        const="",
        metavar="FILE",
        help="write FILE (default: the machine's) if there is none; one that is there is not "
        "touched",
    )
    flags.add_json(parser)
    flags.add_settings(parser)


def run(args: argparse.Namespace) -> int:
    """Print or write the settings; OK. Raises ConfigError and StorageError."""
    from pi import config
    from pi.config import schema

    flags.check_json(args, not (args.template or args.new) and args.begin is None)
    if args.template:
        print(config.template(), end="")
        return OK
    if args.begin == "-":
        raise UsageError("--begin writes a file; to print every setting, --template")
    if args.begin is not None or args.new:
        from pi.config import user_file

        path = config.machine_file()
        if not args.new:
            say(user_file.begin(args.begin or path))
        else:
            new = user_file.new_settings(path)
            print(new or f"# {path} mentions every setting\n", end="")
        return OK
    loaded = flags.load_settings(args)
    if args.json:
        print(json.dumps(_for_programs(loaded), indent=2))
        return OK
    for number, section in enumerate(schema.sections()):
        print(f"{chr(10) * (number > 0)}[{section}]")
        values = dataclasses.asdict(getattr(loaded, section))
        lines = {key: f"{key} = {config.to_toml(value)}" for key, value in values.items()}
        width = max(map(len, lines.values()))
        for key, line in lines.items():
            say(f"{line:{width}}  # {loaded.origin(section, key)}")
    return OK


def _for_programs(loaded: Config) -> dict[str, dict[str, dict[str, Any]]]:
    return {
        section: {
            key: {"value": value, "origin": loaded.origin(section, key)}
            for key, value in values.items()
        }
        for section, values in dataclasses.asdict(loaded).items()
        if section != "origins"
    }
