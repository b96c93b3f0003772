from __future__ import annotations

import numpy as np

from tools.lessons import resilience
from tools.lessons.network import NeuralNetwork


def test_a_little_damage_is_survived_and_much_is_not(page):
    accuracy = resilience.run(page)
    for name in ("weights cut", "hidden nodes cut", "noise"):
        healthy, *_, worst = accuracy[name]
        assert healthy > 0.95
        assert worst < 0.6
        assert accuracy[name][1] > 0.9


def test_weights_are_cut_as_many_as_asked_for(rng):
    network = NeuralNetwork(100, 50, 10, 0.1)
    resilience.cut_weights(network, 0.3, rng)
    assert 0.27 < np.mean(network.network.values == 0) < 0.33


def test_a_lost_node_says_nothing_any_more(rng):
    network = NeuralNetwork(20, 10, 3, 0.1)
    into_hidden = network.network.parameters()[0].value.copy()
    resilience.cut_nodes(network, 0.4, rng)
    after, from_hidden = (link.value for link in network.network.parameters())
    assert np.array_equal(after, into_hidden)
    assert (from_hidden == 0).all(axis=1).sum() == 4
    assert (from_hidden == 0).any(axis=1).sum() == 4
