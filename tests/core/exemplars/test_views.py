"""Views of a labelled crop."""

from __future__ import annotations

import numpy as np
import pytest

from core.exemplars.views import VIEWS, views


@pytest.fixture
def stem():
    image = np.zeros((28, 28), np.uint8)
    image[4:24, 13:15] = 200
    return image


def test_the_first_view_is_the_crop_itself(stem):
    made = views(stem)
    assert made.shape == (VIEWS, 28, 28)
    assert made.dtype == np.uint8
    assert np.array_equal(made[0], stem)
    assert np.array_equal(views(stem, 1), stem[None])


def test_sheared_views_lean_to_both_sides_and_lose_no_ink(stem):
    right, left = views(stem)[1:3]
    assert right[4].nonzero()[0].tolist() == [14, 15]
    assert right[23].nonzero()[0].tolist() == [12, 13]
    assert np.array_equal(left, right[:, ::-1])
    assert {int(each.sum()) for each in views(stem)[:5]} == {int(stem.sum())}


def test_bolder_and_finer(stem):
    bolder, finer = views(stem)[5:7]
    assert finer.sum() < stem.sum() < bolder.sum()
    assert bolder[10, 12] == 100


def test_ink_at_the_edge_is_cut_off_and_comes_back_nowhere():
    image = np.zeros((28, 28), np.uint8)
    image[0, 27] = image[27, 0] = 255
    assert views(image)[1].sum() == 0
