"""``zerodigit backup``: all that is yours on this Pi in one file, for a new card.

examples:
  zerodigit backup zero.zip                     settings, samples with their
                                                labels, weights, history
  ssh pi@zero.local zerodigit backup - > zero.zip
                                                onto another computer

While the service runs. The file ends with its own checksum; on the new card, or
on another Pi, `sudo zerodigit restore zero.zip` puts it back. Not in it are
changes of yours to the system, as drop-ins of systemd.
"""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from pi.cli import flags
from pi.cli.errors import OK
from pi.cli.streams import say
from pi.system.owner import as_owner


def add_parser(subparsers: Any) -> None:
    """Add the command and its arguments."""
    parser = flags.add_command(
        subparsers,
        "backup",
        run,
        __doc__,
        codes={4: "weights are damaged", 7: "something cannot be read, or not written"},
    )
    parser.add_argument("file", metavar="FILE", help='where to; "-" for standard output')
    flags.add_settings(parser)


@flags.with_output("file")
def run(args: argparse.Namespace) -> int:
    """Write it; OK."""
    from core.errors import ConfigError
    from core.files import foreign
    from core.files.output import place_of, write_output
    from pi import config
    from pi.backup import archive
    from pi.config import user_file

    place_of(args.file)
    settings = flags.load_settings(args)
    flags.say_where(settings)
    content = None
    for path in config.system_files():
        try:
            content = foreign.read_bytes(path, user_file.LARGEST, follow=True)
        except OSError as error:
            raise ConfigError(f"{path}: cannot be read ({error.strerror})") from None
    with as_owner(Path(settings.samples.folder)):
        data = archive.pack(settings, content)
    with write_output(args.file) as file:
        file.write(data)
    say(f"{len(data) / 1e6:.1f} MB written to {args.file}")
    return OK
