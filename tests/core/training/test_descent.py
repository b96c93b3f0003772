from __future__ import annotations

import numpy as np
import pytest

from core import training
from core.network import Network
from core.nn.layers import BatchNorm, Dense, ReLU, Softmax
from core.nn.losses import CrossEntropy
from core.training.descent import LARGE, Descent
from core.training.optimisers import SGD

RATE = 0.25


def network():
    """One layer that is changed in blocks, the last of them cut short, and two that are not."""
    layers = [Dense(200), BatchNorm(), ReLU(), Dense(10), Softmax()]
    made = Network(layers, (301,), seed=3)
    assert layers[0].weights.value.nbytes >= LARGE > layers[3].weights.value.nbytes
    return made


@pytest.fixture
def batch(rng):
    return rng.random((32, 301), dtype=np.float32), rng.integers(0, 10, 32)


def test_a_step_is_the_rate_times_the_gradient(batch):
    descended, stepped = network(), network()
    value = Descent(descended).step(*batch, CrossEntropy(), RATE)
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
    Descent(descended).step(*batch, CrossEntropy(), 2.0)
    stepped.loss_and_gradient(*batch, CrossEntropy())
    stepped.trained -= 2.0 * stepped.gradient
    np.testing.assert_allclose(descended.values, stepped.values, rtol=0, atol=1e-5)


def test_a_loss_that_is_not_finite_changes_no_weight(batch):
    x, labels = batch
    x[3, 5] = np.nan
    spoilt, before = network(), network()
    assert np.isnan(Descent(spoilt).step(x, labels, CrossEntropy(), RATE))
    np.testing.assert_array_equal(spoilt.trained, before.trained)


def test_afterwards_a_gradient_is_only_a_gradient(batch):
    descended = network()
    with pytest.raises(IndexError):
        Descent(descended).step(batch[0], batch[1] + 10, CrossEntropy(), RATE)
    before = descended.trained.copy()
    descended.loss_and_gradient(*batch, CrossEntropy())
    np.testing.assert_array_equal(descended.trained, before)


def test_training_without_momentum_is_descent(batch):
    trained, by_hand = network(), network()
    options = {"epochs": 1, "batch_size": 32, "learning_rate": RATE, "validation": None}
    optimiser = SGD(0)
    training.fit(trained, batch, optimiser=optimiser, schedule="constant", **options)
    order = np.random.default_rng([0, 1]).permutation(32)
    Descent(by_hand).step(batch[0][order], batch[1][order], CrossEntropy(), RATE)
    assert optimiser.steps == 1
    np.testing.assert_array_equal(trained.values, by_hand.values)


def test_an_optimiser_that_is_given_another_network_descends_in_that(batch):
    optimiser, first, second = SGD(0), network(), network()
    for each in (first, second):
        optimiser.attach(each.trained.size, each.dtype)
        optimiser.learn(each, *batch, CrossEntropy(), RATE)
    np.testing.assert_array_equal(first.values, second.values)
    assert not np.array_equal(first.values, network().values)
