"""What came of each night: a line of JSON each in ``history.jsonl``, the last KEEP of them.

The journal of Raspberry Pi OS is lost at a power cut; this is not.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

from core.errors import StorageError
from core.files.atomic import write_atomically

if TYPE_CHECKING:
    from pi.config import Config

FILE = "history.jsonl"

KEEP = 400
"""Nights that stay in the history: a year of them."""


def path_of(config: Config) -> Path:
    """The history in the folder of the settings."""
    return Path(config.samples.folder) / FILE


def read(path: Path) -> list[dict[str, Any]]:
    """The nights, the oldest first; damaged lines are passed over.

    Raises
    ------
    StorageError : the file is there and cannot be read.
    """
    try:
        lines = path.read_text(encoding="utf-8", errors="replace").splitlines()
    except FileNotFoundError:
        return []
    except OSError as error:
        raise StorageError(f"{path}: cannot be read ({error.strerror})") from error
    nights = []
    for line in lines:
        try:
            night = json.loads(line)
        except ValueError:
            continue
        if isinstance(night, dict) and isinstance(night.get("outcome"), str):
            nights.append(night)
    return nights


def append(path: Path, night: dict[str, Any], keep: int = KEEP) -> None:
    """Add a night; the file is replaced whole, with the last ``keep`` nights.

    Raises
    ------
    StorageError : it cannot be read, or not be written; it stays as it was.
    """
    kept = read(path)
    if kept and night["outcome"] == kept[-1]["outcome"] == "no memory":
        # It is tried again every hour.
        kept.pop()
    kept = [*kept, night][-keep:]
    with write_atomically(path) as file:
        file.write("".join(json.dumps(each, sort_keys=True) + "\n" for each in kept).encode())


def in_words(night: dict[str, Any]) -> str:
    """A night in one line."""
    when = str(night.get("at", ""))[:16].replace("T", " ")
    said = f"{when}  {night['outcome']}" if when else str(night["outcome"])
    if "before" in night:
        said += f": {night['digits']} digits, {night['before']} errors before"
        said += f", {night['after']} after"
    if night.get("version"):
        said += f", version {night['version']}"
    if night["outcome"] != "promoted" and night.get("why"):
        said += f" ({night['why']})"
    return said
