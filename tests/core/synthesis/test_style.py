"""Styles: drawn within their ranges, and legible."""

from __future__ import annotations

import numpy as np
import pytest

from core.synthesis.style import BACKGROUNDS, PAPERS, Style, between, chance


@pytest.mark.parametrize("crop", [True, False])
def test_sampled_styles_are_within_their_ranges(crop: bool) -> None:
    rng = np.random.default_rng(1)
    styles = [Style.sample(rng, crop=crop) for _ in range(100)]
    assert {style.crop for style in styles} == {crop}
    assert {style.paper for style in styles} == set(PAPERS)
    assert {style.background for style in styles} <= set(BACKGROUNDS)
    for style in styles:
        assert 0 < style.ink <= 1
        assert 0.1 < style.height < 1
        assert 0 <= min(style.place) <= max(style.place) <= 1
        assert abs(style.rotation) <= 16


def test_usual_styles_show_the_digit_large_and_whole() -> None:
    rng = np.random.default_rng(1)
    for _ in range(50):
        style = Style.usual(rng)
        assert style.height >= 0.35
        assert style.ink >= 0.5
        assert style.edge is None
        assert style.neighbours == 0
        assert 0.2 <= min(style.place) <= max(style.place) <= 0.8


def test_chances_and_ranges() -> None:
    rng = np.random.default_rng(1)
    assert not any(chance(rng, 0.0) for _ in range(20))
    assert all(chance(rng, 1.0) for _ in range(20))
    assert all(2 <= between(rng, 2, 3) <= 3 for _ in range(20))
