"""Layer: built once, without memory; buffers that are reused."""

from __future__ import annotations

import numpy as np
import pytest

from core.errors import SpecError
from core.network import Network
from core.nn.layer import whole_number
from core.nn.layers import Dense, ReLU, build, named_parameters


def test_buffers_are_kept_from_call_to_call(rng):
    network = Network([Dense(4), ReLU()], (3,))
    first = network.forward(rng.standard_normal((8, 3)))
    second = network.forward(rng.standard_normal((5, 3)))
    assert np.shares_memory(first, second)
    assert second.shape == (5, 4)


def test_a_layer_belongs_to_one_network():
    layer = Dense(3)
    Network([layer], (2,))
    with pytest.raises(SpecError, match="already part"):
        Network([layer], (2,))


def test_building_allocates_nothing():
    layers = [Dense(10**9), Dense(10**9)]
    assert build(layers, (10**9,)) == (10**9,)
    assert [p.name for p in named_parameters(layers)][:2] == ["0.Dense.weights", "0.Dense.bias"]
    assert all(parameter.value.size == 0 for parameter in named_parameters(layers))


@pytest.mark.parametrize("value", [0, 2.0, "2", True, None])
def test_what_is_no_whole_number_is_refused_with_its_name(value):
    assert whole_number("Dense", "units", np.int32(2), 1) == 2
    with pytest.raises(SpecError, match="Dense: units must be a whole number >= 1"):
        whole_number("Dense", "units", value, 1)
