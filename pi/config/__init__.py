"""The settings: their schema, defaults and files."""

from pi.config.loader import (
    BUILT_IN,
    FLAG,
    FOLDER,
    OWN,
    SYSTEM_FILE,
    Config,
    load,
    machine_file,
    parse_flag,
    run_folder,
    system_files,
)
from pi.config.template import template, to_toml

__all__ = [
    "BUILT_IN", "FLAG", "FOLDER", "OWN", "SYSTEM_FILE", "Config", "load", "machine_file",
    "parse_flag", "run_folder", "system_files", "template", "to_toml",
]  # fmt: skip
