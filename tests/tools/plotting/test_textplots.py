"""Plots as characters."""

from __future__ import annotations

import numpy as np

from tools.plotting import textplots
from tools.plotting.panels import Chart, Pictures


def test_a_line_runs_from_corner_to_corner_and_what_is_outside_is_not_drawn(line_chart):
    lines = textplots.text([line_chart], 40).splitlines()
    assert lines[0] == "A title"
    rows = [line.partition("|")[2] for line in lines if "|" in line]
    assert rows[0].rstrip().endswith("..")
    assert rows[-1].startswith("..")
    assert "".join(rows).count("o") == 1
    assert rows[0].index("o") == round(0.5 * (40 - 8 - 1))
    assert lines[-1] == ". line   o dots"
    assert max(map(len, lines)) <= 40


def test_axes_carry_their_ends_and_names(line_chart):
    text = textplots.text([line_chart], 40)
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


def test_landscape_is_dark_where_it_is_high_and_shows_the_path(landscape):
    rows = [
        line.partition("|")[2] for line in textplots.text([landscape], 40).splitlines()
        if "|" in line
    ]  # fmt: skip
    assert rows[-1][0] == "A"
    assert rows[0].rstrip()[-1] == "A"
    shade = textplots.SHADES.index
    assert shade(rows[-1][1]) < shade(rows[0][-2])


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
