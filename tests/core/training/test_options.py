"""Options of a training: the schedules, and what makes no sense."""

from __future__ import annotations

from dataclasses import replace

import pytest

from core.errors import SpecError
from core.training.options import TrainingOptions

OPTIONS = TrainingOptions(
    epochs=4,
    batch_size=8,
    learning_rate=0.5,
    schedule="constant",
    warm_up=0,
    average=None,
    seed=0,
)


def rates(plan, batches):
    return [plan.rate(step, batches) for step in range(plan.epochs * batches)]


def test_constant():
    assert rates(OPTIONS, 2) == [0.5] * 8


def test_cosine_falls_from_the_whole_rate_to_nearly_nothing():
    seen = rates(replace(OPTIONS, schedule="cosine"), 2)
    assert seen[0] == 0.5
    assert seen[4] == pytest.approx(0.25)
    assert 0 < seen[-1] < 0.02
    assert seen == sorted(seen, reverse=True)


def test_step_falls_to_a_tenth_after_a_half_and_three_quarters():
    assert rates(replace(OPTIONS, schedule="step"), 2) == pytest.approx(
        [0.5] * 4 + [0.05] * 2 + [0.005] * 2
    )


def test_warm_up_rises_in_a_line_and_then_the_schedule_begins():
    seen = rates(replace(OPTIONS, warm_up=1, schedule="cosine"), 4)
    assert seen[:5] == pytest.approx([0.1, 0.2, 0.3, 0.4, 0.5])
    assert seen[5] < 0.5


def test_the_average_forgets_quickly_at_first():
    plan = replace(OPTIONS, average=0.99)
    assert plan.decay(0) == 0.1
    assert plan.decay(10**6) == 0.99


@pytest.mark.parametrize(
    "wrong",
    [
        {"epochs": 0},
        {"batch_size": 0},
        {"seed": -1},
        {"learning_rate": 0.0},
        {"learning_rate": float("nan")},
        {"schedule": "linear"},
        {"warm_up": 4},
        {"average": 1.0},
    ],
)
def test_impossible_plans_are_refused(wrong):
    with pytest.raises(SpecError, match=next(iter(wrong))):
        replace(OPTIONS, **wrong)
