from __future__ import annotations

import numpy as np

from tools.lessons import digits, hundred
from tools.lessons.network import NeuralNetwork


def test_a_hundred_digits_teach_most_of_the_ten(page):
    assert hundred.run(page) >= 0.6


def test_the_table_is_what_the_network_answers():
    network = NeuralNetwork(784, 20, 10, 0.3)
    _, test = digits.hundred()
    heading, *rows = hundred.table(network, test, (7, 0, 9)).splitlines()
    assert heading.split('"')[1::2] == ["7", "0", "9"]
    numbers = np.array([row.split() for row in rows], dtype=float)
    assert numbers[:, 0].tolist() == list(range(10))
    for column, place in enumerate((0, 3, 9), 1):
        answer = network.query(digits.scaled(test.images[[place]]))[:, 0]
        assert np.abs(numbers[:, column] - answer).max() <= 0.005001
