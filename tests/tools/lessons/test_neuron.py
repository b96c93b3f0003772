from __future__ import annotations

import numpy as np
import pytest

from tools.lessons import neuron


def test_by_hand_and_by_core_is_the_same(page):
    neuron.run(page)
    total = 0.9 * 0.5 - 0.1 * 0.4 + 0.8 * 0.3 + 0.2
    shown = page.stream.getvalue()
    assert f"sum with the bias of 0.2: {total:.2f}" in shown
    assert shown.count(f"{1 / (1 + np.exp(-total)):.4f}") == 2


@pytest.mark.parametrize("name", ["Sigmoid", "Tanh", "ReLU", "Softmax"])
def test_the_slope_is_the_slope_of_the_curve(page, name):
    outputs, slopes = neuron.run(page)[name]
    measured = (outputs[2:] - outputs[:-2]) / (neuron.SIGNALS[2:] - neuron.SIGNALS[:-2])
    corner = np.abs(neuron.SIGNALS[1:-1]) < 0.06 if name == "ReLU" else np.zeros(119, bool)
    assert np.abs(measured - slopes[1:-1])[~corner].max() < 4e-3


def test_softmax_of_three_equal_signals_is_a_third(page):
    outputs, slopes = neuron.run(page)["Softmax"]
    assert outputs[60] == pytest.approx(1 / 3)
    assert slopes[60] == pytest.approx(2 / 9)
    assert [len(row) for row in page.rows] == [2, 2]
