from __future__ import annotations

import copy
import math
import pickle

import numpy as np
import pytest

from core.errors import SpecError
from core.network import Network
from core.nn.layers import BatchNorm, Conv2D, Dense, Flatten, ReLU, Sigmoid, Softmax, Tanh
from core.nn.losses import CrossEntropy, SquaredError
from core.training.optimisers import SGD

CONVOLUTIONAL = "28x28-c4k5s2-c6k3s2-12-11"


def test_a_3_2_1_network_worked_by_hand():
    """Forward, gradients and one step of a network small enough for paper.

    With L = ln 3, sigmoid(L) = 3/4, sigmoid(-L) = 1/4 and sigmoid(0) = 1/2.

    Input x = (1, 2, -1); the only class there is, so the target is 1.
    Hidden a: 1 L + 2 L - 1 (2 L) =  L, so h_a = 3/4
    Hidden b: 1 L - 2 L + 1 . 0   = -L, so h_b = 1/4
    Output: 2 . 3/4 - 2 . 1/4 - 1 = 0,  so y = 1/2
    Loss 1/2 (1/2 - 1)^2 = 1/8

    Backwards, sigmoid' = y (1 - y):
    output:  (1/2 - 1) . 1/4 = -1/8; its weights: -1/8 (3/4, 1/4) = (-3/32, -1/32)
    hidden:  -1/8 (2, -2) . 3/16 = (-3/64, 3/64); its weights: x times that
    """
    ln3 = math.log(3)
    network = Network([Dense(2), Sigmoid(), Dense(1), Sigmoid()], (3,), dtype=np.float64)
    hidden, _, output, _ = network.layers
    hidden.weights.value[...] = [[ln3, ln3], [ln3, -ln3], [2 * ln3, 0]]
    output.weights.value[...] = [[2], [-2]]
    output.offsets.value[...] = -1
    x, label = np.array([[1.0, 2.0, -1.0]]), np.array([0])

    np.testing.assert_allclose(network.forward(x), [[1 / 2]], rtol=1e-12)
    loss = network.loss_and_gradient(x, label, SquaredError())
    assert loss == pytest.approx(1 / 8, rel=1e-12)

    gradients = {
        "0.Dense.weights": [[-3 / 64, 3 / 64], [-6 / 64, 6 / 64], [3 / 64, -3 / 64]],
        "0.Dense.bias": [-3 / 64, 3 / 64],
        "2.Dense.weights": [[-3 / 32], [-1 / 32]],
        "2.Dense.bias": [-1 / 8],
    }
    assert [parameter.name for parameter in network.parameters()] == list(gradients)
    for parameter in network.parameters():
        np.testing.assert_allclose(
            parameter.gradient, gradients[parameter.name], rtol=1e-12, err_msg=parameter.name
        )

    optimiser = SGD(momentum=0)
    optimiser.attach(network.trained.size, network.dtype)
    optimiser.step(network.trained, network.gradient, learning_rate=0.5)
    np.testing.assert_allclose(output.weights.value, [[2 + 3 / 64], [-2 + 1 / 64]], rtol=1e-12)
    np.testing.assert_allclose(output.offsets.value, [-1 + 1 / 16], rtol=1e-12)
    np.testing.assert_allclose(hidden.offsets.value, [3 / 128, -3 / 128], rtol=1e-12)
    np.testing.assert_allclose(
        hidden.weights.value[2], [2 * ln3 - 3 / 128, 3 / 128], rtol=1e-12
    )


def test_the_seeds_network_is_one_line():
    network = Network.from_spec("784-200-10", activation="sigmoid", output="sigmoid")
    assert network.parameter_count() == 785 * 200 + 201 * 10
    assert network.multiply_adds() == 784 * 200 + 200 * 10
    assert network.predict(np.zeros((3, 28, 28), np.uint8)).shape == (3,)


def test_the_design_networks_cost_what_the_design_says():
    network = Network.from_spec("28x28-c16k5s2-c32k3s2-c48k3s2-64-11", batch_norm=True)
    assert round(network.multiply_adds() / 1000) == 575
    assert round(network.parameter_count() / 1000) == 69


@pytest.mark.parametrize("spec", ["784-20-11", CONVOLUTIONAL])
def test_pictures_of_all_shapes_and_types_are_the_same(spec, rng):
    network = Network.from_spec(spec)
    pictures = rng.integers(0, 256, (5, 28, 28), dtype=np.uint8)
    expected = network.predict_proba(pictures)
    scaled = (pictures / 255).astype(np.float32)
    for same in (
        pictures.reshape(5, 784),
        pictures[..., None],
        scaled,
        scaled.reshape(5, 784),
        scaled.astype(np.float64),
        np.asfortranarray(scaled),
    ):
        np.testing.assert_allclose(network.predict_proba(same), expected, rtol=1e-5)


def test_white_is_exactly_one():
    network = Network([Flatten()], (2, 2))
    np.testing.assert_array_equal(
        network.forward(np.array([[0, 51, 102, 255]], np.uint8)),
        np.array([[0, 0.2, 0.4, 1]], np.float32),
    )


@pytest.mark.parametrize(
    ("x", "message"),
    [
        (np.zeros(784), r"shape \(784,\) are not \(n, ...\) with 28x28x1 each"),
        (np.zeros((2, 27, 28)), "with 28x28x1 each"),
        (np.array([["a"] * 784]), "must be numbers"),
    ],
)
def test_inputs_that_do_not_fit_are_refused(x, message):
    network = Network.from_spec(CONVOLUTIONAL)
    for method in (network.forward, network.predict_proba, network.predict):
        with pytest.raises(ValueError, match=message):
            method(x)


