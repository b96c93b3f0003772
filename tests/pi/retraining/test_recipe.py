"""The recipe of a night: what its plan and its gate rely on."""

from __future__ import annotations

import json
from dataclasses import asdict, replace

import pytest

from pi.retraining.recipe import Recipe


def test_the_largest_blend_is_tried_first():
    shares = Recipe().blend_shares
    assert list(shares) == sorted(shares, reverse=True)
    assert 0 < min(shares) <= max(shares) < 1


@pytest.mark.parametrize("change", [{"epochs": 9}, {"held_out": (600, 300, 99)}])
def test_another_recipe_is_another_plan(change):
    one, other = (
        json.loads(json.dumps(asdict(each))) for each in (Recipe(), replace(Recipe(), **change))
    )
    assert one != other
    assert one == json.loads(json.dumps(asdict(Recipe())))
