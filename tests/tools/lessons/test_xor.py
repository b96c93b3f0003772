from __future__ import annotations

import numpy as np

from tools.lessons import xor


def test_three_neurons_learn_xor(page):
    assert np.abs(xor.run(page) - [0, 1, 1, 0]).max() < 0.05


def test_both_lines_are_drawn_and_what_the_network_says(page):
    xor.run(page)
    ((chart, says),) = page.rows
    assert [series.label for series in chart.series] == ["no", "yes", "line 1", "line 2"]
    places = [(0.0, 0.0), (0.0, 1.0), (1.0, 0.0), (1.0, 1.0)]
    nearest = [
        says.heights[np.abs(says.y - b).argmin(), np.abs(says.x - a).argmin()]
        for a, b in places
    ]
    assert np.round(nearest).tolist() == [0, 1, 1, 0]


def test_the_lines_have_the_two_yes_on_other_sides_than_the_two_no(page):
    xor.run(page)
    chart = page.rows[0][0]
    for series in chart.series[2:]:
        slope = (series.y[1] - series.y[0]) / (series.x[1] - series.x[0])
        side = [b > series.y[0] + slope * (a - series.x[0]) for a, b in xor.INPUTS]
        assert side[0] == side[3]
        assert side[1] != side[2]
