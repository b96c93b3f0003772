from __future__ import annotations

import numpy as np

from core.network import Network
from tools.lessons import ascent


def test_each_picture_climbs_to_its_own_digit(page):
    images, certainty = ascent.run(page)
    assert images.shape == (10, 28, 28)
    assert images.min() >= 0
    assert images.max() <= 1
    assert certainty.min() > 0.5
    assert np.median(certainty) > 0.9


def test_the_weights_stay(monkeypatch):
    monkeypatch.setattr(ascent, "STEPS", 3)
    network = Network.from_spec("28x28-c4k5s2-10", seed=1)
    before = network.values.copy()
    ascent.climbed(network)
    assert np.array_equal(network.values, before)


def test_smoothing_mixes_a_pixel_with_its_neighbours():
    images = np.zeros((1, 5, 5))
    images[0, 2, 2] = 16
    assert ascent.smoothed(images)[0, 1:4, 1:4].tolist() == [[1, 2, 1], [2, 4, 2], [1, 2, 1]]
