from __future__ import annotations

import numpy as np
import pytest

from core.data import datasets
from tools.lessons import digits
from tools.lessons.network import NeuralNetwork


def test_inputs_and_targets_are_those_of_the_talk():
    inputs = digits.scaled(np.array([[[0, 255]]], dtype=np.uint8))
    assert inputs.dtype == np.float32
    assert inputs.tolist() == [pytest.approx([0.01, 1.0])]
    wanted = digits.targets(3)
    assert wanted[3] == pytest.approx(0.99)
    assert np.delete(wanted, 3) == pytest.approx(0.01)


def test_the_hundred_and_the_ten_are_the_first_of_mnist(mnist):
    for ours, split in zip(digits.hundred(), ("train", "test"), strict=True):
        whole = datasets.load(mnist, split)
        assert np.array_equal(ours.images, whole.images[: len(ours)])
        assert np.array_equal(ours.labels, whole.labels[: len(ours)])


def test_there_are_a_hundred_and_ten_of_them():
    train, test = digits.hundred()
    assert (len(train), len(test)) == (100, 10)
    assert set(train.labels.tolist()) == set(range(10))


def test_an_epoch_trains_with_every_digit_once_in_order(monkeypatch):
    seen = []
    network = NeuralNetwork(784, 1, 10, 0.1)
    monkeypatch.setattr(network, "train", lambda x, t: seen.append((x.max(), t.argmax())))
    train = digits.first(digits.hundred()[0], 5)
    digits.epoch(network, train)
    assert [label for _, label in seen] == train.labels.tolist()
    assert all(ink <= 1.0 for ink, _ in seen)


def test_the_short_course_teaches_the_hundred(page):
    network, tried = digits.taught(page)
    assert len(tried) == 100
    assert digits.score(network, tried) > 0.95
