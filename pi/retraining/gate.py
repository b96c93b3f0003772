"""Whether what a night has learnt is let in, in numbers that anybody can count again."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

from pi.samples.store import word

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pi.retraining.cross_validation import Blend, FineTuneResult
    from pi.samples.store import Sample


@dataclass(frozen=True)
class GateDecision:
    """``trial``: the number of the one that may read from now on, None if none may.

    why : in one line.
    before, after : errors among the owner's digits, of the weights of now and of heads that
        had not seen the digit they read.
    exam_before, exam_after : errors in what shall not be forgotten, of ``exam_count``.
    """

    trial: int | None
    why: str
    before: int
    after: int
    exam_before: int
    exam_after: int
    exam_count: int


def decide(lesson: FineTuneResult, samples: Sequence[Sample]) -> GateDecision:
    """The first trial that passes, or what is wrong with the first.

    It passes if it forgets nothing (in the exam neither more errors nor more that is not read
    for sure), makes an error fewer among the owner's digits, and unlearns none of those that
    somebody had called right.
    """
    before = errors(lesson.before, lesson.labels)
    if not lesson.trials:
        why = "all that has a label is read rightly already"
        exam = lesson.exam_before
        return GateDecision(None, why, before, before, exam, exam, lesson.exam_count)
    first = ""
    for number, trial in enumerate(lesson.trials):
        complaint = _complaint(lesson, trial, samples, before)
        first = first or complaint
        if not complaint:
            return _verdict(lesson, trial, number, "all is better or as it was", before)
    return _verdict(lesson, lesson.trials[0], None, first, before)


def errors(read: Sequence[int], labels: Sequence[int]) -> int:
    """How many are not what the label says."""
    return sum(a != b for a, b in zip(read, labels, strict=True))


def confusions(read: Sequence[int], labels: Sequence[int]) -> list[tuple[int, int, int]]:
    """(what it is, what it was taken for, how often), the most frequent first."""
    pairs = Counter((b, a) for a, b in zip(read, labels, strict=True) if a != b)
    ranked = sorted(pairs.items(), key=lambda item: (-item[1], item[0]))
    return [(label, taken, count) for (label, taken), count in ranked]


def _complaint(
    lesson: FineTuneResult, trial: Blend, samples: Sequence[Sample], before: int
) -> str:
    """Why the trial may not read; empty if it may."""
    if trial.exam > lesson.exam_before:
        return (
            f"it would forget: {trial.exam} errors of {lesson.exam_count} digits that it knew, "
            f"and it made {lesson.exam_before}"
        )
    if trial.missed > lesson.missed_before:
        # Whoever learns nonsense is first no longer sure: the display would stay dark.
        return (
            f"it would be less sure: {trial.missed} of {lesson.exam_count} digits that it knew "
            f"would not be read, and {lesson.missed_before} were not"
        )
    after = errors(trial.owner, lesson.labels)
    if after >= before:
        return f"it learns nothing that helps: {before} errors before, {after} after"
    rows = zip(samples, lesson.before, trial.owner, trial.final, strict=True)
    lost = [
        sample
        for sample, was, apart, final in rows
        if sample.confirmed and was == sample.label and {apart, final} != {sample.label}
    ]
    if lost:
        return (
            f"it would unlearn what was called right: sample {lost[0].id}, "
            f"{word(lost[0].label)}" + (f", and {len(lost) - 1} more" if lost[1:] else "")
        )
    return ""


def _verdict(
    lesson: FineTuneResult, trial: Blend, number: int | None, why: str, before: int
) -> GateDecision:
    return GateDecision(
        trial=number,
        why=why,
        before=before,
        after=errors(trial.owner, lesson.labels),
        exam_before=lesson.exam_before,
        exam_after=trial.exam,
        exam_count=lesson.exam_count,
    )
