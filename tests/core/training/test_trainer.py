"""The training loop: batches, validation, the weights that are kept, losses not finite."""

from __future__ import annotations

import numpy as np
import pytest

from core import training
from core.errors import DatasetError, DivergedError
from core.files import archive
from core.network import Network
from core.nn.layers import Dense, Flatten
from core.training.optimisers import SGD


def test_prefetching_changes_nothing(task):
    values = []
    for prefetch in (True, False):
        network = task.network()
        task.fit(network, prefetch=prefetch, **task.options)
        values.append(network.values.copy())
    np.testing.assert_array_equal(*values)


def test_every_epoch_takes_every_sample_once_in_another_order(task):
    data = task.Recorder(*task.data)
    training.fit(task.network(), data, epochs=2, batch_size=48, validation=None)
    assert len(data.threads) > 1
    epochs = data.requested[1:]  # The first was the check before training.
    assert [len(indices) for indices in epochs] == [48, 48, 48, 16] * 2
    first, second = np.concatenate(epochs[:4]), np.concatenate(epochs[4:])
    assert sorted(first) == sorted(second) == list(range(160))
    assert not np.array_equal(first, second)


def test_every_batch_is_augmented_by_chances_of_its_own(task):
    drawn = []

    def draw(x, rng):
        drawn.append(rng.random())
        return x

    task.fit(task.network(), epochs=2, batch_size=40, augment=draw, validation=None)
    assert len(set(drawn)) == len(drawn) == 8


def test_a_thread_that_fails_is_heard(task):
    def broken(x, rng):
        raise RuntimeError("no such pen")

    with pytest.raises(RuntimeError, match="no such pen"):
        task.fit(task.network(), augment=broken)


def test_the_best_weights_are_kept_and_told(task):
    network = task.network()
    held_out = task.bars(100, seed=3)
    history = task.fit(
        network, epochs=6, batch_size=16, learning_rate=0.02, validation=held_out
    )
    assert history.complete
    assert [epoch.epoch for epoch in history.epochs] == [1, 2, 3, 4, 5, 6]
    best = max(history.epochs, key=lambda e: (e.validation_accuracy, -e.validation_loss))
    assert history.best == best
    assert network.score(*held_out) == best.validation_accuracy


def test_worse_weights_that_follow_are_thrown_away(task):
    """A learning rate that ruins the network after a good first epoch."""
    network = task.network()
    x, y = task.bars(600)
    first = training.fit(network, (x, y), epochs=2, learning_rate=0.01, validation=task.data)
    good = network.values.copy()
    ruined = np.random.default_rng(0).integers(0, task.classes, len(y))
    second = training.fit(
        network, (x, ruined), epochs=3, learning_rate=0.1, validation=task.data
    )
    assert second.best.validation_accuracy < first.best.validation_accuracy
    assert second.best.validation_accuracy == max(e.validation_accuracy for e in second.epochs)
    assert network.score(*task.data) == second.best.validation_accuracy
    assert not np.array_equal(network.values, good)


def test_equal_accuracy_is_decided_by_the_loss():
    network = Network.from_spec("2-2", seed=1)
    x = np.array([[1, 0], [0, 1]] * 20, np.float32)
    y = np.array([0, 1] * 20)
    network.layers[0].weights.value[...] = np.eye(2)
    history = training.fit(network, (x, y), epochs=3, batch_size=8, validation=(x, y))
    assert {epoch.validation_accuracy for epoch in history.epochs} == {1.0}
    assert history.best.epoch == 3


def test_without_validation_the_last_weights_stay(task):
    network, longer = task.network(), task.network()
    seen = {}

    def remember(now):
        if now.epoch == 2 and now.batch == now.batches:
            seen["values"] = longer.values.copy()

    history = task.fit(network, epochs=2, validation=None, seed=3)
    task.fit(longer, epochs=4, validation=None, seed=3, progress=remember)
    assert history.best.epoch == 2
    assert history.best.validation_accuracy is None
    np.testing.assert_array_equal(network.values, seen["values"])


def test_the_average_is_what_is_validated_and_kept(task):
    raw, averaged = task.network(), task.network()
    options = {"epochs": 1, "batch_size": 16, "learning_rate": 0.05, "validation": task.data}
    task.fit(raw, **options)
    history = task.fit(averaged, average=0.5, **options)
    assert not np.array_equal(raw.values, averaged.values)
    assert averaged.score(*task.data) == history.best.validation_accuracy
    statistics = averaged.layers[1].mean.value, raw.layers[1].mean.value
    assert not np.array_equal(*statistics)


