"""History: which epoch is the best one."""

from __future__ import annotations

import pytest

from core.training import Epoch, History


@pytest.mark.parametrize(
    ("best", "epoch", "improved"),
    [
        ((0.9, 0.5), (0.91, 0.9), True),
        ((0.9, 0.5), (0.89, 0.1), False),
        ((0.9, 0.5), (0.9, 0.4), True),
        ((0.9, 0.5), (0.9, 0.5), False),
    ],
)
def test_accuracy_decides_then_the_loss(best, epoch, improved):
    """Each is (validation accuracy, validation loss)."""
    first, second = (
        Epoch(number, 1.0, 0.1, validation_loss=loss, validation_accuracy=accuracy)
        for number, (accuracy, loss) in enumerate((best, epoch), 1)
    )
    assert History().is_improved_by(first)
    assert History([first], first).is_improved_by(second) == improved


def test_without_validation_the_last_epoch_is_the_best():
    assert History([Epoch(1, 0.1, 0.1)], Epoch(1, 0.1, 0.1)).is_improved_by(Epoch(2, 0.5, 0.1))
