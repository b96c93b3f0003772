"""The table at the end: a line for each host."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from tools.fleet.classroom import outcome

_HEADING = ("host", "digits", "before", "after", "weights")
_WIDEST = 40


def table(
    hosts: Sequence[str],
    collected: Mapping[str, int],
    errors: Mapping[str, Sequence[int]],
    decided: Mapping[str, Mapping[str, Any]],
    failed: Mapping[str, str],
) -> Iterator[str]:
    """The lines: of each host its labelled digits, how many of them are read wrongly before and
    after the night, each by weights that have not seen it, and what it decided."""
    rows = [_HEADING]
    for host in hosts:
        before, after = errors.get(host, ("-", "-"))
        said = failed.get(host) or (outcome(dict(decided[host])) if host in decided else "-")
        rows.append((host, str(collected.get(host, "-")), str(before), str(after), said))
    width = min(_WIDEST, max(len(row[0]) for row in rows))
    for host, count, before, after, said in rows:
        yield f"{host:{width}}  {count:>6}  {before:>6}  {after:>5}  {said}"
