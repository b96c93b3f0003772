"""Training data: arrays, maps and objects in batches; what is refused."""

from __future__ import annotations

import numpy as np
import pytest

from core.errors import DatasetError, SpecError
from core.network import Network
from core.training.batches import as_batches, check, split


@pytest.fixture
def network():
    return Network.from_spec("2x2-3")


def data(n=10, dtype=np.float32):
    return np.zeros((n, 2, 2), dtype), np.arange(n) % 3


class Made:
    """Data that are made on request."""

    def __init__(self, x, y):
        self.x, self.y = x, y
        self.requested = 0

    def __len__(self):
        return len(self.y)

    def batch(self, indices):
        self.requested += len(indices)
        return self.x[indices], self.y[indices]


def test_a_memory_map_stays_one(tmp_path):
    x, y = data()
    np.save(tmp_path / "x.npy", x)
    mapped = np.load(tmp_path / "x.npy", mmap_mode="r")
    assert as_batches((mapped, y)).x is mapped


def test_a_split_takes_every_sample_once_and_the_seed_decides():
    x = np.arange(40, dtype=np.float32).reshape(10, 2, 2)
    y = np.arange(10)

    def labels(part):
        return part.batch(np.arange(len(part)))[1].tolist()

    train, held_out = split(as_batches((x, y)), 0.3, seed=1)
    assert len(train) == 7
    assert sorted(labels(train) + labels(held_out)) == list(range(10))
    same = split(as_batches((x, y)), 0.3, seed=1)[1]
    other = split(as_batches((x, y)), 0.3, seed=2)[1]
    assert labels(same) == labels(held_out) != labels(other)


def test_other_data_may_be_held_out():
    given = as_batches(data())
    train, held_out = split(given, data(4), seed=0)
    assert train is given
    assert len(held_out) == 4
    assert split(given, None, 0) == (given, None)
    assert split(given, 0.01, 0) == (given, None)


@pytest.mark.parametrize("share", [1, 1.5, -0.1])
def test_an_impossible_share_is_refused(share):
    with pytest.raises(SpecError, match="validation"):
        split(as_batches(data()), share, 0)


def test_good_data_pass(network):
    for dtype in (np.uint8, np.float32, np.float64, np.int64, np.bool_):
        check(network, as_batches(data(dtype=dtype)))


def with_value(value, at=(7, 1, 0)):
    x, y = data()
    x[at] = value
    return x, y


@pytest.mark.parametrize(
    ("bad", "message"),
    [
        (data(0), "not a single sample"),
        ((np.zeros((10, 3, 2)), data()[1]), r"shape \(10, 3, 2\) are not .* 2x2x1"),
        ((data()[0], data()[1][:9]), "do not belong together"),
        ((data()[0], np.eye(3)[data()[1]]), "do not belong together"),
        ((data()[0].astype(str), data()[1]), "must be numbers"),
        (with_value(np.nan), "NaN or infinite"),
        (with_value(np.inf), "NaN or infinite"),
        ((data()[0], data()[1] / 2), "labels must be whole numbers"),
        ((data()[0], data()[1] + 1), r"label 3 is not in 0 .. 2, the network's 3 outputs"),
        ((data()[0], data()[1] - 1), "label -1 is not in 0 .. 2"),
        (np.zeros((10, 2, 2)), r"must be \(X, y\) or have len\(\) and batch\(\), not ndarray"),
    ],
)
def test_bad_data_are_refused_in_one_line(network, bad, message):
    with pytest.raises(DatasetError, match=message) as caught:
        check(network, as_batches(bad))
    assert "\n" not in str(caught.value)


def test_a_nan_far_back_is_found(network):
    x, y = data(5000)
    x[4321, 0, 1] = np.nan
    with pytest.raises(DatasetError, match="NaN"):
        check(network, as_batches((x, y)))


def test_costly_data_are_only_sampled(network):
    made = Made(*data(5000))
    check(network, as_batches(made))
    assert made.requested <= 32
    with pytest.raises(DatasetError, match="NaN"):
        check(network, as_batches(Made(*with_value(np.nan))))
