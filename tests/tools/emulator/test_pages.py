"""The sheets that the emulated Pi is shown: each is read as what is written on it."""

from __future__ import annotations

import io

import numpy as np
import pytest
from PIL import Image

from core.reading.reader import Reader
from tools.emulator import pages


@pytest.fixture(scope="module")
def reader():
    return Reader.default()


def frame(digit):
    return np.asarray(Image.open(io.BytesIO(pages.page(digit))))


@pytest.mark.parametrize("digit", range(10))
def test_each_sheet_is_read_as_its_digit(reader, digit):
    seen = frame(digit)
    assert seen.shape == (pages.HEIGHT, pages.WIDTH)
    assert seen.dtype == np.uint8
    assert reader.read(seen).digit == digit


def test_an_empty_sheet_is_empty(reader):
    seen = frame(None)
    assert seen.min() == seen.max()
    assert reader.read(seen).state == "empty"


def test_strokes_are_curves_through_their_points_and_corners_where_they_are_marked():
    curve, line = pages.strokes("1: 0,0 10,10 20,0 / 5,5 5,15! 15,15")
    assert curve[0] == (0.0, 0.0)
    assert (10.0, 10.0) in curve
    assert curve[-1] == (20.0, 0.0)
    # A curve leaves the straight way between its points; a line with a corner does not.
    assert any(abs(y - x) > 0.5 for x, y in curve if x < 10)
    assert all(x == 5.0 or y == 15.0 for x, y in line)
