"""What a check of the doctor finds, and how it is printed."""

from __future__ import annotations

from dataclasses import dataclass

OK, WARN, FAIL = "ok", "warn", "fail"


@dataclass(frozen=True)
class Finding:
    """``name`` of what was checked, its level, what was found, and a remedy if need be."""

    name: str
    level: str
    said: str
    remedy: str = ""


def in_one_line(error: BaseException) -> str:
    """The kind and the text of an error, without the line breaks that a library may put in."""
    return " ".join(f"{type(error).__name__}: {error}".split())


def in_words(finding: Finding) -> list[str]:
    """One line, and one with the remedy if there is something to do."""
    lines = [f"{finding.level:4}  {finding.name:12} {finding.said}"]
    return lines + ([f"      {'':12} -> {finding.remedy}"] if finding.remedy else [])


def summary(findings: list[Finding]) -> str:
    """``14 ok, 2 warn, 0 fail``."""
    levels = [each.level for each in findings]
    return ", ".join(f"{levels.count(level)} {level}" for level in (OK, WARN, FAIL))
