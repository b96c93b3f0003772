"""The rule by which a night's result is let in."""

from __future__ import annotations

import pytest

from pi.retraining import gate
from pi.retraining.cross_validation import Blend, FineTuneResult, Predictions
from pi.samples.store import Sample

BEFORE = Predictions((1, 1, 1), errors=5, missed=9, count=50)


def blend(cross_validated, owner, errors, missed=0):
    return Blend(0.7, cross_validated, Predictions(owner, errors, missed, 50), None)


def samples(confirmed=()):
    """Three digits that are read as 1: a 1 where somebody confirmed it, or else a 2."""
    return [
        Sample(bytes(784), 1, label=1 if number in confirmed else 2, id=number + 1)
        for number in range(3)
    ]


@pytest.mark.parametrize(
    ("blends", "confirmed", "accepted", "why"),
    [
        ([blend((2, 1, 1), (2, 2, 2), 5)], (), 0, "all is better"),
        ([blend((2, 1, 1), (2, 2, 2), 6)], (), None, "would forget: 6 errors of 50"),
        ([blend((1, 1, 1), (2, 2, 2), 4)], (), None, "3 errors before, 3 after"),
        ([blend((2, 2, 2), (2, 2, 2), 9), blend((2, 1, 1), (2, 2, 2), 5)], (), 1, ""),
        ([blend((7, 2, 2), (1, 2, 2), 5)], (0,), None, "called right: sample 1, 1"),
        ([blend((1, 2, 2), (7, 2, 2), 5)], (0,), None, "called right: sample 1, 1"),
        ([blend((1, 2, 2), (1, 2, 2), 5)], (0,), 0, ""),
        ([blend((2, 1, 1), (2, 2, 2), 3, 10)], (), None, "less sure: 10 of 50"),
        ([blend((2, 1, 1), (2, 2, 2), 3, 9)], (), 0, "all is better"),
    ],
)
def test_the_gate(blends, confirmed, accepted, why):
    result = FineTuneResult(BEFORE, tuple(blends), None, 0.8)
    decision = gate.decide(result, samples(confirmed))
    assert decision.accepted is (None if accepted is None else blends[accepted])
    assert decision.judged is blends[accepted or 0]
    assert why in decision.why


def test_without_an_error_there_is_nothing_to_let_in():
    decision = gate.decide(FineTuneResult(BEFORE, (), None, 0.8), samples())
    assert (decision.accepted, decision.judged) == (None, None)
    assert decision.why == "all that has a label is read rightly already"


@pytest.mark.parametrize(
    ("count", "lost", "passes"), [(40, 2, True), (40, 3, False), (3, 1, True)]
)
def test_rounding_may_cost_a_twentieth_or_one(count, lost, passes):
    digits = [Sample(bytes(784), 1, label=2, id=number + 1) for number in range(count)]
    before = Predictions((1,) * count, 0, 0, 10)
    after = Predictions((3,) * lost + (2,) * (count - lost), 0, 0, 10)
    said = gate.complaint(before, after, (2,) * count, digits, in_float=(2,) * count)
    expected = f"it has only {count - lost} of {count} digits right, and {count} before"
    assert said.startswith("" if passes else expected)
    assert bool(said) is not passes


def test_confusions_are_counted():
    labelled = [Sample(bytes(784), label=label) for label in (1, 1, 1, 4)]
    assert gate.confusions((7, 7, 1, 9), labelled) == [(1, 7, 2), (4, 9, 1)]
