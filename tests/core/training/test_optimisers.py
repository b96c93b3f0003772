"""Optimisers worked by hand; plain descent block by block."""

from __future__ import annotations

import numpy as np
import pytest

from core import training
from core.errors import SpecError
from core.network import Network
from core.nn.layers import BatchNorm, Dense, ReLU, Softmax
from core.nn.losses import CrossEntropy
from core.training.optimisers import LARGE_WEIGHTS, SGD, Adam, BlockwiseDescent


def steps(optimiser, gradients, rate):
    values = np.array([1.0])
    optimiser.attach(1, values.dtype)
    seen = []
    for gradient in gradients:
        optimiser.step(values, np.array([gradient], np.float64), rate)
        seen.append(float(values[0]))
    return seen


def test_sgd_by_hand():
    assert steps(SGD(momentum=0), [2, 4], 0.25) == [0.5, -0.5]


def test_sgd_with_momentum_by_hand():
    # v = -0.5, w = 0.5; v = 0.5 * -0.5 - 1 = -1.25, w = -0.75
    assert steps(SGD(momentum=0.5), [2, 4], 0.25) == [0.5, -0.75]


def test_adam_is_its_paper():
    gradients, rate, b1, b2, epsilon = [2.0, -1.0, 0.5], 0.1, 0.9, 0.999, 1e-8
    w, m, v, expected = 1.0, 0.0, 0.0, []
    for t, g in enumerate(gradients, start=1):
        m = b1 * m + (1 - b1) * g
        v = b2 * v + (1 - b2) * g * g
        w -= rate * (m / (1 - b1**t)) / (np.sqrt(v / (1 - b2**t)) + epsilon)
        expected.append(w)
    assert steps(Adam(), gradients, rate) == pytest.approx(expected, rel=1e-12)


def test_attaching_again_keeps_the_state_and_another_size_drops_it():
    optimiser = Adam()
    steps(optimiser, [1.0], 0.1)
    kept = optimiser.state["mean"]
    optimiser.attach(1, np.dtype(np.float64))
    assert optimiser.state["mean"] is kept
    assert optimiser.steps == 1
    optimiser.attach(2, np.dtype(np.float64))
    assert optimiser.steps == 0


@pytest.mark.parametrize("make", [lambda: SGD(momentum=1), lambda: Adam(beta1=-0.1)])
def test_impossible_settings_are_refused(make):
    with pytest.raises(SpecError):
        make()


def test_velocities_never_become_denormal_numbers():
    optimiser, values = SGD(momentum=0.9), np.ones(2, np.float32)
    optimiser.attach(2, values.dtype)
    for number in range(2000):
        optimiser.step(values, np.array([number == 0, 1], np.float32), 0.01)
        velocity = np.abs(optimiser.state["velocity"])
        assert velocity[0] == 0 or velocity[0] > np.finfo(np.float32).tiny
    assert velocity[0] == 0
    assert velocity[1] == pytest.approx(0.1)


# Plain descent, block by block

RATE = 0.25


def network():
    """One layer that is changed in blocks, the last of them cut short, and two that are not."""
    layers = [Dense(200), BatchNorm(), ReLU(), Dense(10), Softmax()]
    made = Network(layers, (301,), seed=3)
    assert layers[0].weights.value.nbytes >= LARGE_WEIGHTS > layers[3].weights.value.nbytes
    return made


@pytest.fixture
def batch(rng):
    return rng.random((32, 301), dtype=np.float32), rng.integers(0, 10, 32)


def test_a_step_is_the_rate_times_the_gradient(batch):
    descended, stepped = network(), network()
    value = BlockwiseDescent(descended).step(*batch, CrossEntropy(), RATE)
    assert value == stepped.loss_and_gradient(*batch, CrossEntropy())
    stepped.trained -= RATE * stepped.gradient
    np.testing.assert_allclose(descended.values, stepped.values, rtol=0, atol=1e-6)
    assert np.abs(network().trained - descended.trained).min() == 0
    assert np.count_nonzero(network().trained != descended.trained) > 50_000


def test_the_gradient_is_of_the_weights_before_the_step(batch):
    # Two large layers: what the lower one learns goes through the upper one as it was.
    def made():
        return Network([Dense(200), ReLU(), Dense(200), Softmax()], (301,), seed=3)

    descended, stepped = made(), made()
    BlockwiseDescent(descended).step(*batch, CrossEntropy(), 2.0)
    stepped.loss_and_gradient(*batch, CrossEntropy())
    stepped.trained -= 2.0 * stepped.gradient
    np.testing.assert_allclose(descended.values, stepped.values, rtol=0, atol=1e-5)


def test_a_loss_that_is_not_finite_changes_no_weight(batch):
    x, labels = batch
    x[3, 5] = np.nan
    spoilt, before = network(), network()
    assert np.isnan(BlockwiseDescent(spoilt).step(x, labels, CrossEntropy(), RATE))
    np.testing.assert_array_equal(spoilt.trained, before.trained)


def test_afterwards_a_gradient_is_only_a_gradient(batch):
    descended = network()
    with pytest.raises(IndexError):
        BlockwiseDescent(descended).step(batch[0], batch[1] + 10, CrossEntropy(), RATE)
    before = descended.trained.copy()
    descended.loss_and_gradient(*batch, CrossEntropy())
    np.testing.assert_array_equal(descended.trained, before)


def test_training_without_momentum_is_descent(batch):
    trained, by_hand = network(), network()
    options = {"epochs": 1, "batch_size": 32, "learning_rate": RATE, "validation": None}
    optimiser = SGD(0)
    training.fit(trained, batch, optimiser=optimiser, schedule="constant", **options)
    order = np.random.default_rng([0, 1]).permutation(32)
    BlockwiseDescent(by_hand).step(batch[0][order], batch[1][order], CrossEntropy(), RATE)
    assert optimiser.steps == 1
    np.testing.assert_array_equal(trained.values, by_hand.values)


def test_an_optimiser_that_is_given_another_network_descends_in_that(batch):
    optimiser, first, second = SGD(0), network(), network()
    for each in (first, second):
        optimiser.attach(each.trained.size, each.dtype)
        optimiser.learn(each, *batch, CrossEntropy(), RATE)
    np.testing.assert_array_equal(first.values, second.values)
    assert not np.array_equal(first.values, network().values)