def test_predictions_do_not_depend_on_the_batch_size(rng):
    network = Network.from_spec(CONVOLUTIONAL, batch_norm=True)
    x = rng.random((50, 28, 28), dtype=np.float32)
    expected = network.predict_proba(x)
    np.testing.assert_allclose(expected.sum(axis=1), 1, rtol=1e-5)
    for batch_size in (1, 7, 50):
        np.testing.assert_allclose(network.predict_proba(x, batch_size), expected, rtol=1e-4)
    np.testing.assert_array_equal(network.predict(x), expected.argmax(axis=1))
    assert network.score(x, expected.argmax(axis=1)) == 1
    assert network.predict(x[:0]).shape == (0,)


def test_everything_is_float32(rng):
    network = Network.from_spec(CONVOLUTIONAL, batch_norm=True)
    x = rng.random((4, 28, 28))
    network.loss_and_gradient(x, np.arange(4), CrossEntropy(0.1))
    arrays = [network.values, network.gradient, network.forward(x), network.predict_proba(x)]
    arrays += [kept for layer in network.layers for kept in layer._kept.values()]
    assert {array.dtype for array in arrays} == {np.dtype(np.float32)}


def test_all_parameters_are_views_of_one_vector():
    network = Network.from_spec(CONVOLUTIONAL, batch_norm=True)
    names = [parameter.name for parameter in network.arrays()]
    assert len(set(names)) == len(names)
    network.values[...] = 7
    assert all((parameter.value == 7).all() for parameter in network.arrays())
    network.gradient[...] = 5
    assert all((parameter.gradient == 5).all() for parameter in network.parameters())
    assert sum(parameter.value.size for parameter in network.arrays()) == network.values.size
    assert sum(p.value.size for p in network.parameters()) == network.trained.size


def test_the_seed_decides_the_weights():
    one, same, other = (Network.from_spec("8-4-2", seed=seed) for seed in (1, 1, 2))
    np.testing.assert_array_equal(one.values, same.values)
    assert not np.array_equal(one.values, other.values)


@pytest.mark.parametrize("copied", [copy.deepcopy, lambda n: pickle.loads(pickle.dumps(n))])
def test_a_copy_is_a_whole_network_of_its_own(copied, rng):
    network = Network.from_spec(CONVOLUTIONAL, batch_norm=True, seed=4)
    twin = copied(network)
    x = rng.random((3, 28, 28))
    np.testing.assert_array_equal(twin.predict_proba(x), network.predict_proba(x))
    twin.values[...] = 0
    assert twin.layers[0].weights.value.any() == np.False_
    assert network.values.any()


def test_folding_changes_nothing_but_the_cost(rng):
    layers = [
        *[Conv2D(4, 3, bias=False), BatchNorm(), ReLU()],
        *[Conv2D(3, 3), BatchNorm(), Tanh(), BatchNorm()],
        *[Flatten(), Dense(6, bias=False), BatchNorm(), Sigmoid(), Dense(3), Softmax()],
    ]
    network = Network(layers, (8, 8, 1), dtype=np.float64)
    for parameter in network.arrays():
        parameter.value[...] += 0.2 * rng.random(parameter.shape)
    x = rng.random((20, 8, 8))
    for _ in range(3):
        network.forward(x, training=True)
    folded = network.folded()
    np.testing.assert_allclose(
        folded.predict_proba(x), network.predict_proba(x), rtol=1e-10, atol=1e-12
    )
    kinds = [type(layer).__name__ for layer in folded.layers]
    # The one after an activation has nothing before it to fold into.
    assert kinds.count("BatchNorm") == 1
    assert len(network.layers) == 13


def test_finiteness_covers_weights_and_statistics():
    network = Network.from_spec("4-3-2", batch_norm=True)
    assert network.is_finite()
    for bad in (np.nan, np.inf, -np.inf):
        for parameter in network.arrays():
            kept = parameter.value.flat[0]
            parameter.value.flat[0] = bad
            assert not network.is_finite(), parameter.name
            parameter.value.flat[0] = kept


def test_repr_shows_the_layers():
    assert repr(Network.from_spec("28x28-c2k3s2-10")).splitlines() == [
        "Network(28 x 28 x 1 -> 10: 3,950 parameters, 7,448 multiply-adds)",
        "  Conv2D(channels=2, kernel=3, stride=2, padding=1, bias=True) -> 14 x 14 x 2",
        "  ReLU() -> 14 x 14 x 2",
        "  Flatten() -> 392",
        "  Dense(units=10, bias=True) -> 10",
        "  Softmax() -> 10",
    ]


@pytest.mark.parametrize(
    "make",
    [
        lambda: Network([], (3,)),
        lambda: Network([Dense(2)], (0,)),
        lambda: Network([Dense(2)], (3,), dtype=np.int32),
        lambda: Network.from_spec("784-99999999-10"),
    ],
)
def test_impossible_networks_are_refused(make):
    with pytest.raises(SpecError):
        make()


def test_partial_fit_learns_from_call_to_call(task):
    network = Network.from_spec("64-30-4", activation="tanh")
    x, y = task.bars(1500)
    for start in range(0, 1500, 100):
        for _ in range(4):
            piece = slice(start, start + 100)
            network.partial_fit(x[piece], y[piece], learning_rate=0.01, batch_size=10)
    assert network.score(*task.bars(300, seed=99)) >= 0.8
