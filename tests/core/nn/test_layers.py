"""BatchNorm and Flatten, and the registry of layers."""

from __future__ import annotations

import numpy as np
import pytest

from core.errors import SpecError
from core.network import Network
from core.nn.layers import LAYERS, BatchNorm, Conv2D, Dense, Flatten, ReLU, from_config


def test_batch_norm_brings_every_channel_to_mean_0_and_variance_1(rng):
    network = Network([BatchNorm()], (5, 4, 3))
    x = 7 + 3 * rng.standard_normal((16, 5, 4, 3)).astype(np.float32)
    y = network.forward(x, training=True)
    np.testing.assert_allclose(y.mean(axis=(0, 1, 2)), 0, atol=1e-5)
    np.testing.assert_allclose(y.var(axis=(0, 1, 2)), 1, atol=1e-4)


def test_batch_norm_keeps_running_statistics(rng):
    layer = BatchNorm(momentum=0.75)
    network = Network([layer], (2,), dtype=np.float64)
    x = rng.standard_normal((10, 2))
    network.forward(x, training=True)
    np.testing.assert_allclose(layer.mean.value, 0.25 * x.mean(axis=0))
    np.testing.assert_allclose(layer.variance.value, 0.75 + 0.25 * x.var(axis=0, ddof=1))


def test_batch_norm_uses_the_running_statistics_when_not_training(rng):
    layer = BatchNorm(epsilon=1e-9)
    network = Network([layer], (2,), dtype=np.float64)
    layer.mean.value[...] = [1, 2]
    layer.variance.value[...] = [4, 9]
    layer.gamma.value[...] = [2, 3]
    layer.beta.value[...] = [0, 1]
    np.testing.assert_allclose(network.forward([[3.0, 5.0]]), [[2.0, 4.0]])
    np.testing.assert_array_equal(layer.mean.value, [1, 2])


def test_batch_norm_survives_a_batch_of_one():
    network = Network([BatchNorm()], (3,))
    np.testing.assert_array_equal(network.forward(np.ones((1, 3)), training=True), 0)
    assert network.is_finite()


def test_flatten_is_a_view():
    layer = Flatten()
    layer.build((2, 3, 4))
    x = np.zeros((5, 2, 3, 4))
    y = layer.forward(x)
    assert y.shape == (5, 24)
    assert np.shares_memory(x, y)


def test_every_layer_is_rebuilt_from_its_config():
    made = [
        Dense(3),
        Conv2D(2, 3, 2, 1, bias=False),
        BatchNorm(momentum=0.8),
        Flatten(),
        ReLU(),
    ]
    for layer in made:
        assert from_config(layer.config()).config() == layer.config()
    assert set(LAYERS) >= {type(layer).__name__ for layer in made}


@pytest.mark.parametrize(
    ("config", "message"),
    [
        ({"type": "Dropout"}, "no layer of type"),
        ({}, "no layer of type"),
        ({"type": "Dense"}, "takes"),
        ({"type": "Dense", "units": 3, "bias": True, "x": 1}, "takes"),
        ({"type": "Dense", "units": -3, "bias": True}, "whole number"),
        ({"type": "Dense", "units": True, "bias": True}, "whole number"),
        ({"type": "BatchNorm", "momentum": 1.5, "epsilon": 1e-5}, "momentum"),
    ],
)
def test_configs_of_nothing_we_know_are_refused(config, message):
    with pytest.raises(SpecError, match=message):
        from_config(config)


def test_dense_refuses_a_picture():
    with pytest.raises(SpecError, match="add Flatten"):
        Dense(3).build((28, 28, 1))
