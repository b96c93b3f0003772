"""The rule by which a night's result is let in."""

from __future__ import annotations

import math
import re

import numpy as np
import pytest

from core.errors import ModelFormatError
from pi.retraining import gate
from pi.retraining.cross_validation import UNSURE, Blend, FineTuneResult
from pi.retraining.features import ReplaySet
from pi.retraining.gate import Predictions
from pi.samples.store import Sample

HELD_OUT = 1000
LABELS = np.arange(HELD_OUT, dtype=np.uint8) % 10
REPLAY = ReplaySet(np.empty((0, 28, 28), np.uint8), np.empty((0, 28, 28), np.uint8), LABELS)


def held_out(lost=0, first=0):
    """All read but so many, from a position on."""
    found = LABELS.tolist()
    found[first : first + lost] = [UNSURE] * lost
    return tuple(found)


def samples(confirmed=()):
    """Three digits that are read as 1: a 1 where somebody confirmed it, or else a 2."""
    return [
        Sample(bytes(784), 1, label=1 if number in confirmed else 2, id=number + 1)
        for number in range(3)
    ]


def decide(*blends, confirmed=(), before=(1, 1, 1), held_out_before=None, came_with=None):
    """The decision about blends, which of them is let in, and the shares that were tried.

    Each is what was cross-validated, what its file reads of the owner's digits, and what of
    those held out; a text is why it cannot be read back.
    """
    made = [Blend(0.7 - 0.1 * number, each[0], None) for number, each in enumerate(blends)]
    files = dict(zip([each.share for each in made], blends, strict=True))
    tried = []

    def read_back(blend):
        tried.append(blend.share)
        _, owner, kept = files[blend.share]
        if isinstance(owner, str):
            raise ModelFormatError(owner)
        return b"file %d" % len(tried), Predictions(owner, owner, kept)

    result = FineTuneResult(before, tuple(made), REPLAY, 0.8)
    known = held_out() if held_out_before is None else held_out_before
    now = Predictions(before, before, known)
    shipped = Predictions(before, before, known if came_with is None else came_with)
    found = gate.decide(result, samples(confirmed), now, shipped, read_back)
    return found, (None if found.accepted is None else made.index(found.accepted)), tried


@pytest.mark.parametrize(
    ("blends", "confirmed", "accepted", "why"),
    [
        ([((2, 1, 1), (2, 2, 2), held_out())], (), 0, gate.PASSED),
        # Nothing is won where the file was trained on it.
        ([((2, 1, 1), (1, 1, 1), held_out())], (), None, "would read 0 more and 0 no longer"),
        # One example of a habit: no other head can have learnt it.
        ([((1, 1, 1), (2, 2, 2), held_out())], (), 0, gate.PASSED),
        ([((7, 1, 1), (1, 2, 2), held_out())], (0,), None, "would read 0 more and 1 no longer"),
        # As many won as lost.
        ([((7, 2, 1), (1, 2, 2), held_out())], (0,), 0, gate.PASSED),
        ([((1, 2, 2), (7, 2, 2), held_out())], (0,), None, "called right: sample 1, 1"),
        # The display stays dark.
        ([((1, 2, 2), (UNSURE, 2, 2), held_out())], (0,), None, "called right: sample 1, 1"),
        ([((2, 2, 2), (2, 2, 2), held_out(4))], (), 0, gate.PASSED),
        ([((2, 2, 2), (2, 2, 2), held_out(5))], (), None, "of 1000 .* no longer read 5"),
    ],
)
def test_the_rule(blends, confirmed, accepted, why):
    decision, index, _ = decide(*blends, confirmed=confirmed)
    assert index == accepted
    assert pytest.approx(decision.judged.share) == 0.7
    assert re.search(why, decision.why)


def test_what_is_won_elsewhere_does_not_make_up_for_what_is_forgotten():
    # Sixty are won, as by any training, and five are lost.
    decision, index, _ = decide(
        ((2, 2, 2), (2, 2, 2), held_out(5)), held_out_before=held_out(60, first=500)
    )
    assert index is None
    assert "no longer read 5" in decision.why


