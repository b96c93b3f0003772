"""The table at the end."""

from __future__ import annotations

from tools.fleet import report


def test_a_line_for_each_host():
    lines = report.table(
        ["pi@one", "two"],
        {"pi@one": 30},
        {"pi@one": (3, 1)},
        {"pi@one": {"outcome": "promoted", "version": "0001"}},
        {"two": "not reached: no route"},
    )
    assert list(lines) == [
        "host    digits  before  after  weights",
        "pi@one      30       3      1  let in as 0001",
        "two          -       -      -  not reached: no route",
    ]
