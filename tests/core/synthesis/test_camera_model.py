"""Light, fingers and sensor: within their ranges, and where they may be."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from core.synthesis.camera_model import add_thumb, expose, illumination
from core.synthesis.style import Style

PLAIN = Style(lamp=0.0, noise=0.0, blur=0.0)


def test_without_lamp_and_shadow_light_is_even() -> None:
    light = illumination(np.random.default_rng(1), PLAIN, (60, 80))
    np.testing.assert_array_equal(light, np.ones((60, 80), np.float32))


@pytest.mark.parametrize("name", ["lamp", "vignette", "shadow"])
def test_light_falls_off(name: str) -> None:
    style = replace(PLAIN, **{name: 0.5})
    light = illumination(np.random.default_rng(1), style, (60, 80))
    assert light.shape == (60, 80)
    assert light.max() <= 1.05
    assert 0.4 < light.min() < 0.95


def test_a_thumb_spares_the_digit() -> None:
    free = (100, 60, 200, 160)
    for seed in range(10):
        scene = np.ones((240, 320), np.float32)
        add_thumb(np.random.default_rng(seed), scene, free)
        np.testing.assert_allclose(scene[60:160, 100:200], 1, atol=0.02)


def test_exposure_scales_light_to_greys() -> None:
    scene = np.full((50, 60), 0.5, np.float32)
    frame = expose(np.random.default_rng(1), scene, PLAIN)
    assert frame.dtype == np.uint8
    assert set(np.unique(frame)) <= {127, 128}
    dark = expose(np.random.default_rng(1), scene, replace(PLAIN, exposure=0.5))
    assert int(dark.max()) in (63, 64)
    noisy = expose(np.random.default_rng(1), scene, replace(PLAIN, noise=5.0))
    assert float(noisy.std()) == pytest.approx(5, abs=0.5)
