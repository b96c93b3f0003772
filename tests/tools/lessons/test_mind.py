from __future__ import annotations

import numpy as np
import pytest

from tools.lessons import digits, mind
from tools.lessons.network import NeuralNetwork


def test_the_inverse_undoes_the_sigmoid():
    sums = np.linspace(-4, 4, 9)
    assert mind.inverse_sigmoid(1 / (1 + np.exp(-sums))) == pytest.approx(sums)
    assert mind.squeezed(sums)[[0, 4, 8]] == pytest.approx([0.01, 0.5, 0.99])


def test_backwards_goes_through_the_same_weights():
    network = NeuralNetwork(784, 6, 10, 0.1, seed=4)
    wih, who = (link.value.T for link in network.network.parameters())
    answer = digits.targets(2)
    hidden = mind.squeezed(who.T @ np.log(answer / (1 - answer)))
    expected = mind.squeezed(wih.T @ np.log(hidden / (1 - hidden)))
    assert mind.backquery(network, answer).ravel() == pytest.approx(expected, abs=1e-5)


def test_an_image_of_each_answer_and_ten_hidden_nodes(page):
    images = mind.run(page)
    assert images.shape == (10, 28, 28)
    assert images.min() >= 0.0099
    assert images.max() <= 0.9901
    assert [len(row[0].images) for row in page.rows] == [10, 10]


def test_the_images_are_like_the_digits(page):
    images = mind.run(page)
    train, _ = digits.hundred()
    means = np.array([train.images[train.labels == n].mean(axis=0).ravel() for n in range(10)])
    alike = np.corrcoef(images.reshape(10, -1), means)[:10, 10:]
    own, others = np.diag(alike), alike[~np.eye(10, dtype=bool)]
    assert own.mean() > others.mean() + 0.15
