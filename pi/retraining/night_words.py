"""What a night came to, in one plain sentence: what was learnt, whether it was let in, and what
the owner may do."""

from __future__ import annotations

from typing import Any

from pi.retraining import gate
from pi.samples.store import word

_MOST_CONFUSIONS = 3


def line(night: dict[str, Any]) -> str:
    """The time and the sentence."""
    when = str(night.get("at", ""))[:16].replace("T", " ")
    return f"{when}  {sentence(night)}" if when else sentence(night)


def sentence(night: dict[str, Any]) -> str:
    """A night of the history, or what :func:`pi.retraining.nightly.run` gave."""
    outcome, why = str(night["outcome"]), night.get("why") or ""
    if outcome == "promoted":
        version = f" as version {night['version']}" if night.get("version") else ""
        version += ", weights from elsewhere" if night.get("offered") else ""
        parts = [f"let in{version}: {_counted(night, 'it reads') or why}{_confused(night)}"]
        parts.append("`zerodigit weights rollback` takes it back")
        return "; ".join(parts + _suspects(night))
    if outcome == "discarded":
        better = night.get("read_after", 0) > night.get("read_before", 0)
        counted = f"{_counted(night, 'it would read')}, but " if better else ""
        if why == gate.NOTHING_TO_LEARN:
            return f"not let in: {why}; there is nothing to do"
        if night.get("offered"):
            return f"weights from elsewhere, not let in: {counted}{why}"
        advice = _suspects(night) or ["label a few more of what it misreads"]
        return "; ".join([f"not let in: {counted}{why}", *advice])
    parts = [f"{outcome}: {why}" if why else outcome]
    if outcome == "no memory":
        parts.append("it is tried again every half hour")
    if outcome == "nothing new" and night.get("digits") == 0:
        parts.append("label a few: `zerodigit label`")
    return "; ".join(parts)


def _counted(night: dict[str, Any], reads: str) -> str:
    """How many of the labelled digits are read, or, as nights before 0.2.0 counted, are not."""
    if "read_after" in night and "read_before" in night:
        after, before = night["read_after"], night["read_before"]
        return f"{reads} {after} of {night['digits']} labelled digits instead of {before}"
    if "before" not in night:
        return ""
    digits = f"{night['before']} errors in {night['digits']} labelled digits"
    return f"{digits} before, {night['after']} after"


def _confused(night: dict[str, Any]) -> str:
    """What was misread, the most frequent first: `` (it read 7 as 1)``."""
    pairs = [
        f"{word(label)} as {word(taken)}"
        for label, taken, _ in night.get("confused", [])[:_MOST_CONFUSIONS]
    ]
    return f" (it read {', '.join(pairs)})" if pairs else ""


def _suspects(night: dict[str, Any]) -> list[str]:
    count = len(night.get("suspects", []))
    if not count:
        return []
    labels = "1 label" if count == 1 else f"{count} labels"
    return [f"{labels} may be wrong: `zerodigit label --suspects`"]
