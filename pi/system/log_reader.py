"""The lines of the log, read back: from the journal or a file, told in words, filtered.

What :mod:`pi.system.logs` writes: a message, and a tail of ``name=value``.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

KINDS: Mapping[str, tuple[str, ...]] = {
    "shown": ("shown",),
    "dark": ("dark",),
    "unsure": ("unsure",),
    "pressed": ("pressed",),
    "camera": ("no frames", "the camera", "camera "),
    "weights": ("reading with", "no new weights"),
    "night": ("night:",),
    "heartbeat": ("heartbeat", "started", "stopped", "reloaded"),
}
"""What can be asked for, and how messages of that kind begin."""

LEVELS: Mapping[str, int] = {"error": 3, "warning": 4, "info": 6, "debug": 7}
"""By name, as syslog(3) numbers them: a line of a lower number is graver."""

_VALUE = r'"(?:[^"\\]|\\.)*"|[^\s"=]*'
_TAIL = re.compile(rf"(?: ?\b[a-z_]+=(?:{_VALUE}))+$")
_FIELD = re.compile(rf"\b([a-z_]+)=({_VALUE})")
_PREFIX = re.compile(r"<(\d)>")


@dataclass(frozen=True)
class Line:
    """A line of the log.

    Attributes
    ----------
    message, fields : what it says, and the tail by name.
    priority : as syslog's, 6 is a plain one.
    at : when, None where a file does not tell.
    source : who said it, empty for ourselves.
    """

    message: str
    fields: dict[str, str] = field(default_factory=dict)
    priority: int = 6
    at: datetime | None = None
    source: str = ""

    def in_words(self) -> str:
        """For people: the time, a mark if it is grave, and what it says."""
        mark = {3: "error: ", 4: "warning: "}.get(max(3, self.priority), "")
        when = "" if self.at is None else f"{self.at:%Y-%m-%d %H:%M:%S}  "
        who = f"{self.source}: " if self.source else ""
        return f"{when}{who}{mark}{_words(self.message, dict(self.fields))}"

    def to_json(self) -> str:
        """One object, with the names that journalctl has."""
        known = {"MESSAGE": self.message, "PRIORITY": str(self.priority)}
        return json.dumps(known | {name.upper(): text for name, text in self.fields.items()})


@dataclass(frozen=True)
class Filter:
    """Which lines are wanted; None wants all."""

    level: str | None = None
    kinds: tuple[str, ...] = ()
    digit: int | None = None

    def takes(self, line: Line) -> bool:
        """Whether the line is wanted."""
        if self.level is not None and line.priority > LEVELS[self.level]:
            return False
        if self.digit is not None and line.fields.get("digit") != str(self.digit):
            return False
        beginnings = tuple(each for kind in self.kinds for each in KINDS[kind])
        return not beginnings or line.message.startswith(beginnings)

    def for_journalctl(self) -> list[str]:
        """The same as arguments, so that only what is wanted leaves the journal."""
        arguments = [] if self.level is None else ["--priority", str(LEVELS[self.level])]
        pattern = ""
        if self.kinds:
            beginnings = [re.escape(each) for kind in self.kinds for each in KINDS[kind]]
            pattern = rf"^(?:{'|'.join(beginnings)})"
        if self.digit is not None:
            pattern += rf".*\bdigit={self.digit}\b"
        return [*arguments, *(["--grep", pattern, "--case-sensitive"] if pattern else [])]


def from_text(text: str) -> Line:
    """A line of a file, with or without its level in front."""
    priority = 6
    if match := _PREFIX.match(text):
        priority, text = int(match[1]), text[match.end() :]
    message, fields = _split(text.rstrip("\n"))
    return Line(message, fields, priority)


def from_journal(text: str) -> Line:
    """A line of ``journalctl --output json``; of one that is no JSON, the text."""
    try:
        entry = json.loads(text)
        at = datetime.fromtimestamp(int(entry["__REALTIME_TIMESTAMP"]) / 1e6)
    except (ValueError, KeyError, TypeError, OverflowError):
        return from_text(text)
    message, fields = _split(_text(entry.get("MESSAGE")))
    source = _text(entry.get("SYSLOG_IDENTIFIER"))
    priority = _text(entry.get("PRIORITY"))
    return Line(
        message,
        fields,
        int(priority) if priority.isdecimal() else 6,
        at,
        "" if source == "zerodigit" else source,
    )


def _text(value: Any) -> str:
    """The journal gives bytes that are no text as a list of numbers, long ones as null."""
    if isinstance(value, list):
        return bytes(each for each in value if isinstance(each, int)).decode("utf-8", "replace")
    return value if isinstance(value, str) else ""


def _split(text: str) -> tuple[str, dict[str, str]]:
    match = _TAIL.search(text)
    if match is None:
        return text, {}
    fields = {name: _unquoted(value) for name, value in _FIELD.findall(match[0])}
    return text[: match.start()].rstrip(), fields


def _unquoted(value: str) -> str:
    if not value.startswith('"'):
        return value
    return re.sub(r"\\(.)", lambda m: "\n" if m[1] == "n" else m[1], value[1:-1])


def _words(message: str, fields: dict[str, str]) -> str:
    left_out = fields.pop("left_out", "")
    said = _said(message, fields)
    return f"{said} ({left_out} such lines left out before)" if left_out else said


def _said(message: str, fields: dict[str, str]) -> str:
    took = ", ".join(
        f"{fields[name]} {unit}" for name, unit in (("ms", "ms"), ("frames", "frames"))
        if name in fields
    )  # fmt: skip
    if message == "shown" and "digit" in fields:
        return f"shows {fields['digit']} ({fields.get('confidence', '?')}), {took}"
    if message == "dark":
        return f"dark after {fields['digit']}" if "digit" in fields else "dark"
    if message == "unsure":
        guesses = fields.get("guesses", "").replace(",", " or ")
        return f"unsure{': ' if guesses else ''}{guesses}, {took}"
    rest = ", ".join(f"{name.replace('_', ' ')} {value}" for name, value in fields.items())
    return f"{message} ({rest})" if rest else message
