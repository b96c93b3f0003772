"""tools.plotting.panels and tools.plotting.textplots: what is drawn as text, and that
matplotlib draws it."""

from __future__ import annotations

import io
import sys

import numpy as np
import pytest
from PIL import Image

from core.errors import StorageError
from tools.plotting import panels, textplots
from tools.plotting.optional import MissingExtraError, load_optional
from tools.plotting.panels import Chart, Landscape, Pictures


def line_chart():
    chart = Chart("A title", "width", "length", (0, 10), (0, 5))
    chart.line("line", [0, 10], [0, 5])
    chart.points("dots", [5, 50], [5, 50])
    return chart


def landscape():
    x, y = np.linspace(0, 1, 5), np.linspace(0, 1, 4)
    land = Landscape("Land", "a", "b", x, y, np.add.outer(y, x))
    land.path("walk", [0, 1], [0, 1])
    return land


def test_a_line_runs_from_corner_to_corner_and_what_is_outside_is_not_drawn():
    lines = textplots.text([line_chart()], 40).splitlines()
    assert lines[0] == "A title"
    rows = [line.partition("|")[2] for line in lines if "|" in line]
    assert rows[0].rstrip().endswith("..")
    assert rows[-1].startswith("..")
    assert "".join(rows).count("o") == 1
    assert rows[0].index("o") == round(0.5 * (40 - 8 - 1))
    assert lines[-1] == ". line   o dots"
    assert max(map(len, lines)) <= 40


def test_axes_carry_their_ends_and_names():
    text = textplots.text([line_chart()], 40)
    assert "      5 |" not in text  # The number stands against the axis.
    assert "    5 |" in text
    assert "    0 |" in text
    last = text.splitlines()[-2]
    assert last.split() == ["0", "width", "10"]


def test_the_end_of_an_axis_is_written_out():
    chart = Chart("", "x", "y", (0, 10_000), (0, 0.125))
    chart.line("", [0, 1], [0, 1])
    text = textplots.text([chart], 40)
    assert text.splitlines()[-1].split() == ["0", "x", "10000"]
    assert text.splitlines()[2].startswith(" 0.125 |")


def test_spread_shows_the_median_between_the_least_and_the_greatest():
    chart = Chart("", "x", "y", (0, 2), (0, 10))
    chart.spread("runs", [1], [[2, 9, 3]])
    (series,) = chart.series
    assert (series.low, series.y, series.high) == ([2], [3], [9])
    rows = [line for line in textplots.text([chart], 40).splitlines() if line[7:8] == "|"]
    drawn = "".join(row[8:].strip() for row in rows)
    assert drawn.count("o") == 1
    assert drawn.startswith("|")


def test_landscape_is_dark_where_it_is_high_and_shows_the_path():
    rows = [
        line.partition("|")[2] for line in textplots.text([landscape()], 40).splitlines()
        if "|" in line
    ]  # fmt: skip
    assert rows[-1][0] == "A"
    assert rows[0].rstrip()[-1] == "A"
    shade = textplots.SHADES.index
    assert shade(rows[-1][1]) < shade(rows[0][-2])


@pytest.mark.parametrize(("even", "wanted"), [(True, [25, 50, 75]), (False, [0, 50, 100])])
def test_levels_are_even_or_fit_the_heights(even, wanted):
    heights = np.array([[0.0, 0.0, 0.0, 50.0, 100.0, 100.0, 100.0]])
    land = Landscape("", "", "", np.arange(7), np.arange(1), heights, even=even)
    assert np.allclose(land.levels(3), wanted)


def test_pictures_are_dark_where_there_is_ink():
    image = np.zeros((28, 28))
    image[:14, :14] = 255
    lines = textplots.text([Pictures("P", [image], ["seven"])], 79).split("\n")
    assert lines[:2] == ["P", "seven"]
    assert lines[2] == "@" * 28
    assert lines[2 + 13 :] == ["@" * 28] + [""] * 14


def test_pictures_stand_beside_each_other_as_far_as_they_fit():
    lines = textplots.pictures(Pictures("P", [np.ones((8, 8))] * 5, list("abcde")), 79)
    assert lines[1].split() == ["a", "b", "c", "d"]
    assert lines[10].split() == ["e"]


def test_each_picture_may_have_its_own_ink():
    images = [np.array([[0.0, 1.0]]), np.array([[0.0, 10.0]])]
    assert [image.max() for image in Pictures("", images).scaled()] == [0.1, 1]
    assert [image.max() for image in Pictures("", images, each=True).scaled()] == [1, 1]


def test_a_picture_all_of_one_colour_is_no_division_by_zero():
    assert Pictures("", [np.full((2, 2), 7.0)]).scaled()[0].max() == 0


def test_the_same_is_drawn_by_matplotlib(tmp_path):
    pytest.importorskip("matplotlib")
    pictures = Pictures("Pictures", [np.eye(8)] * 3, list("abc"))
    path = tmp_path / "out.png"
    panels.save([[line_chart(), landscape()], [pictures]], path)
    picture = Image.open(path)
    assert picture.width == round(2 * panels.WIDTH * panels.DPI)
    # All of it is there: the page is not blank, and not one colour.
    assert len(set(picture.convert("L").tobytes())) > 50
    first = path.read_bytes()
    panels.save([[line_chart(), landscape()], [pictures]], path)
    assert path.read_bytes() == first


def test_a_folder_that_is_not_there_is_one_line(tmp_path):
    pytest.importorskip("matplotlib")
    with pytest.raises(StorageError, match="none"):
        panels.save([[line_chart()]], tmp_path / "none" / "out.png")


def test_matplotlib_missing_is_one_line_with_the_remedy(monkeypatch):
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    monkeypatch.delitem(sys.modules, "matplotlib.figure", raising=False)
    with pytest.raises(MissingExtraError, match=r"matplotlib .* pip install -e '\.\[plots\]'"):
        panels.save([[line_chart()]], io.BytesIO())


def test_a_library_that_lacks_something_itself_is_not_called_missing(tmp_path, monkeypatch):
    (tmp_path / "zd_broken.py").write_text("import zd_not_there\n")
    monkeypatch.syspath_prepend(str(tmp_path))
    with pytest.raises(ModuleNotFoundError, match="zd_not_there"):
        load_optional("zd_broken", "plots")
