"""Activation functions: their values, their extremes, and where they write."""

from __future__ import annotations

import numpy as np
import pytest

from core.errors import SpecError
from core.network import Network
from core.nn.layers import ReLU, Sigmoid, Softmax, Tanh


def apply(layer, values):
    return Network([layer], (len(values),)).forward(np.array([values], np.float32))[0]


def test_relu():
    np.testing.assert_array_equal(apply(ReLU(), [-2, 0, 3]), [0, 0, 3])


def test_tanh():
    np.testing.assert_allclose(apply(Tanh(), [0, np.log(2)]), [0, 0.6], rtol=1e-6)


def test_sigmoid():
    # 1 / (1 + exp(-ln 3)) = 3/4; and no overflow at the far ends.
    values = [0, np.log(3), -np.log(3), 1e4, -1e4]
    np.testing.assert_allclose(apply(Sigmoid(), values), [0.5, 0.75, 0.25, 1, 0], atol=1e-6)


def test_softmax():
    # exp gives 1 : 2 : 5.
    np.testing.assert_allclose(
        apply(Softmax(), [0, np.log(2), np.log(5)]), [1 / 8, 2 / 8, 5 / 8], rtol=1e-6
    )


def test_softmax_of_huge_inputs_is_finite():
    np.testing.assert_array_equal(apply(Softmax(), [1e30, -1e30, 0]), [1, 0, 0])


def test_softmax_wants_flat_outputs():
    with pytest.raises(SpecError, match="flat"):
        Softmax().build((2, 2, 3))


@pytest.mark.parametrize("layer", [ReLU, Sigmoid, Tanh, Softmax])
def test_the_callers_array_is_left_alone(layer):
    x = np.array([[-1, 0, 2]], np.float32)
    Network([layer()], (3,)).forward(x)
    np.testing.assert_array_equal(x, [[-1, 0, 2]])


def test_nan_is_passed_on():
    assert np.isnan(apply(ReLU(), [np.nan, 1])[0])


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_relu_passes_the_gradient_on_where_its_output_is_above_zero(dtype):
    relu = ReLU()
    network = Network([relu], (6,), dtype=dtype)
    least = np.finfo(dtype).smallest_subnormal
    network.forward(np.array([[-2, -0.0, 0, least, 3, np.inf]], dtype))
    gradient = np.array([[5, -6, 7, -8, np.inf, 9]], dtype)
    np.testing.assert_array_equal(relu.backward(gradient), [[0, 0, 0, -8, np.inf, 9]])
