from __future__ import annotations

import io

import pytest

from tools.attacks.table import Row, counted, show, skipped


@pytest.mark.parametrize(
    ("found", "tries", "most", "held"),
    [(0, 5, 0, True), (1, 5, 0, False), (2, 5, 2, True), (0, 0, 0, False)],
)
def test_a_count_is_held_up_to_its_goal_and_never_without_a_try(found, tries, most, held):
    row = counted("labels", found, tries, most)
    assert (row.held, row.result) == (held, f"{found} of {tries}")


def test_the_table_says_what_was_missed_and_the_code_too():
    stream = io.StringIO()
    rows = [Row("a", "0", "0 of 5", True), Row("long name", "<= 6 s", "7.1 s", False)]
    assert show(rows, stream) == 1
    assert stream.getvalue() == (
        "measure    goal    result\n"
        "a          0       0 of 5  held\n"
        "long name  <= 6 s  7.1 s   MISSED\n"
    )


def test_what_cannot_be_tried_is_no_failure_and_is_said():
    stream = io.StringIO()
    assert show([skipped("planted", "not root")], stream) == 0
    assert "SKIPPED: not root" in stream.getvalue()
