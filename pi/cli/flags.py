"""What several commands take: ``--config FILE``, ``--set KEY=VALUE``, a sample's number."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pi.config import Config


# The largest that SQLite counts to.
_LARGEST_ID = 2**63 - 1


def add_settings(parser: argparse.ArgumentParser) -> None:
    """Let the command take them."""
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


def load_settings(args: argparse.Namespace) -> Config:
    """The settings in force. Raises ConfigError."""
    from pathlib import Path

    from pi import config

    paths = config.system_files()
    if args.config is not None:
        paths.append(Path(args.config))
    return config.load(paths, dict(map(config.parse_flag, args.set)))


def sample_id(text: str) -> int:
    """The number of a sample, for argparse. Raises ArgumentTypeError."""
    if not (text.isdecimal() and len(text) < 20 and 1 <= int(text) <= _LARGEST_ID):
        raise argparse.ArgumentTypeError(
            f"the number of a sample is 1 or more, as in the list, not {text!r}"
        )
    return int(text)
