"""What a plot is made of, and that matplotlib draws it."""

from __future__ import annotations

import io
import sys

import numpy as np
import pytest
from PIL import Image

from core.errors import StorageError
from tools.plotting import panels
from tools.plotting.optional import MissingExtraError
from tools.plotting.panels import Landscape, Pictures


@pytest.mark.parametrize(("even", "wanted"), [(True, [25, 50, 75]), (False, [0, 50, 100])])
def test_levels_are_even_or_fit_the_heights(even, wanted):
    heights = np.array([[0.0, 0.0, 0.0, 50.0, 100.0, 100.0, 100.0]])
    land = Landscape("", "", "", np.arange(7), np.arange(1), heights, even=even)
    assert np.allclose(land.levels(3), wanted)


def test_each_picture_may_have_its_own_ink():
    images = [np.array([[0.0, 1.0]]), np.array([[0.0, 10.0]])]
    assert [image.max() for image in Pictures("", images).scaled()] == [0.1, 1]
    assert [image.max() for image in Pictures("", images, each=True).scaled()] == [1, 1]


def test_a_picture_all_of_one_colour_is_no_division_by_zero():
    assert Pictures("", [np.full((2, 2), 7.0)]).scaled()[0].max() == 0


def test_the_same_is_drawn_by_matplotlib(tmp_path, line_chart, landscape):
    pytest.importorskip("matplotlib")
    pictures = Pictures("Pictures", [np.eye(8)] * 3, list("abc"))
    path = tmp_path / "out.png"
    panels.save([[line_chart, landscape], [pictures]], path)
    picture = Image.open(path)
    assert picture.width == round(2 * panels.WIDTH * panels.DPI)
    # All of it is there: the page is not blank, and not one colour.
    assert len(set(picture.convert("L").tobytes())) > 50
    first = path.read_bytes()
    panels.save([[line_chart, landscape], [pictures]], path)
    assert path.read_bytes() == first


def test_a_folder_that_is_not_there_is_one_line(tmp_path, line_chart):
    pytest.importorskip("matplotlib")
    with pytest.raises(StorageError, match="none"):
        panels.save([[line_chart]], tmp_path / "none" / "out.png")


def test_matplotlib_missing_is_one_line_with_the_remedy(monkeypatch, line_chart):
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    monkeypatch.delitem(sys.modules, "matplotlib.figure", raising=False)
    with pytest.raises(MissingExtraError, match=r"matplotlib .* pip install -e '\.\[plots\]'"):
        panels.save([[line_chart]], io.BytesIO())
