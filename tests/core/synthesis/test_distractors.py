"""Objects that are no writing: surfaces are shares of light, outlines are there."""

from __future__ import annotations

import numpy as np
import pytest

from core.synthesis import distractors

SIZE = (48, 64)


@pytest.mark.parametrize("surface", [distractors.cloth, distractors.weave])
def test_surfaces_are_shares_of_light(surface) -> None:
    found = surface(np.random.default_rng(1), SIZE)
    assert found.shape == SIZE
    assert found.dtype == np.float32
    assert found.min() >= 0
    assert found.max() <= 1
    assert found.std() > 0


@pytest.mark.parametrize(
    "outline", [distractors.hand_outline, distractors.object_outline, distractors.cable_outline]
)
def test_an_outline_shades_a_body_and_its_shadow(outline) -> None:
    rng = np.random.default_rng(2)
    shape = outline(rng, SIZE)
    assert shape.size == SIZE[::-1]
    assert 0 < np.count_nonzero(np.asarray(shape)) < SIZE[0] * SIZE[1]
    surface = np.full(SIZE, 0.8, np.float32)
    distractors.shade(rng, surface, shape, 0.3, folds=False)
    assert surface.min() < 0.6
    assert 0 <= surface.min() <= surface.max() <= 1
