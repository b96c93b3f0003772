"""Crops set more upright: against the lean of the ink, with the same greys everywhere."""

from __future__ import annotations

import numpy as np
import pytest
from PIL import Image

from core.vision.upright import DEGREES, lean, set_upright


def bar(degrees: float) -> np.ndarray:
    """A bar leaning to the left by so much."""
    image = np.zeros((28, 28), np.uint8)
    image[4:24, 12:16] = 255
    turned = Image.fromarray(image).rotate(degrees, Image.Resampling.BICUBIC)
    return np.asarray(turned, np.float32) / np.float32(255)


def test_a_bar_that_leans_is_set_upright() -> None:
    for degrees in (-DEGREES, DEGREES):
        upright = set_upright(bar(degrees))
        assert upright.dtype == np.float32
        assert upright.shape == (28, 28)
        assert upright.min() >= 0
        assert upright.max() <= 1
        columns = upright.sum(axis=0)
        assert columns[11:17].sum() > 0.97 * columns.sum()


def test_it_is_set_upright_by_as_much_as_asked() -> None:
    columns = set_upright(bar(30), 30).sum(axis=0)
    assert columns[11:17].sum() > 0.97 * columns.sum()


@pytest.mark.parametrize("degrees", [-30, -10, 0, 10, 30])
def test_the_lean_is_the_slope_of_the_ink(degrees: float) -> None:
    assert lean(bar(degrees)) == pytest.approx(-np.tan(np.radians(degrees)), abs=0.05)


def test_an_empty_crop_stays_empty() -> None:
    assert lean(np.zeros((28, 28), np.float32)) == 0
    assert not set_upright(np.zeros((28, 28), np.float32)).any()
