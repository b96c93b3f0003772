"""The maximum-weight independent set, against trying all sets."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

from core.reading import independent_set
from core.reading.independent_set import best_set


def rivals_of(count, pairs):
    rivals = {index: set() for index in range(count)}
    for one, other in pairs:
        rivals[one].add(other)
        rivals[other].add(one)
    return rivals


def test_nothing():
    assert best_set({}, np.array([])) == []


def test_two_outweigh_the_one_that_joins_them():
    rivals = rivals_of(3, [(0, 1), (1, 2)])
    assert best_set(rivals, np.array([3.0, 5.0, 3.0])) == [0, 2]
    assert best_set(rivals, np.array([3.0, 7.0, 3.0])) == [1]


def test_indices_need_not_be_all():
    rivals = {2: {5}, 5: {2}}
    assert best_set(rivals, np.array([9.0, 9.0, 1.0, 9.0, 9.0, 2.0])) == [5]


@pytest.mark.parametrize("seed", range(30))
def test_as_good_as_trying_everything(seed):
    rng = np.random.default_rng(seed)
    count = 9
    pairs = [pair for pair in itertools.combinations(range(count), 2) if rng.random() < 0.3]
    rivals, worth = rivals_of(count, pairs), rng.uniform(0.1, 1, count)
    chosen = best_set(rivals, worth)
    assert chosen == sorted(chosen)
    assert not any(other in rivals[one] for one in chosen for other in chosen)
    best = max(
        sum(worth[list(some)])
        for size in range(count + 1)
        for some in itertools.combinations(range(count), size)
        if not any(pair in pairs for pair in itertools.combinations(some, 2))
    )
    assert worth[chosen].sum() == pytest.approx(best)


def test_a_crowd_is_settled_quickly_and_without_rivals(rng, monkeypatch):
    monkeypatch.setattr(independent_set, "LARGEST_EXACT", 5)
    count = 60
    pairs = [pair for pair in itertools.combinations(range(count), 2) if rng.random() < 0.2]
    rivals, worth = rivals_of(count, pairs), rng.uniform(0.1, 1, count)
    chosen = best_set(rivals, worth)
    assert not any(other in rivals[one] for one in chosen for other in chosen)
    left = set(range(count)) - set(chosen)
    assert all(rivals[one] & set(chosen) for one in left)
