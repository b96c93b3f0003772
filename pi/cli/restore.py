"""``zerodigit restore``: put back what `zerodigit backup` has written.

examples:
  zerodigit restore zero.zip                    on a new card with zerodigit,
                                                as root
  ssh pi@zero.local sudo zerodigit restore - < zero.zip
                                                from another computer

Everything in the file is checked before anything is changed, and if a part
cannot be written nothing is. What is there already stays: samples and nights
are added, none twice; settings that differ are kept as zerodigit.toml.before.
The service may run meanwhile. After a power cut, do it again.
"""

from __future__ import annotations

import argparse
from typing import Any

from pi.cli import flags
from pi.cli.errors import OK
from pi.cli.streams import say


def add_parser(subparsers: Any) -> None:
    """Add the command and its arguments."""
    parser = flags.add_command(
        subparsers,
        "restore",
        run,
        __doc__,
        codes={
            3: "the file is damaged, or no backup",
            4: "the weights in it do not read, or others have their names",
            7: "something cannot be written",
        },
    )
    parser.add_argument("file", metavar="FILE", help='the backup; "-" for standard input')
    flags.add_settings(parser)


def run(args: argparse.Namespace) -> int:
    """Put it back; OK."""
    from pi import config
    from pi.backup import restoring

    backup = _backup(args.file)
    path = config.machine_file()
    contents = {} if backup.settings is None else {path: backup.settings}
    settings = flags.load_settings(args, contents=contents)
    done = restoring.restore(backup, settings, path)
    print(f"{done.added} samples taken in, {done.there} were there already")
    if done.pruned:
        print(
            f"{done.pruned} without a label deleted, the oldest: samples.most, samples.most_mb"
        )
    print(f"{done.nights} nights in the history; weights {done.version} read")
    if done.kept is not None:
        say(f"the settings are those of the backup; those before are in {done.kept}")
    if contents:
        print("the running service takes the settings up by: sudo systemctl reload zerodigit")
    return OK


def _backup(name: str) -> Any:
    from core.errors import DatasetError
    from core.files import named
    from pi.backup import archive

    try:
        with named.open_named(name, archive.LARGEST) as file:
            # One byte more than any that is taken shows that there are too many.
            return archive.unpack(file.read(archive.LARGEST + 1))
    except OSError as error:
        why: object = f"cannot be read ({error.strerror or error})"
    except DatasetError as error:
        why = error
    raise DatasetError(f"{named.shown(name)}: {why}; nothing was changed")
