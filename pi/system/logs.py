"""Log lines for journald: levels as prefixes, fields as a tail, no time of our own.

Under systemd stderr leads to the journal, which knows the time and the unit; there a line
begins with ``<6>``, its level (sd-daemon(3)). Anywhere else lines are plain. Where apt's
python3-systemd is there, fields go to the journal as fields: ``journalctl DIGIT=7``.
"""

from __future__ import annotations

import logging
import os
import sys
from collections import deque
from collections.abc import Callable, Mapping
from importlib import import_module
from typing import Any, TextIO

from core.files.foreign import escaped

_log = logging.getLogger("zerodigit")

IDENTIFIER = "zerodigit"

# syslog(3)
_PRIORITIES = (
    (logging.CRITICAL, 2),
    (logging.ERROR, 3),
    (logging.WARNING, 4),
    (logging.INFO, 6),
    (logging.DEBUG, 7),
)


def set_up(
    level: str = "info",
    *,
    stream: TextIO | None = None,
    environ: Mapping[str, str] = os.environ,
) -> None:
    """Send every log line of the process to the journal, or to ``stream``, stderr by default.

    May be called again, with another stream.
    """
    stream = sys.stderr if stream is None else stream
    under_systemd = leads_to_journal(stream, environ)
    handler = _journal_handler() if under_systemd else None
    if handler is None:
        handler = logging.StreamHandler(stream)
        handler.setFormatter(LineFormatter(prefixes=under_systemd))
    root = logging.getLogger()
    for old in root.handlers[:]:
        if getattr(old, "of_zerodigit", False):
            root.removeHandler(old)
    handler.of_zerodigit = True  # type: ignore[attr-defined]
    root.addHandler(handler)
    set_level(level)


def set_level(level: str) -> None:
    """``"debug"``, ``"info"``, ``"warning"`` or ``"error"``, from now on."""
    root = logging.getLogger()
    root.setLevel(level.upper())
    # It tells every chunk of every picture.
    logging.getLogger("PIL").setLevel(max(logging.INFO, root.level))


def leads_to_journal(stream: TextIO, environ: Mapping[str, str] = os.environ) -> bool:
    """Whether the stream is the one that ``$JOURNAL_STREAM`` means (systemd.exec(5))."""
    try:
        status = os.fstat(stream.fileno())
    except (OSError, ValueError, AttributeError):
        return False
    return environ.get("JOURNAL_STREAM") == f"{status.st_dev}:{status.st_ino}"


def say(message: str, level: int = logging.INFO, **fields: str | float | None) -> None:
    """Log a message with fields; those that are None are left out.

    >>> logging.basicConfig(format="%(message)s")  # doctest: +SKIP
    >>> say("shown", digit=7, ms=41)  # doctest: +SKIP
    shown digit=7 ms=41
    """
    known = {name: _text(value) for name, value in fields.items() if value is not None}
    _log.log(level, "%s", message, extra={"fields": known})


class LineFormatter(logging.Formatter):
    """``shown digit=7 ms=41``; with ``prefixes`` each line begins with its level, ``<6>``."""

    def __init__(self, *, prefixes: bool = False) -> None:
        super().__init__()
        self._prefixes = prefixes

    def format(self, record: logging.LogRecord) -> str:
        """One line, or one for each line of a traceback; what steers a terminal is escaped."""
        text = escaped(super().format(record), keep="\n")
        fields: Mapping[str, str] = getattr(record, "fields", {})
        if fields:
            first, newline, rest = text.partition("\n")
            tail = " ".join(f"{name}={_quoted(value)}" for name, value in fields.items())
            text = f"{first} {escaped(tail)}{newline}{rest}".lstrip()
        if not self._prefixes:
            return text
        prefix = f"<{priority(record.levelno)}>"
        return "\n".join(prefix + line for line in text.splitlines())

    def formatMessage(self, record: logging.LogRecord) -> str:
        """The message in one line: another would look like a message of its own."""
        return escaped(super().formatMessage(record))


class JournalHandler(logging.Handler):
    """Sends records to the journal with their fields, by python3-systemd's ``journal.send``.

    Theirs takes fields only from the record, under capital names.
    """

    def __init__(self, send: Callable[..., Any]) -> None:
        super().__init__()
        self._send = send
        self.setFormatter(LineFormatter())

    def emit(self, record: logging.LogRecord) -> None:
        """Send it."""
        try:
            fields: Mapping[str, str] = getattr(record, "fields", {})
            self._send(
                self.format(record),
                **{name.upper(): escaped(value) for name, value in fields.items()},
                PRIORITY=str(priority(record.levelno)),
                SYSLOG_IDENTIFIER=IDENTIFIER,
                LOGGER=record.name,
                CODE_FILE=record.pathname,
                # A number: python3-systemd formats it itself, and nothing else.
                CODE_LINE=record.lineno,
                CODE_FUNC=record.funcName,
            )
        except Exception:
            self.handleError(record)


class RateLimiter:
    """Limit of log lines a minute and an hour; the next line says how many were left out.

    Parameters
    ----------
    write : takes a message and its fields.
    a_minute, an_hour : how many; may be changed.
    """

    def __init__(self, write: Callable[..., None], a_minute: int, an_hour: int) -> None:
        self._write = write
        self._times: deque[float] = deque()
        self.a_minute = a_minute
        self.an_hour = an_hour
        self.left_out = 0

    def line(self, time: float, message: str, **fields: str | float | None) -> None:
        """Write the line, at ``time`` (s), or count it."""
        while self._times and time - self._times[0] >= 3600:
            self._times.popleft()
        if self._enough(60, self.a_minute, time) or self._enough(3600, self.an_hour, time):
            self.left_out += 1
            return
        self._times.append(time)
        self._write(message, **fields, left_out=self.take_count())

    def _enough(self, seconds: float, most: int, now: float) -> bool:
        """Whether there were as many lines as may be in the ``seconds`` before ``now``."""
        if len(self._times) < most:
            return False
        return most == 0 or now - self._times[-most] < seconds

    def take_count(self) -> int | None:
        """How many were left out since the last call; None if none."""
        count, self.left_out = self.left_out, 0
        return count or None


def priority(level: int) -> int:
    """The syslog priority of a logging level."""
    return next((number for least, number in _PRIORITIES if level >= least), 7)


def _journal_handler() -> logging.Handler | None:
    try:
        send = import_module("systemd.journal").send
    except (ImportError, AttributeError):
        return None
    return JournalHandler(send)


def _text(value: str | float) -> str:
    if isinstance(value, float):
        return f"{value:.2f}" if abs(value) < 10 else f"{value:.0f}"
    return str(value)


def _quoted(value: str) -> str:
    """As it is, or in quotes where it would not end at the next space."""
    if value and not any(character in value for character in ' "=\n'):
        return value
    escaped = value.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
    return f'"{escaped}"'
