"""Values of the losses; their gradients are in test_sequential."""

from __future__ import annotations

import math

import numpy as np
import pytest

from core.errors import SpecError
from core.nn.losses import CrossEntropy, SquaredError


def test_squared_error_by_hand():
    # 1/2 ((0.25 - 1)^2 + (0.5 - 0)^2) = 1/2 (0.5625 + 0.25) = 0.40625
    value, gradient = SquaredError()(np.array([[0.25, 0.5]]), np.array([0]))
    assert value == 0.40625
    np.testing.assert_array_equal(gradient, [[-0.75, 0.5]])


def test_cross_entropy_by_hand():
    # Mean of -ln 1/4 and -ln 1/2.
    outputs = np.array([[0.25, 0.75], [0.5, 0.5]])
    value, gradient = CrossEntropy()(outputs, np.array([0, 1]))
    assert value == pytest.approx((math.log(4) + math.log(2)) / 2)
    np.testing.assert_allclose(gradient, [[-2, 0], [0, -1]])


def test_smoothed_targets():
    targets = SquaredError(0.2).targets(np.array([1]), np.zeros((1, 4)))
    np.testing.assert_allclose(targets, [[0.05, 0.85, 0.05, 0.05]])


@pytest.mark.parametrize("smoothing", [0.0, 0.1])
def test_from_logits_is_softmax_then_loss(smoothing, rng):
    loss = CrossEntropy(smoothing)
    logits, labels = rng.standard_normal((6, 5)), rng.integers(0, 5, 6)
    p = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
    expected, _ = loss(p, labels)
    value, gradient = loss.from_logits(logits.copy(), labels)
    assert value == pytest.approx(expected)
    np.testing.assert_allclose(gradient, (p - loss.targets(labels, p)) / 6)


def test_losses_stay_finite_where_a_softmax_underflows():
    logits = np.array([[0, 200]], np.float32)
    value, gradient = CrossEntropy().from_logits(logits.copy(), np.array([0]))
    assert value == 200
    np.testing.assert_array_equal(gradient, [[-1, 1]])
    value, gradient = CrossEntropy()(np.array([[0, 1]], np.float32), np.array([0]))
    assert math.isfinite(value)
    assert np.isfinite(gradient).all()


@pytest.mark.parametrize("smoothing", [-0.1, 1.0, math.nan])
def test_impossible_smoothing_is_refused(smoothing):
    with pytest.raises(SpecError, match="label_smoothing"):
        CrossEntropy(smoothing)
