"""Network: made from one line, trained with one call."""

from __future__ import annotations

import numpy as np

from core.network import Network


def test_the_seeds_network_is_one_line():
    network = Network.from_spec("784-200-10", activation="sigmoid", output="sigmoid")
    assert network.parameter_count() == 785 * 200 + 201 * 10
    assert network.multiply_adds() == 784 * 200 + 200 * 10
    assert network.predict(np.zeros((3, 28, 28), np.uint8)).shape == (3,)


def test_the_design_networks_cost_what_the_design_says():
    network = Network.from_spec("28x28-c16k5s2-c32k3s2-c48k3s2-64-11", batch_norm=True)
    assert round(network.multiply_adds() / 1000) == 575
    assert round(network.parameter_count() / 1000) == 69


def test_the_seed_decides_the_weights():
    one, same, other = (Network.from_spec("8-4-2", seed=seed) for seed in (1, 1, 2))
    np.testing.assert_array_equal(one.values, same.values)
    assert not np.array_equal(one.values, other.values)


def test_fit_trains_in_place_and_returns_the_network(task):
    network = task.network()
    before = network.values.copy()
    assert network.fit(*task.data, epochs=1, validation=None) is network
    assert not np.array_equal(network.values, before)


def test_partial_fit_learns_from_call_to_call(task):
    network = Network.from_spec("64-30-4", activation="tanh")
    x, y = task.bars(1500)
    for start in range(0, 1500, 100):
        for _ in range(4):
            piece = slice(start, start + 100)
            network.partial_fit(x[piece], y[piece], learning_rate=0.01, batch_size=10)
    assert network.score(*task.bars(300, seed=99)) >= 0.8
