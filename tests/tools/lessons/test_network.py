"""The talk's class, against its formulas in plain numpy, with the true gradient."""

from __future__ import annotations

import numpy as np
import pytest

from tools.lessons.network import NeuralNetwork


def sigmoid(x):
    return 1 / (1 + np.exp(-x))


def test_trains_and_answers_as_the_talk_but_by_the_true_gradient(rng):
    network = NeuralNetwork(5, 4, 3, 0.3, seed=2)
    wih, who = (link.value.T.astype(np.float64) for link in network.network.parameters())
    for _ in range(20):
        inputs, targets = rng.random(5), rng.random(3)
        x, t = inputs[:, np.newaxis], targets[:, np.newaxis]
        hidden = sigmoid(wih @ x)
        final = sigmoid(who @ hidden)
        assert network.query(inputs) == pytest.approx(final, abs=1e-5)
        errors = t - final
        # The talk has who.T @ errors here.
        hidden_errors = who.T @ (errors * final * (1 - final))
        who += 0.3 * (errors * final * (1 - final)) @ hidden.T
        wih += 0.3 * (hidden_errors * hidden * (1 - hidden)) @ x.T
        network.train(inputs.tolist(), targets.tolist())


def test_weights_start_as_in_the_talk():
    network = NeuralNetwork(784, 100, 10, 0.1)
    wih, who = (link.value for link in network.network.parameters())
    assert wih.shape == (784, 100)
    assert who.shape == (100, 10)
    assert wih.std() == pytest.approx(100**-0.5, rel=0.02)
    assert who.std() == pytest.approx(10**-0.5, rel=0.1)
    assert abs(wih.mean()) < 0.001


def test_seeds_and_several_hidden_layers():
    a, b, c = (NeuralNetwork(4, (3, 2), 2, 0.1, seed=seed) for seed in (1, 1, 2))
    assert [link.shape for link in a.network.parameters()] == [(4, 3), (3, 2), (2, 2)]
    assert np.array_equal(a.network.values, b.network.values)
    assert not np.array_equal(a.network.values, c.network.values)
