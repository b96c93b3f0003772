"""Negatives and exchanged rows and columns are noticed, and nothing else is."""

from __future__ import annotations

import numpy as np

from core.data.upright import is_negative, is_transposed, upright


def test_digits_as_they_should_be_come_back_themselves(digits):
    images, labels = digits
    assert upright(images, labels)[0] is images
    assert upright(images, labels)[1] == ()


def test_bold_digits_that_reach_the_edge_are_no_negatives(digits):
    images = np.pad(digits[0][:, 4:24, 4:24], ((0, 0), (4, 4), (4, 4)), "edge")
    assert not is_negative(images)
    assert is_negative(255 - images)


def test_paper_may_be_grey(digits):
    assert is_negative(np.uint8(200) - digits[0] // 2)


def test_ones_tell_which_way_up(digits):
    images, labels = digits
    lying = images.transpose(0, 2, 1)
    assert is_transposed(lying, labels)
    few = np.flatnonzero(labels == 1)[:2]
    assert not is_transposed(lying[few], labels[few])
    assert not is_transposed(lying[labels != 1], labels[labels != 1])


def test_empty_images_say_nothing():
    images = np.zeros((5, 28, 28), np.uint8)
    assert upright(images, np.ones(5, np.uint8)) == (images, ())
