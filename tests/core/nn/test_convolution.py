"""Conv2D against a convolution written as loops."""

from __future__ import annotations

import numpy as np
import pytest

from core.errors import SpecError
from core.network import Network
from core.nn.layers import Conv2D

SHAPES = [
    (1, 1, 0, (4, 5, 1)),
    (3, 1, 0, (6, 5, 2)),
    (3, 1, 1, (6, 5, 2)),
    (5, 2, 2, (28, 28, 1)),
    (3, 2, 1, (7, 8, 3)),
    (2, 3, 0, (7, 8, 2)),
    (3, 3, 2, (5, 5, 1)),
]


def plain_loops(x, weights, bias, kernel, stride, padding):
    """The definition, one product after the other."""
    n, height, width, depth = x.shape
    padded = np.zeros((n, height + 2 * padding, width + 2 * padding, depth))
    padded[:, padding : padding + height, padding : padding + width] = x
    rows = (height + 2 * padding - kernel) // stride + 1
    columns = (width + 2 * padding - kernel) // stride + 1
    kernels = weights.reshape(kernel, kernel, depth, -1)
    y = np.zeros((n, rows, columns, kernels.shape[3]))
    for i, row, column, channel in np.ndindex(y.shape):
        y[i, row, column, channel] = bias[channel]
        for ky, kx, c in np.ndindex(kernel, kernel, depth):
            pixel = padded[i, row * stride + ky, column * stride + kx, c]
            y[i, row, column, channel] += pixel * kernels[ky, kx, c, channel]
    return y


@pytest.mark.parametrize(("kernel", "stride", "padding", "shape"), SHAPES)
def test_convolution_is_what_plain_loops_say(kernel, stride, padding, shape, rng):
    layer = Conv2D(3, kernel, stride, padding)
    network = Network([layer], shape, dtype=np.float64)
    layer.offsets.value[...] = rng.standard_normal(3)
    x = rng.standard_normal((2, *shape))
    expected = plain_loops(x, layer.weights.value, layer.offsets.value, kernel, stride, padding)
    assert layer.output_shape == expected.shape[1:]
    np.testing.assert_allclose(network.forward(x), expected, rtol=1e-12, atol=1e-12)


def test_padding_stays_zero_when_batches_of_other_sizes_follow(rng):
    layer = Conv2D(2, 3, padding=1)
    network = Network([layer], (4, 4, 1))
    x = rng.standard_normal((8, 4, 4, 1)).astype(np.float32)
    expected = network.forward(x).copy()
    network.forward(x[:3])
    network.forward(np.concatenate([x, x]))
    np.testing.assert_array_equal(network.forward(x), expected)


def test_an_input_that_is_not_contiguous(rng):
    network = Network([Conv2D(2, 3)], (4, 4, 1))
    x = rng.standard_normal((4, 4, 5, 1)).astype(np.float32).transpose(1, 0, 2, 3)[:, :, :4]
    np.testing.assert_array_equal(
        network.forward(x).copy(), network.forward(np.ascontiguousarray(x))
    )


def test_cost_is_counted():
    layer = Conv2D(16, 5, stride=2, padding=2)
    layer.build((28, 28, 1))
    assert layer.multiply_adds() == 14 * 14 * 16 * 25


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"channels": 0, "kernel": 3}, "channels must be a whole number >= 1"),
        ({"channels": 2, "kernel": 2.5}, "kernel must be a whole number >= 1"),
        ({"channels": 2, "kernel": 3, "stride": 0}, "stride must be a whole number >= 1"),
        ({"channels": 2, "kernel": 3, "padding": 3}, "padding 3 must be smaller than kernel 3"),
    ],
)
def test_impossible_convolutions_are_refused(options, message):
    with pytest.raises(SpecError, match=message):
        Conv2D(**options)


@pytest.mark.parametrize(
    ("shape", "message"), [((784,), "needs"), ((4, 4, 1), "does not fit into an input of 4x4")]
)
def test_inputs_that_do_not_fit_are_refused(shape, message):
    with pytest.raises(SpecError, match=message):
        Conv2D(1, 5).build(shape)
