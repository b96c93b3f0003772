from __future__ import annotations

import numpy as np
import pytest

from tools.lessons import descent
from tools.lessons.learning import step


def test_small_steps_crawl_good_ones_arrive_and_large_ones_overshoot(page):
    errors = descent.run(page)
    assert (np.diff(errors["too small"]) < 0).all()
    assert errors["too small"][-1] > 10 * errors["good"][-1]
    assert errors["good"][-1] < 0.02
    assert errors["too large"].min() > 5


def test_the_large_steps_leap_from_one_side_of_the_valley_to_the_other(page):
    descent.run(page)
    large = page.rows[0][0].paths[2]
    sides = np.sign(large.y[5:] - 1.0)
    assert (sides[1:] == -sides[:-1]).all()


def test_the_landscape_is_the_error_of_the_network(page):
    descent.run(page)
    land = page.rows[0][0]
    column, row = 30, 40
    outputs = land.y[row] * np.tanh(land.x[column] * descent.INPUTS)
    expected = 0.5 * np.sum((descent.TARGETS - outputs) ** 2)
    assert land.heights[row, column] == pytest.approx(expected)


def test_a_step_is_rate_times_slope():
    from core.network import Network
    from core.nn.layers import Dense

    network = Network([Dense(1, bias=False)], (1,), dtype=np.float64)
    network.values[:] = 2
    error = step(network, np.array([[3.0]]), np.array([[7.0]]), rate=0.1)
    assert error == pytest.approx(1.0)
    assert network.values[0] == pytest.approx(2 + 0.1 * 1.0 * 3.0)