def test_averaging_does_not_disturb_the_training_itself(task):
    def losses(average):
        seen = []
        options = task.options | {
            "average": average,
            "progress": lambda now: seen.append(now.loss),
        }
        task.fit(task.network(), **options)
        return seen

    assert losses(None) == losses(0.9)


def test_progress_tells_all(task):
    seen = []
    task.fit(
        task.network(),
        epochs=2,
        batch_size=50,
        validation=0.25,
        learning_rate=0.01,
        progress=seen.append,
    )
    assert [(p.epoch, p.batch) for p in seen] == [
        (1, 1),
        (1, 2),
        (1, 3),
        (2, 1),
        (2, 2),
        (2, 3),
    ]
    assert {(p.epochs, p.batches, p.learning_rate) for p in seen} == {(2, 3, 0.01)}
    assert [p.validation_accuracy is None for p in seen] == [True, True] + [False] * 4
    assert all(np.isfinite(p.loss) for p in seen)
    assert [p.seconds for p in seen] == sorted(p.seconds for p in seen)


def test_bad_data_that_come_late_are_refused_too(task):
    y = task.y.copy()
    y[100:] = task.classes
    with pytest.raises(DatasetError, match=r"label 4 is not in 0 .. 3"):
        training.fit(task.network(), task.Recorder(task.x, y), validation=None)


@pytest.mark.parametrize("checkpoint_every_s", [0, 3600])
def test_a_loss_that_is_not_finite_stops_the_training(task, checkpoint_every_s, tmp_path):
    # Linear outputs, whose squared error grows with every step of a rate that is too high.
    network = Network([Flatten(), Dense(4)], (8, 8, 1))
    before = network.values.copy()
    path = tmp_path / "checkpoint.npz"
    with pytest.raises(
        DivergedError, match=r"epoch \d+, batch \d+ of 9: training stopped"
    ) as e:
        task.fit(
            network,
            epochs=10,
            batch_size=16,
            optimiser="sgd",
            loss="squared_error",
            learning_rate=1e4,
            checkpoint=path,
            checkpoint_every_s=checkpoint_every_s,
        )
    assert isinstance(e.value, ArithmeticError)
    assert "\n" not in str(e.value)
    np.testing.assert_array_equal(network.values, before)
    assert path.exists() == (checkpoint_every_s == 0)
    if path.exists():
        assert all(np.isfinite(array).all() for array in archive.load(path)[1].values())


def test_the_batch_that_spoils_it_is_named(task):
    def spoil(x, rng):
        batches.append(None)
        return np.where(len(batches) == 12, np.nan, task.brighter(x, rng)).astype(np.float32)

    batches = []
    with pytest.raises(DivergedError, match="the loss is nan at epoch 2, batch 3 of 9: "):
        task.fit(task.network(), batch_size=16, augment=spoil)


@pytest.mark.parametrize(
    ("steps", "seen_by"),
    [
        (12, "the loss is nan at epoch 2, batch 4 of 9:"),
        (18, "a weight is not finite at epoch 2, batch 9 of 9:"),
    ],
)
def test_a_weight_that_is_not_finite_stops_the_training(task, steps, seen_by):
    class Broken(SGD):
        def step(self, values, gradient, learning_rate):
            super().step(values, gradient, learning_rate)
            if self.steps == steps:
                values[5] = np.nan

    network = task.network()
    seen = []

    def keep(now):
        if now.epoch == 1 and now.batch == now.batches:
            seen.append(network.values.copy())

    with pytest.raises(DivergedError, match=seen_by):
        task.fit(network, batch_size=16, optimiser=Broken(), progress=keep, validation=0.1)
    np.testing.assert_array_equal(network.values, seen[0])


def test_the_weights_of_now_stay_if_nothing_was_validated(task):
    stopped, straight = task.network(), task.network()
    task.fit(stopped, epochs=2, batch_size=16, stop=task.stop_after(3))
    seen = []

    def keep(now):
        if now.batch == 3:
            seen.append(straight.values.copy())

    task.fit(straight, epochs=1, batch_size=16, progress=keep)
    np.testing.assert_array_equal(stopped.values, seen[0])
