"""A line a check, and the count of them in the end."""

from __future__ import annotations

import io

from tools.acceptance.report import Report


def told(*calls):
    stream, log = io.StringIO(), io.StringIO()
    report = Report(stream, log)
    for name, *arguments in calls:
        getattr(report, name)(*arguments)
    code = report.close()
    assert stream.getvalue() == log.getvalue()
    return stream.getvalue().splitlines(), code


def test_the_last_line_counts():
    lines, code = told(("ok", "a", 1.0, "good"), ("skip", "b", "no room"), ("ok", "c", 2.4, ""))
    assert lines == ["ok   a (1 s): good", "skip b (0 s): no room", "ok   c (2 s)",
                     "2 passed, 0 failed, 1 skipped"]  # fmt: skip
    assert code == 0


def test_a_failure_is_told_whole_and_in_the_exit_code():
    lines, code = told(("ok", "a", 1.0, ""), ("fail", "b", 3.0, "first\nsecond"))
    assert lines[1:3] == ["FAIL b (3 s): first", "     second"]
    assert lines[-1] == "1 passed, 1 failed, 0 skipped"
    assert code == 1


def test_nothing_checked_is_no_success():
    assert told()[1] == 1
    assert told(("skip", "a", "no room"))[1] == 1
