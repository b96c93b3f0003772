"""Noise textures: mean, deviation, and the same in every process."""

from __future__ import annotations

import numpy as np
import pytest

from core.synthesis.noise import TILE_SIDE, grain_tile, noise_tile


@pytest.mark.parametrize("blur", [0.0, 0.7, 1.5, 4.0])
def test_noise_has_mean_0_and_deviation_1(blur: float) -> None:
    whole = noise_tile(np.random.default_rng(1), (TILE_SIDE, TILE_SIDE), blur)
    assert whole.dtype == np.float32
    assert float(whole.mean()) == pytest.approx(0, abs=0.01)
    assert float(whole.std()) == pytest.approx(1, abs=0.01)


def test_patches_wrap_round_and_depend_on_the_generator_alone() -> None:
    first, again, other = (
        noise_tile(np.random.default_rng(seed), (TILE_SIDE, 700)) for seed in (1, 1, 2)
    )
    np.testing.assert_array_equal(first, again)
    np.testing.assert_array_equal(first[:, : 700 - TILE_SIDE], first[:, TILE_SIDE:])
    assert (first != other).any()


@pytest.mark.parametrize("coarse", [False, True])
def test_grain_is_a_share(coarse: bool) -> None:
    grain = grain_tile(np.random.default_rng(1), (200, 300), coarse=coarse)
    assert grain.shape == (200, 300)
    assert grain.min() >= 0
    assert grain.max() <= 1
    assert float(grain.mean()) == pytest.approx(0.5, abs=0.05)
