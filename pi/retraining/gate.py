"""When a night's result is let in: one rule, that anybody can count again.

A blend replaces the weights in service only if all of this holds:

1. Nothing is forgotten: it makes no more errors on the held-out replay set.
2. It is no less sure: of that set it misses no more, errors and UNSURE together. A network
   that learns nonsense loses its confidence first, and the display would stay dark.
3. It helps: cross-validated, it makes at least one error fewer among the owner's digits.
4. Nothing is unlearnt: each of the owner's digits that was read rightly, and that somebody
   confirmed, is still read rightly, both cross-validated and by the blend itself.
5. It survives rounding: read back from its file, in whole numbers, it loses at most LOST of
   the owner's digits that it read rightly in float32.

The rule is applied twice: to each blend as it was trained (:func:`decide`), where the first
that passes is taken, and to that one read back from its file (:mod:`pi.retraining.candidate`).
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

from pi.samples.store import word

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pi.retraining.cross_validation import Blend, FineTuneResult, Predictions
    from pi.samples.store import Sample

LOST = 0.05
"""Share of the owner's digits that rounding may cost, or one digit: in whole numbers a
probability differs in the second decimal."""


@dataclass(frozen=True)
class GateDecision:
    """The blend that is let in, if one is, and why, in one line.

    judged : the blend that ``why`` is about; None if nothing was to be learnt.
    """

    accepted: Blend | None
    judged: Blend | None
    why: str


def decide(result: FineTuneResult, samples: Sequence[Sample]) -> GateDecision:
    """The first blend that passes, or what is wrong with the first."""
    if not result.blends:
        return GateDecision(None, None, "all that has a label is read rightly already")
    complaints = [
        complaint(result.before, blend.after, blend.cross_validated, samples)
        for blend in result.blends
    ]
    for blend, why in zip(result.blends, complaints, strict=True):
        if not why:
            return GateDecision(blend, blend, "all is better or as it was")
    return GateDecision(None, result.blends[0], complaints[0])


def complaint(
    before: Predictions,
    after: Predictions,
    cross_validated: Sequence[int],
    samples: Sequence[Sample],
    in_float: Sequence[int] | None = None,
) -> str:
    """Why a blend is not let in; empty if it is.

    Parameters
    ----------
    before, after : of the weights in service, and of the blend.
    cross_validated : class of each sample by a head that was not trained on it.
    in_float : class of each sample before rounding, if ``after`` is read back from a file.
    """
    if in_float is not None:
        lost = sum(
            was == sample.label != now
            for sample, was, now in zip(samples, in_float, after.owner, strict=True)
        )
        if lost > max(1, LOST * len(samples)):
            right, was_right = (
                len(samples) - count_errors(classes, samples)
                for classes in (after.owner, in_float)
            )
            return (
                f"it has only {right} of {len(samples)} digits right, and {was_right} before "
                "it was saved"
            )
    if after.errors > before.errors:
        return (
            f"it would forget: {after.errors} errors of {after.count} digits that it knew, "
            f"and it made {before.errors}"
        )
    if after.missed > before.missed:
        return (
            f"it would be less sure: {after.missed} of {after.count} digits that it knew "
            f"would not be read, and {before.missed} were not"
        )
    errors_before, errors_after = (
        count_errors(classes, samples) for classes in (before.owner, cross_validated)
    )
    if errors_after >= errors_before:
        return (
            f"it learns nothing that helps: {errors_before} errors before, {errors_after} after"
        )
    rows = zip(samples, before.owner, cross_validated, after.owner, strict=True)
    unlearnt = [
        sample
        for sample, was, *now in rows
        if sample.confirmed and was == sample.label and set(now) != {sample.label}
    ]
    if unlearnt:
        return (
            f"it would unlearn what was called right: sample {unlearnt[0].id}, "
            f"{word(unlearnt[0].label)}"
            + (f", and {len(unlearnt) - 1} more" if unlearnt[1:] else "")
        )
    return ""


def count_errors(classes: Sequence[int], samples: Sequence[Sample]) -> int:
    """How many samples are not of the class that their label says."""
    return sum(a != each.label for a, each in zip(classes, samples, strict=True))


def confusions(classes: Sequence[int], samples: Sequence[Sample]) -> list[tuple[int, int, int]]:
    """(label, class it was taken for, how often), the most frequent first."""
    pairs = Counter(
        (sample.label, taken)
        for taken, sample in zip(classes, samples, strict=True)
        if sample.label is not None and sample.label != taken
    )
    ranked = sorted(pairs.items(), key=lambda item: (-item[1], item[0]))
    return [(label, taken, count) for (label, taken), count in ranked]
