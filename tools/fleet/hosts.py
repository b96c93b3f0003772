"""Names of hosts, from arguments and from a file."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from core.errors import ConfigError
from core.files import foreign

MOST = 200
"""Hosts at most."""

_LONGEST = 200
_LARGEST = 1 << 16


def names(arguments: Iterable[str], file: Path | None = None) -> list[str]:
    """The hosts of the arguments, then those of a file, a line each; each of them once.

    In the file an empty line counts for nothing, nor does what follows a ``#``.

    Raises ConfigError for a file that cannot be read, a name that no host has, none, or too
    many.
    """
    given = [(name, "") for name in arguments]
    if file is not None:
        given += [(name, f"{file}:{line}: ") for line, name in _lines(file)]
    for name, place in given:
        # A name that begins with "-" would be an option to ssh.
        if name.startswith("-") or not name.isprintable() or len(name.split()) != 1:
            shown = foreign.printable(name, 80)
            raise ConfigError(f"{place}'{shown}' is no host, as pi@zero.local is")
        if len(name) > _LONGEST:
            raise ConfigError(f"{place}a host has at most {_LONGEST} characters")
    found = list(dict.fromkeys(name for name, _ in given))
    if not found:
        raise ConfigError("no host: give some, as pi@zero1.local, or --hosts FILE")
    if len(found) > MOST:
        raise ConfigError(f"{len(found)} hosts, and at most {MOST} at a time")
    return found


def _lines(file: Path) -> list[tuple[int, str]]:
    try:
        text = foreign.read_bytes(file, _LARGEST, follow=True).decode()
    except (OSError, UnicodeDecodeError) as error:
        why = getattr(error, "strerror", None) or "it is not UTF-8"
        raise ConfigError(f"{file}: cannot be read ({why})") from None
    cut = (line.partition("#")[0].strip() for line in text.splitlines())
    return [(number, name) for number, name in enumerate(cut, 1) if name]
