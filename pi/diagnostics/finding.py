"""What a check of the doctor finds."""

from __future__ import annotations

from dataclasses import dataclass

OK, WARN, FAIL = "ok", "warn", "fail"


@dataclass(frozen=True)
class Finding:
    """One line: ``name`` of what was looked at, how it is, and what to do if it is not well."""

    name: str
    level: str
    said: str
    remedy: str = ""
