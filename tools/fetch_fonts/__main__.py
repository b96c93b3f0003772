"""Fetch six handwriting fonts, verify them by SHA-256 and put them where measures find them.

    python -m tools.fetch_fonts                     from their npm packages, needs npm
    python -m tools.fetch_fonts --source FOLDER     from a folder

Their digits stand for hands in ``tools.evaluate owner --instant``. They go to $ZERODIGIT_FONTS,
or else to .fonts in the checkout. All are under the SIL Open Font License 1.1.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path

from tools import command
from tools.fetch_fonts.files import default_folder, fetch_fonts
from tools.fetch_mnist.sources import FetchProgress


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command; its exit code: 3 for a font that cannot be had or does not verify."""
    parser = command.parser("tools.fetch_fonts", __doc__)
    parser.add_argument(
        "--source", default="npm", help="npm (default), or a folder with the fonts"
    )
    parser.add_argument(
        "--to",
        type=Path,
        metavar="FOLDER",
        help="where to put them (default: $ZERODIGIT_FONTS, or .fonts in the checkout)",
    )
    args = parser.parse_args(argv)

    def work() -> None:
        progress = FetchProgress(sys.stderr)
        fetch_fonts(args.to or default_folder(), args.source, progress)

    return command.run("fetch_fonts", work, "interrupted; nothing half-written was left")


if __name__ == "__main__":
    sys.exit(main())
