"""The doubt to call a digit with, worked out by hand."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pytest

from core.reading.reader import Reading
from tools.evaluate.measures import threshold
from tools.evaluate.measures.threshold import NEVER, best, doubt

READER = SimpleNamespace(threshold=0.5)


def shares(nothing):
    """Probabilities of a 7, and of NO_DIGIT the rest."""
    values = np.zeros(11, np.float32)
    values[7], values[10] = 1 - nothing, nothing
    return values


def test_the_doubt_of_a_reading_is_how_likely_nothing_is():
    assert doubt(Reading(7, 0.7, 7, shares(0.25)), READER) == 0.25
    # A network without the eleventh class never doubts.
    assert doubt(Reading(7, 0.7, 7, shares(0.25)[:10]), READER) == 0


@pytest.mark.parametrize("reading", [Reading(), Reading(None, 0.4, 7, shares(0.1))])
def test_what_no_doubt_calls_a_digit(reading):
    assert doubt(reading, READER) == NEVER


def test_the_best_doubt_is_the_middle_of_those_that_make_the_fewest_mistakes():
    # Digits up to 0.1, nothing from 0.3 on: from 0.1 to 0.275 there is no mistake.
    assert best(np.array([0.05, 0.09]), np.array([0.3, 0.4])) == pytest.approx(0.2)
    # A digit that is never called rightly counts for all doubts alike.
    assert best(np.array([0.05, 0.09, NEVER]), np.array([0.3, 0.4])) == pytest.approx(0.2)


def test_each_source_is_judged_by_the_doubt_of_the_others(
    evaluate, reader, folder, monkeypatch
):
    path = folder(*((grey, "7", "photo_single", name, "") for grey, name in (
        (5, "ada"), (5, "ada"), (30, "bo"), (30, "bo"),
    )))  # fmt: skip
    drawn = [("empty", "", np.full((9, 9), grey, np.uint8)) for grey in (28, 33, 40, 45)]
    monkeypatch.setattr(threshold, "generated", lambda count: iter(drawn))
    reader.threshold = 0.5
    reader.read = lambda frame: Reading(7, 0.9, 7, shares(frame[0, 0] / 100))
    code, out, err = evaluate("threshold", path)
    assert (code, err) == (0, "")
    assert len(out) == 1 + len(threshold.STEPS) + 2 + 1
    # By ada's doubt, far below 0.28, nobody calls bo's digits; by bo's, ada's are called.
    assert out[-3].split()[1:] == ["2", "of", "2", "ada"]
    assert out[-2].split()[1:] == ["0", "of", "2", "bo"]
    assert out[-1].endswith("(n=4, left out=0.5000)")
