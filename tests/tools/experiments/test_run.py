from __future__ import annotations

import numpy as np
import pytest

from core.data.datasets import Dataset
from tools.experiments import run as module
from tools.experiments.run import HUNDRED, Run, carry_out
from tools.lessons import digits

SMALL = Run(hidden=(12,), rate=0.3, epochs=3, images=HUNDRED)


digits_of_the_repository = digits.hundred()


@pytest.fixture(autouse=True)
def _no_leftovers():
    module.data.cache_clear()
    module.turned.cache_clear()
    yield
    module.data.cache_clear()
    module.turned.cache_clear()


def test_a_run_is_the_talks_training(monkeypatch):
    monkeypatch.setattr(digits, "hundred", lambda: 2 * (digits_of_the_repository[0],))
    outcome = carry_out(SMALL)
    network = module.NeuralNetwork(784, 12, 10, 0.3)
    expected = []
    for _ in range(3):
        digits.epoch(network, digits_of_the_repository[0])
        expected.append(digits.score(network, digits_of_the_repository[0]))
    assert outcome.by_epoch == tuple(expected)
    assert outcome.accuracy == expected[-1] > 0.3
    assert outcome.seconds > 0


def test_the_seed_decides_the_result():
    first, again = carry_out(SMALL), carry_out(SMALL)
    assert first.by_epoch == again.by_epoch


def test_turned_digits_come_thrice_upright_left_and_right():
    upright, left, right = module.turned(HUNDRED, 10.0)
    assert np.array_equal(upright, digits_of_the_repository[0].images)
    assert left.shape == right.shape == upright.shape
    assert not np.array_equal(left, right)
    # A bar to the right of the middle: anticlockwise is up.
    bar = np.zeros((1, 28, 28), np.uint8)
    bar[0, 13:15, 16:26] = 255
    rows = np.arange(28)
    height = [(module.rotated(bar, d)[0].sum(axis=1) @ rows) / bar.sum() for d in (10, 0, -10)]
    assert height[0] < height[1] - 0.5
    assert height[2] > height[1] + 0.5


def test_turned_digits_are_learnt_too(monkeypatch):
    seen = []

    class Counting(module.NeuralNetwork):
        def train(self, inputs_list, targets_list):
            seen.append(int(np.argmax(targets_list)))

    monkeypatch.setattr(module, "NeuralNetwork", Counting)
    carry_out(Run(hidden=(3,), epochs=1, images=HUNDRED, rotation=10.0))
    labels = digits_of_the_repository[0].labels.tolist()
    assert seen == [label for label in labels for _ in range(3)]


def test_only_so_many_digits_are_used(monkeypatch):
    whole = digits_of_the_repository[0]
    monkeypatch.setattr(digits, "mnist", lambda: (whole, whole))
    train, test = module.data(7)
    assert (len(train), len(test)) == (7, len(whole))


def test_without_mnist_the_way_to_it_is_named(monkeypatch):
    monkeypatch.setattr(digits, "mnist", lambda: None)
    with pytest.raises(ValueError, match="fetch_mnist"):
        module.data(1000)


def test_a_network_that_is_not_finite_scores_nothing(monkeypatch):
    ink = np.full((1, 28, 28), 255, np.uint8)
    one = Dataset(ink, np.zeros(1, np.uint8))
    monkeypatch.setattr(digits, "hundred", lambda: (one, one))
    monkeypatch.setattr(
        module.NeuralNetwork, "train", lambda self, x, t: self.network.values.fill(np.nan)
    )
    assert carry_out(Run(hidden=(2,), epochs=1, images=HUNDRED)).by_epoch == (0.0,)


def test_cost_grows_with_what_there_is_to_do():
    plain = Run()
    assert Run(epochs=10).cost() == 2 * plain.cost()
    assert Run(rotation=10.0).cost() == 3 * plain.cost()
    assert Run(hidden=(400,)).cost() > 1.5 * plain.cost()


def test_in_words():
    assert Run().in_words() == "200 hidden, rate 0.1, 5 epochs"
    words = Run(hidden=(500, 20), rate=0.025, epochs=1, rotation=10.0).in_words()
    assert words == "500-20 hidden, rate 0.025, 1 epoch, turned 10 degrees"
