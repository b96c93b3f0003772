"""What is not to be forgotten: the same each time, and the exam not among what is shown."""

from __future__ import annotations

import numpy as np

from core import pretrained
from core.classes import NO_DIGIT
from core.data import datasets, replay


def test_the_same_each_time_and_of_the_counts_asked_for():
    first, second = replay.replay_set(20, 10, 6), replay.replay_set(20, 10, 6)
    assert first.shape == (36, 28, 28)
    assert first.dtype == np.uint8
    assert np.array_equal(first, second)
    assert first.reshape(36, -1).max(axis=1).min() > 128


def test_the_exam_asks_what_was_not_shown():
    shown, _ = replay._included(held_out=False)
    asked, labels = replay._included(held_out=True)
    assert len(shown) + len(asked) == len(datasets.load(replay.INCLUDED)) + 10
    assert not {each.tobytes() for each in shown} & {each.tobytes() for each in asked}
    assert set(labels.tolist()) <= set(range(10))


def test_the_exam_is_mostly_known_and_not_all():
    images, labels = replay.held_out_set(60, 60, 20)
    assert labels.tolist()[-20:] == [NO_DIGIT] * 20
    right = pretrained.load().network.predict(images) == labels
    assert 0.75 < right.mean() <= 1
    assert right[:60].mean() > 0.95
