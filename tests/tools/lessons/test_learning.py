from __future__ import annotations

import numpy as np
import pytest

from core.network import Network
from core.nn.layers import Dense
from tools.lessons.learning import step


def test_a_step_goes_down_the_slope_of_half_the_squared_error():
    network = Network([Dense(1)], input_shape=(2,))
    weights, bias = network.parameters()
    weights.value[...], bias.value[...] = 0, 0
    inputs, targets = np.array([[1, 2]], np.float32), np.array([[3]], np.float32)
    assert step(network, inputs, targets, 0.1).tolist() == [[3]]
    # The slope of a weight is -error times its input.
    assert weights.value.ravel().tolist() == pytest.approx([0.3, 0.6])
    assert bias.value.ravel().tolist() == pytest.approx([0.3])
    assert abs(step(network, inputs, targets, 0.1)[0, 0]) < 3
