"""Every layer and loss against central differences, in float64."""

from __future__ import annotations

import numpy as np
import pytest

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
