"""Sequential: worked by hand, its inputs, its vectors, its copies, and all gradients."""

from __future__ import annotations

import copy
import math
import pickle

import numpy as np
import pytest

from core.errors import SpecError
from core.network import Network
from core.nn.layers import (
    BatchNorm,
    Conv2D,
    Dense,
    Flatten,
    Layer,
    ReLU,
    Sigmoid,
    Softmax,
    Tanh,
)
from core.nn.losses import CrossEntropy, Loss, SquaredError
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


def test_without_a_seed_the_weights_are_the_callers():
    config = Network.from_spec(CONVOLUTIONAL).config()
    assert np.any(Network.from_config(config).values)
    blank = Network.from_config(config, seed=None)
    assert not np.any(blank.trained)
    assert blank.config() == config


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


def test_the_bound_of_what_is_computed_holds_for_all_inputs(rng):
    network = Network.from_spec("28x28-c3k5s2-8-4", batch_norm=True, seed=1)
    network.forward(rng.standard_normal((30, 28, 28)).astype(np.float32), training=True)
    bound = network.largest(2.0)
    x = network.as_batch(rng.uniform(-2, 2, (50, 28, 28)).astype(np.float32))
    for layer in network.layers:
        x = layer.forward(x)
        assert np.abs(x).max() <= bound
    assert bound < 1e6
    network.layers[0].weights.value[0, 0] = 3e38
    assert network.largest(1.0) > 3e38
    network.values[-1] = -1
    assert not network.largest(1.0) < np.inf


def test_wide_networks_take_few_inputs_at_a_time():
    assert Network.from_spec("784-200-10").at_once(256) == 256
    wide = Network.from_spec("28x28-c32k3-c32k3-10")
    assert 1 < wide.at_once(256) < 50
    x = np.zeros((60, 28, 28), np.float32)
    assert wide.predict_proba(x).shape == (60, 10)


# Every layer and loss against central differences, in float64

STEP = 1e-5
TOLERANCE = 1e-7


class Unfused(CrossEntropy):
    """The cross-entropy without its shortcut, so that Softmax.backward is used."""

    fuses_softmax = False


def numerical(function, values):
    """Central differences of a function of no arguments with respect to `values`, in place."""
    gradient = np.empty_like(values)
    for index in np.ndindex(values.shape):
        kept = values[index]
        values[index] = kept + STEP
        above = function()
        values[index] = kept - STEP
        below = function()
        values[index] = kept
        gradient[index] = (above - below) / (2 * STEP)
    return gradient


def assert_close(got, expected, what):
    worst = np.unravel_index(np.argmax(np.abs(got - expected)), got.shape)
    assert np.allclose(got, expected, rtol=1e-6, atol=TOLERANCE), (
        f"gradient of {what}, worst at {worst}: "
        f"got {got[worst]:.9g}, expected {expected[worst]:.9g}"
    )


def network_of(layers: list[Layer], shape, rng) -> Network:
    network = Network(layers, shape, seed=3, dtype=np.float64)
    network.trained[...] += 0.3 * rng.standard_normal(network.trained.shape)
    return network


def check(network: Network, loss: Loss, rng, n: int = 3) -> None:
    """Compare all gradients of the parameters with central differences."""
    x = rng.standard_normal((n, *network.input_shape))
    labels = rng.integers(0, network.output_shape[0], n)
    network.loss_and_gradient(x, labels, loss)
    gradients = [parameter.gradient.copy() for parameter in network.parameters()]
    for got, parameter in zip(gradients, network.parameters(), strict=True):
        value = parameter.value
        expected = numerical(lambda: network.loss_and_gradient(x, labels, loss), value)
        assert_close(got, expected, parameter.name)


def check_input(network: Network, rng, n: int = 3) -> None:
    """Compare the gradient of a weighted sum of the outputs with respect to the input."""
    x = rng.standard_normal((n, *network.input_shape))
    weights = rng.standard_normal((n, *network.output_shape))
    network.forward(x, training=True)
    got = network.backward(weights.copy(), input_gradient=True).copy()
    expected = numerical(lambda: float(np.sum(weights * network.forward(x, training=True))), x)
    assert_close(got, expected, f"the input of {network!r}")


