"""The recipe of the shipped weights: what its parts must agree on."""

from __future__ import annotations

from core.network import Network
from tools.train_base import crops, recipe


def test_the_network_is_what_its_sentence_says():
    network = Network.from_spec(recipe.SPEC)
    assert (network.input_shape, network.output_shape) == ((28, 28, 1), (11,))
    assert round(network.multiply_adds() / 1000) == 656


def test_pool_and_held_out_have_every_kind():
    assert set(recipe.POOL) == set(recipe.HELD_OUT) == set(crops.KINDS)
    # Every digit that may be learnt from is read once, in its own frame.
    assert recipe.POOL["mnist"] * crops.CHUNK == 60_000 - crops.VALIDATION


def test_the_hard_phase_comes_before_the_gentle_one():
    first, last = recipe.PHASES
    assert first.learning_rate > last.learning_rate
    assert first.augmenter.rotation > last.augmenter.rotation
