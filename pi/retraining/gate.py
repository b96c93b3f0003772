"""When a night's result is let in: one rule, that anybody can count again.

A blend is packed as the file that would read, and read back: in whole numbers where the file
has those, in float32 where it has not. Then every digit is a pair, read by the weights in
service and by that file. A digit is read if its class is the label's, with the confidence of
the recipe. A pair is *won* if only the new weights read it, and *lost* if only the old ones do.
The blend takes over if all of this holds:

1. It helps: of the owner's digits more are won than lost.
2. So it is with digits like them: cross-validated, each by a head that was not trained on it,
   no more are lost than won. (A habit of which there is one example cannot be won there.)
3. Nothing is forgotten: of the held-out replay set at most LOST are lost. What is won there
   does not count: any training wins some thirty, that of nonsense, too. Against the weights
   that came with the program it is the same, however many nights there were; weights that have
   lost more, as they were trained elsewhere, must not lose further.
4. Nothing is unlearnt: of the digits that somebody confirmed none is lost.

The blends are tried in turn, that with the largest share of the new head first; the first that
passes takes over. What fails, on reading back as well, is followed by the next.

Error rates. A night that does no harm loses one held-out digit in two thousand, by rounding and
by confidences next to the limit: of 1,000 it loses more than four by chance in one night of
5,000. One that would forget one digit in a hundred loses at most four in 3 nights of 100, one
that would forget one in fifty in 2 nights of 100,000 (Poisson). A night that only changes at
random which digits are read passes 1 and 2 in less than half of all cases, and then has done
no harm by 3 and 4. Measured by ``python -m tools.evaluate owner``.
"""

from __future__ import annotations

import math
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

from core.errors import ModelFormatError, SpecError
from pi.samples.store import word

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from pi.retraining.cross_validation import Blend, Classes, FineTuneResult
    from pi.samples.store import Sample

LOST = 4
"""Digits of the held-out replay set, which has 1,000, that a night may lose."""

SIGNIFICANT = 0.05
"""Level of the test that weights from elsewhere are held to."""

PASSED = "more is read, and nothing is forgotten"
NOTHING_TO_LEARN = "all that has a label is read rightly already"


@dataclass(frozen=True)
class Predictions:
    """What a network predicts for the digits that a night is judged by.

    owner : of the owner's digits.
    best : the most probable class of each of them, however probable.
    held_out : of the held-out replay set.
    """

    owner: Classes
    best: Classes
    held_out: Classes


@dataclass(frozen=True)
class GateDecision:
    """The blend that is let in, if one is, and why, in one line.

    judged : the blend that ``why`` is about, the first that was refused if none is let in; None
        if nothing was to be learnt.
    before, after : what the weights in service predict, and the file of that blend; ``before``
        twice if nothing was to be learnt, or the file cannot be read back.
    data : that file.
    """

    accepted: Blend | None
    judged: Blend | None
    why: str
    before: Predictions
    after: Predictions
    data: bytes = b""


def decide(
    result: FineTuneResult,
    samples: Sequence[Sample],
    before: Predictions,
    shipped: Predictions,
    read_back: Callable[[Blend], tuple[bytes, Predictions]],
) -> GateDecision:
    """The first blend that passes, or what is wrong with the first.

    before, shipped : of the weights in service, and of those that came with the program.
    read_back : gives the file of a blend, and what it predicts; may raise ModelFormatError and
        SpecError, as for weights that are not finite.
    """
    refused = None
    for blend in result.blends:
        data, after = b"", before
        try:
            data, after = read_back(blend)
            why = complaint(before, shipped, after, result, blend, samples)
        except (ModelFormatError, SpecError) as error:
            why = str(error)
        if not why:
            return GateDecision(blend, blend, PASSED, before, after, data)
        refused = refused or GateDecision(None, blend, why, before, after, data)
    return refused or GateDecision(None, None, NOTHING_TO_LEARN, before, before)


def complaint(
    before: Predictions,
    shipped: Predictions,
    after: Predictions,
    result: FineTuneResult,
    blend: Blend,
    samples: Sequence[Sample],
) -> str:
    """Why a blend is not let in; empty if it is."""
    labels = [each.label for each in samples]
    lost, won = _pairs(before.owner, after.owner, labels)
    if len(won) <= len(lost):
        return (
            f"it learns nothing: of {len(labels)} labelled digits it would read "
            f"{len(won)} more and {len(lost)} no longer"
        )
    lost, won = _pairs(result.before, blend.cross_validated, labels)
    if len(lost) > len(won):
        return (
            f"it learns nothing that helps: of digits that it had not seen it would read "
            f"{len(won)} more and {len(lost)} no longer"
        )
    held_out = result.replay.labels.tolist()
    lost, _ = _pairs(shipped.held_out, before.held_out, held_out)
    return (
        _forgotten(before, after, held_out)
        or _forgotten(shipped, after, held_out, max(LOST, len(lost)))
        or _unlearnt(before, after, samples)
    )


