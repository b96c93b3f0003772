"""The owner's settings file: begun once, never overwritten, completed by comments.

What the file says stays as it is to the byte. A setting that a newer version brings is added
at its end, commented out, with what the template says about it.
"""

from __future__ import annotations

import codecs
import os
import re
from collections.abc import Mapping
from pathlib import Path

from core.errors import ConfigError
from core.files import foreign
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

_NEW = "# New settings. To change one, copy its line to its [section] above, without the #:"

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
    """The lines to add to a file that lacks settings of the template; empty if it has all.

    Each missing setting comes with the comment over it, which is that of the first of several.
    """
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
                lines += ["#", f"# [{section}]"]
            added = section
            lines += [*comment, f"# {line}"]
        comment = []
    return "\n".join(["", _NEW, *lines, ""]) if lines else ""


def decoded(data: bytes) -> str:
    """The text of a file as editors save it: Windows' write a byte order mark before UTF-8, or
    UTF-16. Raises ValueError."""
    if data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        raise ValueError("it is in UTF-16; save it as UTF-8")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise ValueError(f"line {line} is not in UTF-8; save it as UTF-8") from None


def complete(path: str | os.PathLike[str], template: str | None = None) -> str:
    """Begin the file, or add the settings it lacks; gives a line that says what was done.

    Raises
    ------
    ConfigError : the file cannot be read.
    StorageError : it cannot be written; it is as it was.
    """
    target = Path(path)
    template = built_in_template() if template is None else template
    try:
        old = foreign.read_bytes(target, LARGEST, follow=True)
        text = decoded(old)
    except FileNotFoundError:
        with write_output(target) as file:
            file.write(beginning(template).encode())
            os.fchmod(file.fileno(), 0o644)
        return f"{target}: begun"
    except OSError as error:
        raise ConfigError(f"{target}: cannot be read ({error.strerror})") from None
    except ValueError as error:
        raise ConfigError(f"{target}: cannot be read ({error})") from None
    more = additions(text, template)
    if not more:
        return f"{target}: mentions every setting, and stays as it is"
    if text and not text.endswith("\n"):
        more = "\n" + more
    with write_output(target) as file:
        file.write(old + more.encode())
    count = len(mentioned(more))
    return f"{target}: {count} new settings added as comments; what you set stays"
