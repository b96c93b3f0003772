from __future__ import annotations

import numpy as np

from tools.lessons import logic


def test_one_neuron_learns_and_and_or(page):
    outputs = logic.run(page)
    assert outputs["AND"].round().tolist() == [0, 0, 0, 1]
    assert outputs["OR"].round().tolist() == [0, 1, 1, 1]


def test_one_neuron_fails_at_xor_with_all_outputs_in_the_middle(page):
    assert np.abs(logic.run(page)["XOR"] - 0.5).max() < 0.01


def test_the_drawn_line_is_where_the_neuron_says_one_half():
    chart = logic.drawn("AND", [0, 0, 0, 1], 2.0, 4.0, -3.0)
    line = chart.series[-1]
    assert np.allclose(2 * line.x + 4 * line.y - 3, 0)
