from __future__ import annotations

import numpy as np
import pytest

from tools.bench.seeds import SeedNetwork, score, train_on


def test_a_step_goes_down_the_gradient():
    """Of the output's weights, against the loss's slope by differences. To the hidden ones
    the seeds hand errors down without the output's slope: theirs is another direction."""
    network = SeedNetwork(3, 4, 2, 1e-6)
    inputs, targets = [0.2, 0.5, 0.9], [0.01, 0.99]

    def loss():
        return 0.5 * float(np.square(np.array([targets]).T - network.query(inputs)).sum())

    before, step, index = loss(), 1e-6, (1, 2)
    weights = network.who.copy()
    network.who[index] += step
    slope = (loss() - before) / step
    network.who[index] -= step
    network.train(inputs, targets)
    assert (weights - network.who)[index] / 1e-6 == pytest.approx(slope, rel=1e-3)


def test_it_learns(small_mnist):
    from core.data import datasets

    data = datasets.load(small_mnist, "train")
    images, labels = np.array(data.images), np.array(data.labels)
    network = SeedNetwork(784, 20, 10, 0.2)
    before = score(network, images, labels)
    for _ in range(4):
        train_on(network, images, labels)
    assert score(network, images, labels) > before + 0.3
    assert network.wih.dtype == np.float64
