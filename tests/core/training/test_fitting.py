"""`training.fit`: it learns, it is deterministic, it refuses what makes no sense."""

from __future__ import annotations

import numpy as np
import pytest

from core import training
from core.errors import DatasetError, SpecError
from core.network import Network
from core.training.optimisers import SGD


@pytest.mark.parametrize(
    ("optimiser", "rate"), [("adam", 0.01), ("sgd", 0.1), (SGD(momentum=0), 0.5)], ids=str
)
def test_a_convolutional_network_learns(task, optimiser, rate):
    network = task.network()
    x, y = task.bars(600)
    network.fit(x, y, epochs=10, batch_size=16, optimiser=optimiser, learning_rate=rate)
    assert network.score(*task.bars(300, seed=99)) >= 0.95


def test_the_seeds_network_learns_with_its_loss(task):
    network = Network.from_spec("64-30-4", activation="sigmoid", output="sigmoid")
    x, y = task.bars(1500)
    network.fit(x, y, epochs=40, batch_size=10, optimiser="sgd", validation=None)
    assert network.score(*task.bars(300, seed=99)) >= 0.9


def test_training_twice_gives_the_same_bits(task):
    first, second = task.network(), task.network()
    one = task.fit(first, **task.options)
    two = task.fit(second, **task.options)
    np.testing.assert_array_equal(first.values, second.values)
    assert one == two
    other = task.network()
    task.fit(other, **(task.options | {"seed": 12}))
    assert not np.array_equal(first.values, other.values)


def test_the_data_are_only_read(task, tmp_path):
    np.save(tmp_path / "x.npy", task.x)
    mapped = np.load(tmp_path / "x.npy", mmap_mode="r")
    labels = task.y.copy()
    labels.flags.writeable = False
    from_map, from_memory = task.network(), task.network()
    training.fit(from_map, (mapped, labels), **task.options)
    task.fit(from_memory, **task.options)
    np.testing.assert_array_equal(from_map.values, from_memory.values)


def test_bad_data_are_refused_before_anything_changes(task):
    network = task.network()
    before = network.values.copy()
    broken = task.x.astype(np.float32)
    broken[100, 3, 3] = np.nan
    calls = []
    for data in ((broken, task.y), (task.x[:, :7], task.y), (task.x, task.y + 1)):
        with pytest.raises(DatasetError, match="data: "):
            training.fit(network, data, progress=calls.append)
        with pytest.raises(DatasetError, match="data: "):
            task.fit(network, validation=data, progress=calls.append)
    assert not calls
    np.testing.assert_array_equal(network.values, before)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"loss": "hinge"}, "no loss 'hinge'; there are squared_error, cross_entropy"),
        ({"optimiser": "lion"}, "no optimiser 'lion'; there are sgd, adam"),
        ({"schedule": "linear"}, "no schedule 'linear'; there are constant"),
        ({"epochs": 0}, "epochs and batch_size must be at least 1"),
        ({"validation": 1.5}, "validation must be a share"),
        ({"label_smoothing": 1}, "label_smoothing must be"),
    ],
)
def test_options_that_make_no_sense_are_refused(task, options, message):
    with pytest.raises(SpecError, match=message):
        task.fit(task.network(), **options)


def test_cross_entropy_wants_a_softmax(task):
    network = Network.from_spec("64-4", output="sigmoid")
    with pytest.raises(SpecError, match="needs a Softmax at the end"):
        task.fit(network, loss="cross_entropy")
