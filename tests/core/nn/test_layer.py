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
    layers = [Dense(300), Dense(100_000)]
    assert build(layers, (200_000,)) == (100_000,)
    assert [p.name for p in named_parameters(layers)][:2] == ["0.Dense.weights", "0.Dense.bias"]
    assert all(parameter.value.size == 0 for parameter in named_parameters(layers))


@pytest.mark.parametrize(
    ("layers", "input_shape", "said"),
    [
        ([Dense(10), *[Dense(1 << 19) for _ in range(2)]], (4,), "keep more than 1,048,576"),
        ([ReLU()], (1 << 20,), "keep more than 1,048,576 values"),
        (
            [Dense(200), Dense(200), Dense(500_000)],
            (9,),
            "multiply more than 100,000,000 times",
        ),
        ([ReLU() for _ in range(301)], (4,), "a network has 1 to 300 layers, not 301"),
        ([ReLU()], (), "inputs have 1 to 4 dimensions, not 0"),
    ],
)
def test_networks_too_large_to_be_computed_with_are_refused(layers, input_shape, said):
    with pytest.raises(SpecError, match=said):
        build(layers, input_shape)


@pytest.mark.parametrize("value", [0, 2.0, "2", True, None])
def test_what_is_no_whole_number_is_refused_with_its_name(value):
    assert whole_number("Dense", "units", np.int32(2), 1) == 2
    with pytest.raises(SpecError, match="Dense: units must be a whole number >= 1"):
        whole_number("Dense", "units", value, 1)