def offer_complaint(
    before: Predictions,
    after: Predictions,
    shipped: Predictions,
    held_out: Sequence[int],
    samples: Sequence[Sample],
) -> str:
    """Why weights that were learnt elsewhere, as from the digits of a class, are not let in;
    empty if they are.

    What they are good for the owner's digits need not show, so it is enough that they do no
    harm: 4 holds, of the owner's digits no more are lost than won, and nothing is forgotten
    that the program came with. Against the weights in service 3 would be too strict: both have
    won some thirty held-out digits at random, not the same ones. So of these they must not lose
    significantly more than they win (McNemar's exact test, one-sided).

    shipped : what the weights predict that came with the program.
    held_out : labels of the held-out replay set.
    """
    labels = [each.label for each in samples]
    lost, won = _pairs(before.owner, after.owner, labels)
    if len(lost) > len(won):
        return (
            f"of {len(labels)} labelled digits it would read {len(won)} more and {len(lost)} "
            "no longer"
        )
    lost, won = _pairs(before.held_out, after.held_out, held_out)
    if _tail(len(lost), len(won)) < SIGNIFICANT:
        return (
            f"it would forget: of {len(held_out)} digits that it shall not forget it would "
            f"read {len(won)} more and {len(lost)} no longer"
        )
    return _forgotten(shipped, after, held_out) or _unlearnt(before, after, samples)


def _forgotten(
    before: Predictions, after: Predictions, held_out: Sequence[int], most: int = LOST
) -> str:
    lost, _ = _pairs(before.held_out, after.held_out, held_out)
    if len(lost) <= most:
        return ""
    return (
        f"it would forget: of {len(held_out)} digits that it shall not forget it would no "
        f"longer read {len(lost)}"
    )


def _unlearnt(before: Predictions, after: Predictions, samples: Sequence[Sample]) -> str:
    lost, _ = _pairs(before.owner, after.owner, [each.label for each in samples])
    unlearnt = [samples[each] for each in lost if samples[each].confirmed]
    if not unlearnt:
        return ""
    return (
        f"it would unlearn what was called right: sample {unlearnt[0].id}, "
        f"{word(unlearnt[0].label)}"
        + (f", and {len(unlearnt) - 1} more" if unlearnt[1:] else "")
    )


def _tail(lost: int, won: int) -> float:
    """Probability that of so many pairs at least ``lost`` are lost, if either is as likely."""
    total = lost + won
    return sum(math.comb(total, each) for each in range(lost, total + 1)) / 2.0**total


def _pairs(
    before: Classes, after: Classes, labels: Sequence[int | None]
) -> tuple[list[int], list[int]]:
    """Positions of the digits that are lost, and of those that are won."""
    read = [(a == label, b == label) for a, b, label in zip(before, after, labels, strict=True)]
    lost = [number for number, each in enumerate(read) if each == (True, False)]
    return lost, [number for number, each in enumerate(read) if each == (False, True)]


def count_errors(classes: Sequence[int], samples: Sequence[Sample]) -> int:
    """How many samples are not of the class that their label says."""
    return sum(a != each.label for a, each in zip(classes, samples, strict=True))


def suspects(after: Predictions, samples: Sequence[Sample]) -> list[tuple[int, int, int]]:
    """(number, label, class it is taken for) of samples whose label may be wrong.

    The new weights still take them for another class, though they were trained on them.
    """
    return [
        (sample.id, sample.label, taken)
        for taken, sample in zip(after.best, samples, strict=True)
        if sample.label is not None and sample.label != taken
    ]


def confusions(classes: Sequence[int], samples: Sequence[Sample]) -> list[tuple[int, int, int]]:
    """(label, class it was taken for, how often), the most frequent first."""
    pairs = Counter(
        (sample.label, taken)
        for taken, sample in zip(classes, samples, strict=True)
        if sample.label is not None and sample.label != taken
    )
    ranked = sorted(pairs.items(), key=lambda item: (-item[1], item[0]))
    return [(label, taken, count) for (label, taken), count in ranked]
