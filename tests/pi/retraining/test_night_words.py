"""What a night came to, in one sentence."""

from __future__ import annotations

import pytest

from pi.retraining import gate
from pi.retraining.night_words import line, sentence

NIGHT = {
    "at": "2026-11-24T03:10:00+00:00", "outcome": "promoted", "version": "0003",
    "why": gate.PASSED, "digits": 30, "before": 3, "after": 1, "read_before": 27,
    "read_after": 30, "exam_before": 62, "exam_after": 31, "exam_count": 1000,
    "confused": [[7, 1, 2], [4, 11, 1]], "suspects": [],
}  # fmt: skip
REFUSED = NIGHT | {"outcome": "discarded", "version": "", "why": "it would forget: 9 of 1000"}


@pytest.mark.parametrize(
    ("night", "said"),
    [
        (
            NIGHT,
            "let in as version 0003: it reads 30 of 30 labelled digits instead of 27 (it read "
            "7 as 1, 4 as unsure); `zerodigit weights rollback` takes it back",
        ),
        (
            NIGHT | {"suspects": [[5, 7, 1]], "confused": []},
            "let in as version 0003: it reads 30 of 30 labelled digits instead of 27; "
            "`zerodigit weights rollback` takes it back; 1 label may be wrong: "
            "`zerodigit label --suspects`",
        ),
        (
            REFUSED,
            "not let in: it would read 30 of 30 labelled digits instead of 27, but it would "
            "forget: 9 of 1000; label a few more of what it misreads",
        ),
        (
            REFUSED | {"read_after": 27, "suspects": [[5, 7, 1], [6, 7, 1]]},
            "not let in: it would forget: 9 of 1000; 2 labels may be wrong: "
            "`zerodigit label --suspects`",
        ),
        (
            REFUSED | {"why": gate.NOTHING_TO_LEARN, "read_before": 30},
            "not let in: all that has a label is read rightly already; there is nothing to do",
        ),
        (
            {"outcome": "no memory", "why": "1 MB is free"},
            "no memory: 1 MB is free; it is tried again every half hour",
        ),
        (
            {"outcome": "nothing new", "why": "no digit has a label", "digits": 0},
            "nothing new: no digit has a label; label a few: `zerodigit label`",
        ),
        ({"outcome": "nothing new", "why": "mine.npz reads"}, "nothing new: mine.npz reads"),
        ({"outcome": "interrupted", "why": "it goes on"}, "interrupted: it goes on"),
        ({"outcome": "not known"}, "not known"),
    ],
)
def test_in_one_sentence(night, said):
    assert sentence(night) == said


def test_a_night_of_before_is_told_by_what_it_counted():
    old = {name: NIGHT[name] for name in NIGHT if not name.startswith(("read_", "susp"))}
    assert sentence(old).startswith(
        "let in as version 0003: 3 errors in 30 labelled digits before, 1 after (it read 7 as 1"
    )
    assert sentence(old | {"outcome": "discarded"}).startswith("not let in: more is read")


def test_a_line_begins_with_the_time():
    assert line(NIGHT).startswith("2026-11-24 03:10  let in as version 0003: ")
    assert line({"outcome": "interrupted"}) == "interrupted"
