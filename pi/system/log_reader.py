"""Lines of the log read back from the journal or a file, filtered, and told in words.

The lines are those of :mod:`pi.system.logs`: a message, and a tail of ``name=value``.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import IO, Any

LONGEST = 1 << 16
"""A line of more characters is cut: none of ours is nearly as long."""

_FIELD = re.compile(r' ?\b([a-z_]+)=("[^"\\]*(?:\\.[^"\\]*)*"|[^\s"=]*)')
_PREFIX = re.compile(r"<(\d)>")


@dataclass(frozen=True)
class Line:
    """A line of the log.

    Attributes
    ----------
    text : message and tail.
    priority : as syslog(3) numbers them; 6 is a plain one.
    at : when; None where a file does not tell.
    source : who wrote it, empty for ourselves.
    """

    text: str
    priority: int = 6
    at: datetime | None = None
    source: str = ""

    @property
    def message(self) -> str:
        """The text without its tail."""
        return self._parts()[0]

    @property
    def fields(self) -> dict[str, str]:
        """The tail, by name."""
        return self._parts()[1]

    def _parts(self) -> tuple[str, dict[str, str]]:
        """The message, and the fields that go on to the end; found in one pass."""
        if "=" not in self.text:
            return self.text.rstrip(), {}
        start, end = 0, -1
        found: list[tuple[str, str]] = []
        for match in _FIELD.finditer(self.text):
            if match.start() != end:
                start, found = match.start(), []
            found.append((match[1], match[2]))
            end = match.end()
        if end != len(self.text):
            return self.text.rstrip(), {}
        return self.text[:start].rstrip(), {name: _unquoted(value) for name, value in found}

    def in_words(self) -> str:
        """For people: the time, a mark if it is grave, and what it says."""
        mark = {3: "error: ", 4: "warning: "}.get(max(3, self.priority), "")
        when = "" if self.at is None else f"{self.at:%Y-%m-%d %H:%M:%S}  "
        who = f"{self.source}: " if self.source else ""
        message, fields = self._parts()
        left_out = fields.pop("left_out", "")
        more = f" ({left_out} such lines left out before)" if left_out else ""
        return harmless(f"{when}{who}{mark}{_words(message, fields)}{more}")

    def to_json(self) -> str:
        """One object, with the names that journalctl has."""
        known = {"MESSAGE": self.message, "PRIORITY": str(self.priority)}
        return json.dumps(known | {name.upper(): text for name, text in self.fields.items()})


@dataclass(frozen=True)
class Filter:
    """Which lines are wanted.

    Attributes
    ----------
    priority : lines of that or a lower, graver one; None for all.
    beginnings : of their messages; none for all.
    digit : the digit that they are about; None for all.
    """

    priority: int | None = None
    beginnings: tuple[str, ...] = ()
    digit: int | None = None

    @property
    def pattern(self) -> str:
        """Regular expression for the text of a wanted line, of Python and of journalctl."""
        start = f"^(?:{'|'.join(map(re.escape, self.beginnings))})" if self.beginnings else ""
        return start + ("" if self.digit is None else rf".*\bdigit={self.digit}\b")

    def takes(self, line: Line) -> bool:
        """Whether the line is wanted."""
        if self.priority is not None and line.priority > self.priority:
            return False
        if self.beginnings and not line.text.startswith(self.beginnings):
            return False
        return self.digit is None or bool(re.search(rf"\bdigit={self.digit}\b", line.text))


def lines(file: IO[str]) -> Iterator[str]:
    """The lines of a file or a pipe, those above `LONGEST` cut; never more of it in memory."""
    while text := file.readline(LONGEST):
        if len(text) == LONGEST and not text.endswith("\n"):
            text += " ..."
            while (rest := file.readline(LONGEST)) and not rest.endswith("\n"):
                pass
        yield text


def harmless(text: str) -> str:
    """The text without what steers a terminal: each such character is replaced."""
    if text.isprintable():
        return text
    return "".join(each if each.isprintable() else "\N{REPLACEMENT CHARACTER}" for each in text)


def from_text(text: str) -> Line:
    """A line of a file, with or without its level in front."""
    prefix = _PREFIX.match(text)
    text = text.rstrip("\n")
    return Line(text[prefix.end() :], int(prefix[1])) if prefix else Line(text)


def from_journal(text: str) -> Line:
    """A line of ``journalctl --output json``; of one that is no JSON, the text."""
    try:
        entry = json.loads(text)
        at = datetime.fromtimestamp(int(entry["__REALTIME_TIMESTAMP"]) / 1e6)
    except (ValueError, KeyError, TypeError, OverflowError, OSError, RecursionError):
        return from_text(text)
    names = ("MESSAGE", "PRIORITY", "SYSLOG_IDENTIFIER")
    message, priority, source = (_text(entry.get(name)) for name in names)
    return Line(
        message,
        int(priority) if re.fullmatch("[0-7]", priority) else 6,
        at,
        "" if source == "zerodigit" else source,
    )


def _text(value: Any) -> str:
    """The journal gives bytes that are no text as a list of numbers, long ones as null."""
    if isinstance(value, list):
        return bytes(each & 255 for each in value if isinstance(each, int)).decode(
            "utf-8", "replace"
        )
    return value if isinstance(value, str) else ""


def _unquoted(value: str) -> str:
    if not value.startswith('"'):
        return value
    return re.sub(r"\\(.)", lambda m: "\n" if m[1] == "n" else m[1], value[1:-1])


def _words(message: str, fields: dict[str, str]) -> str:
    units = (("ms", "ms"), ("frames", "frames"))
    took = ", ".join(f"{fields[name]} {unit}" for name, unit in units if name in fields)
    if message == "shown" and "digit" in fields:
        by = f", as sample {fields['as_sample']}" if "as_sample" in fields else ""
        return f"shows {fields['digit']} ({fields.get('confidence', '?')}), {took}{by}"
    if message == "dark":
        return f"dark after {fields['digit']}" if "digit" in fields else "dark"
    if message == "unsure":
        guesses = fields.get("guesses", "").replace(",", " or ")
        return f"unsure{': ' if guesses else ''}{guesses}, {took}"
    rest = ", ".join(f"{name.replace('_', ' ')} {value}" for name, value in fields.items())
    return f"{message} ({rest})" if rest else message
