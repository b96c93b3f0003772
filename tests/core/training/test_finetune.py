"""A network cut in two and put together again reads as before; a blend lies between."""

from __future__ import annotations

import numpy as np
import pytest

from core.errors import SpecError
from core.network import Network
from core.training import finetune


@pytest.fixture
def images(rng):
    return rng.integers(0, 256, (70, 28, 28)).astype(np.uint8)


@pytest.mark.parametrize("spec", ["784-20-10", "28x28-c4k5s2-c6k3s2-16-11"])
def test_both_halves_read_as_the_whole(spec, images):
    network = Network.from_spec(spec, seed=3).folded()
    parts = finetune.cut(network)
    assert (parts.body is None) == spec.startswith("784")
    theirs = parts.head.predict_proba(parts.features(images))
    assert np.allclose(theirs, network.predict_proba(images), atol=1e-5)
    assert np.array_equal(finetune.joined(network, parts.head).values, network.values)
    assert finetune.hidden_layers(parts.head) == 1


def test_another_head_changes_the_head_alone(images):
    network = Network.from_spec("28x28-c4k5s2-16-11", seed=3)
    head = finetune.cut(network).head
    head.values += 1
    new = finetune.joined(network, head)
    changed = {
        a.name for a, b in zip(new.arrays(), network.arrays(), strict=True)
        if not np.array_equal(a.value, b.value)
    }  # fmt: skip
    assert changed
    assert all("Dense" in name for name in changed)


def test_a_blend_lies_between():
    old, new = (Network.from_spec("784-5-10", seed=seed) for seed in (1, 2))
    assert np.array_equal(finetune.blended(old, new, 0).values, old.values)
    assert np.allclose(finetune.blended(old, new, 1).values, new.values)
    half = finetune.blended(old, new, 0.5).values
    assert np.allclose(half, (old.values + new.values) / 2, atol=1e-6)


def test_it_can_be_stopped_between_batches(images):
    def stop(out, make, rng=None):
        raise InterruptedError

    parts = finetune.cut(Network.from_spec("784-5-10"))
    with pytest.raises(InterruptedError):
        parts.features(images, stop)


def test_no_dense_layer_is_one_line():
    from core.nn.layers import Flatten

    with pytest.raises(SpecError, match="no head"):
        finetune.cut(Network([Flatten()], (4, 4, 1)))
