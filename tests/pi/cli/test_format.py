"""Samples, nights and readings in words."""

from __future__ import annotations

import numpy as np
import pytest

from core.reading.reader import Reading
from pi.cli.format import night_details, reading_words, sample_line, sample_picture
from pi.samples.store import Sample

NIGHT = {
    "outcome": "discarded", "digits": 12, "before": 4, "after": 1, "exam_before": 3,
    "exam_after": 5, "exam_count": 1000, "confused": [[7, 1, 3], [4, 10, 1], [4, 11, 1]],
}  # fmt: skip


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({}, "read 7 (0.50)"),
        ({"label": 7, "origin": "right"}, "read 7 (0.50), right  [right]"),
        ({"label": 10, "origin": "label"}, "read 7 (0.50), is no digit  [label]"),
    ],
)
def test_a_sample_is_a_line(given, said):
    line = sample_line(Sample(bytes(784), 7, 0.5, time=1e9, id=3, **given))
    assert line.split("?  ")[1] == said
    assert line.split()[:2] == ["3", "2001-09-09"]


def test_a_time_that_no_calendar_has_is_shown_as_unknown():
    line = sample_line(Sample(bytes(784), 7, 0.5, time=1764380000000.0, trusted=True))
    assert line.split() == ["0", "?", "read", "7", "(0.50)"]


def test_a_sample_is_a_picture_of_fourteen_lines():
    lines = sample_picture(Sample(bytes(392) + b"\xff" * 392), blocks=False)
    assert [len(each) for each in lines] == [28] * 14
    assert lines[0] != lines[-1]


def test_details_of_a_night():
    assert night_details(NIGHT) == [
        "the owner's digits: 4 of 12 not read before, 1 after, each by weights that had not "
        "seen it",
        "not to be forgotten: 3 of 1000 not read before, 5 after",
        "before: 7 read as 1 3x, 4 read as no digit 1x, 4 read as unsure 1x",
    ]
    assert night_details(NIGHT | {"suspects": [[5, 7, 1], [9, 10, 2]]})[-1] == (
        "labels that may be wrong: sample 5, labelled 7, is read as 1; "
        "sample 9, labelled no digit, is read as 2"
    )
    assert night_details({"outcome": "no memory"}) == []
    # Weights from elsewhere may have been taught them.
    assert "seen" not in night_details(NIGHT | {"offered": True})[0]


@pytest.mark.parametrize(
    ("digit", "probabilities", "said"),
    [
        (7, {7: 0.98}, "7 (0.98)"),
        (None, {4: 0.43, 9: 0.38}, "unsure, perhaps 4 (0.43) or 9 (0.38)"),
        (None, {4: 0.43, 9: 0.08}, "unsure, perhaps 4 (0.43)"),
    ],
)
def test_readings(digit, probabilities, said):
    outputs = np.zeros(11, np.float32)
    for number, value in probabilities.items():
        outputs[number] = value
    guess = int(outputs.argmax())
    assert reading_words(Reading(digit, float(outputs.max()), guess, outputs, None, [])) == said