def test_night_after_night_no_more_is_forgotten_than_in_one():
    again = ((2, 2, 2), (2, 2, 2), held_out(5))
    # Three were lost in the nights before, and now two more.
    _, index, _ = decide(again, held_out_before=held_out(3), came_with=held_out())
    assert index is None
    # Weights from elsewhere read other digits than those that came with the program.
    _, index, _ = decide(again, held_out_before=held_out(5), came_with=held_out())
    assert index == 0


def test_when_one_fails_the_next_is_tried():
    fails, passes = ((2, 2, 2), (2, 2, 2), held_out(9)), ((2, 2, 2), (2, 2, 1), held_out())
    unreadable = ((2, 2, 2), "not saved, a weight is not finite", None)
    decision, index, tried = decide(fails, unreadable, passes)
    assert (index, len(tried)) == (2, 3)
    assert decision.data == b"file 3"
    decision, index, tried = decide(passes, fails)
    assert (index, len(tried)) == (0, 1)
    # It is the first that is told of.
    decision, index, _ = decide(fails, unreadable)
    assert index is None
    assert "no longer read 9" in decision.why
    decision, index, _ = decide(unreadable, fails)
    assert decision.why == "not saved, a weight is not finite"
    assert decision.after == decision.before


def test_without_an_error_there_is_nothing_to_let_in():
    decision, _, tried = decide()
    assert (decision.accepted, decision.judged, tried) == (None, None, [])
    assert decision.why == "all that has a label is read rightly already"


def test_the_error_rates_are_those_that_are_written_down():
    def passes(rate):
        """Probability that at most LOST of the held-out digits are lost, by Poisson."""
        mean = rate * HELD_OUT
        return sum(math.exp(-mean) * mean**n / math.factorial(n) for n in range(gate.LOST + 1))

    assert 1 - passes(1 / 2000) == pytest.approx(1 / 5000, rel=0.2)
    assert passes(1 / 100) == pytest.approx(0.03, rel=0.05)
    assert passes(1 / 50) == pytest.approx(2e-5, rel=0.2)


def offered(owner=(1, 1, 1), before=(1, 1, 1), *, confirmed=(), **held):
    """The complaint about weights from elsewhere; ``held``: what those in service, these and
    the shipped ones read of those held out."""
    known = {
        name: held.get(f"{name}_held", held_out()) for name in ("before", "after", "shipped")
    }
    return gate.offer_complaint(
        Predictions(before, before, known["before"]),
        Predictions(owner, owner, known["after"]),
        Predictions(before, before, known["shipped"]),
        LABELS.tolist(),
        samples(confirmed),
    )


def test_from_elsewhere_it_is_enough_to_do_no_harm():
    assert offered() == ""
    assert offered(owner=(1, 1, 2)) == ""
    assert offered(after_held=held_out(4)) == ""


def test_from_elsewhere_no_more_of_ones_own_may_be_lost_than_won():
    why = "of 3 labelled digits it would read 0 more and 1 no longer"
    assert offered(owner=(1, 1, 1), before=(2, 1, 1)) == why
    assert offered(owner=(1, 2, 1), before=(2, 1, 1)) == ""
    assert "called right: sample 1" in offered(owner=(2, 2, 1), confirmed=[0])


def test_from_elsewhere_what_the_program_came_with_may_not_be_forgotten():
    # Against those in service it wins as many as it loses.
    before, after = held_out(5), held_out(5, first=10)
    assert "would no longer read 5" in offered(before_held=before, after_held=after)
    assert (
        offered(before_held=before, after_held=after, shipped_held=held_out(5, first=10)) == ""
    )


def test_from_elsewhere_those_in_service_may_not_be_significantly_better():
    for lost, won, passes in ((15, 8, True), (16, 7, False), (5, 0, False), (4, 0, True)):
        after = held_out(lost, first=100)
        why = offered(before_held=held_out(won), after_held=after, shipped_held=after)
        assert (why == "") is passes, (lost, won)
        assert passes or f"read {won} more and {lost} no longer" in why


def test_suspects_are_what_it_was_taught_and_still_takes_for_another_class():
    after = Predictions((1, UNSURE, 2), (1, 2, 2), ())
    assert gate.suspects(after, samples()) == [(1, 2, 1)]


def test_confusions_are_counted():
    labelled = [Sample(bytes(784), label=label) for label in (1, 1, 1, 4)]
    assert gate.confusions((7, 7, 1, 9), labelled) == [(1, 7, 2), (4, 9, 1)]
