"""The template: every setting with its default and what it means, as ``zerodigit config
--template`` prints it.

It is ``default.toml``, and in it, for a line that begins with ``# from``, the settings of what
is wired.
"""

from __future__ import annotations

import dataclasses
import textwrap
from pathlib import Path
from typing import Any

from pi.config import schema

DEFAULTS = Path(__file__).with_name("default.toml")

_WIDTH = 96


def template() -> str:
    """The text of the template."""
    text = DEFAULTS.read_text(encoding="utf-8")
    for name in schema.WIRED:
        begin = text.index(f"[{name}]\n# from ")
        end = text.index("\n\n", begin) + 1
        text = text[:begin] + section(name, schema.sections()[name]) + text[end:]
    return text


def section(name: str, kind: Any) -> str:
    """A section of the template, from the fields of its settings."""
    lines = [f"[{name}]"]
    for each in dataclasses.fields(kind):
        if explained := each.metadata["help"]:
            wrapped = textwrap.wrap(explained, _WIDTH - len("# "), break_on_hyphens=False)
            lines += ["", *(f"# {line}" for line in wrapped)]
        lines.append(f"{each.name} = {to_toml(each.default)}")
    del lines[1]
    return "\n".join(lines) + "\n"


def to_toml(value: Any) -> str:
    """A value as it would be written in a file."""
    if value is None:
        return f'"{schema.NONE}"'
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, str):
        return '"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"'
    if isinstance(value, list | tuple):
        return f"[{', '.join(map(to_toml, value))}]"
    return str(value)