LAYERS = {
    "dense": ([Dense(4)], (5,)),
    "dense without bias": ([Dense(4, bias=False)], (5,)),
    "convolution": ([Conv2D(3, 3)], (5, 6, 2)),
    "convolution, stride": ([Conv2D(2, 3, stride=2)], (7, 6, 2)),
    "convolution, padding": ([Conv2D(2, 3, padding=2)], (4, 4, 2)),
    "convolution, stride and padding": ([Conv2D(3, 5, stride=2, padding=2)], (6, 7, 1)),
    "convolution, stride beyond kernel": ([Conv2D(2, 2, stride=3)], (6, 7, 2)),
    "convolution without bias": ([Conv2D(2, 3, bias=False)], (4, 4, 1)),
    "two convolutions": ([Conv2D(2, 3, padding=1), Conv2D(2, 2)], (4, 4, 1)),
    "batch norm": ([BatchNorm()], (4,)),
    "batch norm of pictures": ([BatchNorm()], (3, 3, 2)),
    "batch norm after convolution": ([Conv2D(2, 3, padding=1), BatchNorm()], (4, 4, 1)),
    "batch norm before convolution": ([BatchNorm(), Conv2D(2, 3, padding=1)], (4, 4, 1)),
    "flatten": ([Flatten(), Dense(3)], (2, 3, 2)),
    "sigmoid": ([Sigmoid()], (5,)),
    "relu": ([ReLU()], (5,)),
    "tanh": ([Tanh()], (5,)),
    "softmax": ([Softmax()], (5,)),
    "activation on activation": ([Dense(4), Sigmoid(), Tanh()], (3,)),
    "flatten between activations": ([Conv2D(2, 2), Tanh(), Flatten(), Sigmoid()], (3, 3, 1)),
}


@pytest.mark.parametrize("name", LAYERS)
def test_input_gradient_of_a_layer(name, rng):
    layers, shape = LAYERS[name]
    fresh = [type(layer)(**{k: getattr(layer, k) for k in layer.options}) for layer in layers]
    check_input(network_of(fresh, shape, rng), rng)


@pytest.mark.parametrize("activation", [Sigmoid, ReLU, Tanh])
@pytest.mark.parametrize(
    "loss",
    [SquaredError(), CrossEntropy(0.1), Unfused(0.1)],
    ids=lambda loss: type(loss).__name__,
)
def test_parameter_gradients_of_a_dense_network(activation, loss, rng):
    layers = [Dense(5), BatchNorm(), activation(), Dense(4), activation(), Dense(3), Softmax()]
    check(network_of(layers, (4,), rng), loss, rng, n=6)


@pytest.mark.parametrize(
    "loss", [SquaredError(0.1), CrossEntropy(), Unfused()], ids=lambda loss: type(loss).__name__
)
def test_parameter_gradients_of_a_convolutional_network(loss, rng):
    layers = [
        *[Conv2D(2, 2, padding=1), Sigmoid()],
        *[Conv2D(3, 3, stride=2, padding=1), BatchNorm(), ReLU()],
        *[Conv2D(2, 3, stride=2, padding=1, bias=False), BatchNorm(), Tanh()],
        *[Flatten(), Dense(3), Softmax()],
    ]
    check(network_of(layers, (7, 6, 2), rng), loss, rng, n=4)


def test_parameter_gradients_of_sigmoid_outputs(rng):
    network = network_of([Dense(3), Sigmoid(), Dense(2), Sigmoid()], (4,), rng)
    check(network, SquaredError(), rng)


def test_no_input_gradient_is_made_for_the_first_layer(rng):
    network = network_of([Conv2D(2, 3), Flatten(), Dense(2)], (4, 4, 1), rng)
    dy = np.ones_like(network.forward(rng.standard_normal((2, 4, 4, 1)), training=True))
    assert network.backward(dy) is None


def test_the_check_itself_finds_a_wrong_gradient(rng):
    class Wrong(Tanh):
        def backward(self, dy, input_gradient=True):
            return super().backward(dy) * 1.001

    with pytest.raises(AssertionError, match=r"got .* expected"):
        check_input(network_of([Dense(3), Wrong()], (3,), rng), rng)
