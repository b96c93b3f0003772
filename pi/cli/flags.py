"""Flags of commands that go by the settings: ``--config FILE``, ``--set KEY=VALUE``."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pi.config import Config


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
