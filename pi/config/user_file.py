"""The owner's settings file: begun once, and never touched again.

The settings that a newer version brings are told by ``zerodigit config --new``: those that the
template has, and the file does not mention.
"""

from __future__ import annotations

import codecs
import errno
import os
import re
from collections.abc import Mapping

from core.errors import ConfigError
from core.files import foreign
from core.files.kinds import kind_of
from core.files.output import write_output
from pi.config.template import template as built_in_template

CHOSEN: Mapping[tuple[str, str], str] = {
    ("camera", "type"): '"picamera2"',
    ("display", "type"): '["seven_segment"]',
}
"""The settings that a new file has in force, so that its owner sees where to change them."""

LARGEST = 256_000
"""A larger file, in bytes, is no settings file."""

_HEAD = """\
# The settings of this Raspberry Pi. Everything that is commented out is as it would be anyway;
# take the # away from a line, its section's [name] stays, and change it. After a change:
#
#     sudo systemctl reload zerodigit
#
# `zerodigit config --show` prints what is in force. Times are in seconds, pins are BCM numbers.
"""

# Of a line without blanks in front; with them, a long line of blanks would take for ever.
_SECTION = re.compile(r"#?\s*\[(\w+)\]\s*(#.*)?$")
_KEY = re.compile(r"#?\s*(\w+)\s*=")


def beginning(template: str) -> str:
    """The text of a new file: the template, its settings commented out but for the chosen."""
    lines, section = [_HEAD], ""
    _, _, settings = template.partition("\n[")
    for line in f"[{settings}".splitlines():
        match = _KEY.match(line)
        if line.startswith("["):
            section = line.strip("[] ")
        elif match and not line.startswith("#"):
            value = CHOSEN.get((section, match[1]))
            line = f"# {line}" if value is None else f"{match[1]} = {value}"
        lines.append(line)
    return "\n".join(lines) + "\n"


def mentioned(text: str) -> set[tuple[str, str]]:
    """Section and key of every setting in a file, in force or commented out."""
    found, section = set(), ""
    for line in map(str.strip, text.splitlines()):
        if match := _SECTION.match(line):
            section = match[1]
        elif match := _KEY.match(line):
            found.add((section, match[1]))
    return found


def additions(text: str, template: str) -> str:
    """The settings of the template that a text does not mention, each with the comment over it,
    which is that of the first of several, and commented out; empty if it mentions all."""
    known = mentioned(text)
    lines = list[str]()
    section, added, comment = "", "", list[str]()
    for line in template.splitlines():
        match = _KEY.match(line)
        if line.startswith("#"):
            comment.append(line)
            continue
        if line.startswith("["):
            section = line.strip("[] ")
        elif match and (section, match[1]) not in known:
            if section != added:
                lines += ["", f"[{section}]"]
            added = section
            lines += [*comment, f"# {line}"]
        comment = []
    return "\n".join([*lines[1:], ""]) if lines else ""


def decoded(data: bytes) -> str:
    """The text of a file as editors save it: Windows' write a byte order mark before UTF-8, or
    UTF-16; old ones end lines with CR. Raises ValueError, with what the file is instead."""
    if data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        raise ValueError("it is in UTF-16; save it as UTF-8")
    if b"\0" in data:
        raise ValueError("it has NULs, as UTF-16 without a mark has; save it as UTF-8")
    if not data.startswith(b"[") and (kind := kind_of(data)):
        raise ValueError(f"it is {kind}")
    try:
        return data.decode("utf-8-sig").replace("\r\n", "\n").replace("\r", "\n")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise ValueError(f"line {line} is not in UTF-8; save it as UTF-8") from None


def read(path: str | os.PathLike[str]) -> str:
    """The text of a settings file. Raises OSError and ValueError, with what is wrong."""
    try:
        return decoded(foreign.read_bytes(path, LARGEST, follow=True))
    except foreign.UnfitFileError as error:
        if error.errno != errno.EINVAL:
            raise
        why = "is not a regular file, and settings are read again; save them in one"
        raise foreign.UnfitFileError(errno.EINVAL, why, os.fspath(path)) from None


def new_settings(path: str | os.PathLike[str], template: str | None = None) -> str:
    """The settings of the template that a file does not mention, as :func:`additions` has them.

    Raises ConfigError if the file is not there, or cannot be read.
    """
    template = built_in_template() if template is None else template
    try:
        return additions(read(path), template)
    except (OSError, ValueError) as error:
        why = getattr(error, "strerror", None) or error
        raise ConfigError(f"{os.fspath(path)}: cannot be read ({why})") from error


def begin(path: str | os.PathLike[str], template: str | None = None) -> str:
    """Write the file if it is not there; one that is is not touched. Gives a line that says
    which it was.

    Raises
    ------
    ConfigError : it is there, and cannot be read.
    StorageError : it cannot be written.
    """
    template = built_in_template() if template is None else template
    try:
        new = mentioned(new_settings(path, template))
    except ConfigError as error:
        if not isinstance(error.__cause__, FileNotFoundError):
            raise
        with write_output(path) as file:
            file.write(beginning(template).encode())
            os.fchmod(file.fileno(), 0o644)
        return f"{os.fspath(path)}: begun"
    said = f"{os.fspath(path)}: is yours, and stays as it is"
    return f"{said}; {len(new)} settings are new: zerodigit config --new" if new else said
