"""Training against the seeds' class and the bare products, on a few drawn digits."""

from __future__ import annotations

import numpy as np
import pytest

from tools.bench import training
from tools.bench.rivals import Rivals


@pytest.fixture
def none(tmp_path):
    """No rivals, so no environment of theirs."""
    return Rivals(tmp_path / "none", [], tmp_path, print)


def test_dense_is_a_ratio_to_each_that_is_there(monkeypatch, small_mnist, none):
    monkeypatch.setattr(training, "SAMPLES", 32)
    monkeypatch.setattr(training, "SEED_SAMPLES", 16)
    results, race = training.dense(small_mnist, none, 1)
    assert [result.key for result in results] == [
        "train_seeds", "train_sklearn", "train_products",
    ]  # fmt: skip
    assert [bool(result.skipped) for result in results] == [False, True, False]
    assert set(race.seconds) == {
        "zerodigit", "with momentum", "seeds' class", "products alone",
    }  # fmt: skip


def test_accuracy_is_the_difference_in_points(small_mnist):
    result = training.accuracy(small_mnist)
    assert "one epoch of 60: " in result.note
    assert np.isfinite(result.value)


def test_the_shipped_network_waits_for_pytorch(small_mnist, none):
    result, race = training.shipped(small_mnist, none, 1)
    assert result.skipped == "not asked for"
    assert race is None
