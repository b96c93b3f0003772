"""The settings: their schema, defaults and files."""

from pi.config.loader import (
    BUILT_IN,
    FLAG,
    SYSTEM_FILE,
    TEMPLATE,
    Config,
    load,
    parse_flag,
    run_folder,
    system_files,
    to_toml,
)

__all__ = [
    "BUILT_IN",
    "FLAG",
    "SYSTEM_FILE",
    "TEMPLATE",
    "Config",
    "load",
    "parse_flag",
    "run_folder",
    "system_files",
    "to_toml",
]
