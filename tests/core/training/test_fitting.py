from __future__ import annotations

import errno
import os
import signal
import subprocess
import sys
import threading

import numpy as np
import pytest

from core import training
from core.errors import DatasetError, DivergedError, ModelFormatError, SpecError, StorageError
from core.files import archive
from core.network import Network
from core.nn.layers import Dense, Flatten
from core.training.optimisers import SGD, Adam

CLASSES = 4


def bars(n, seed=5):
    """Pictures (n, 8, 8) uint8 of a bar in one of four directions, anywhere, with noise."""
    rng = np.random.default_rng(seed)
    labels = rng.integers(0, CLASSES, n)
    x = rng.integers(0, 90, (n, 8, 8))
    shapes = [np.zeros((5, 5), int) for _ in range(CLASSES)]
    shapes[0][2, :] = shapes[1][:, 2] = 1
    shapes[2][range(5), range(5)] = shapes[3][range(5), range(4, -1, -1)] = 1
    for picture, label in zip(x, labels, strict=True):
        top, left = rng.integers(0, 4, 2)
        picture[top : top + 5, left : left + 5] += 150 * shapes[label]
    return x.astype(np.uint8), labels


X, Y = bars(160)


def convolutional(seed=1):
    return Network.from_spec("8x8-c4k3s2-c4k3s2-8-4", batch_norm=True, seed=seed)


def brighter(x, rng):
    """An augmentation that uses the pictures, the generator, and float32 for its answer."""
    return x * rng.uniform(0.5, 1, (len(x), 1, 1)).astype(np.float32) / 255


OPTIONS = {
    "epochs": 3,
    "batch_size": 16,
    "learning_rate": 0.01,
    "schedule": "cosine",
    "warm_up": 0.5,
    "label_smoothing": 0.1,
    "average": 0.9,
    "augment": brighter,
    "validation": 0.2,
    "seed": 11,
}
BATCHES = 8


def stop_after(batches):
    """A `stop` that is true when so many batches were trained."""
    seen = []

    def stop():
        seen.append(None)
        return len(seen) == batches

    return stop


def interrupt_after(batches):
    seen = []

    def progress(now):
        seen.append(now)
        if len(seen) == batches:
            raise KeyboardInterrupt

    return progress


# Learning


@pytest.mark.parametrize(
    ("optimiser", "rate"), [("adam", 0.01), ("sgd", 0.1), (SGD(momentum=0), 0.5)], ids=str
)
def test_a_convolutional_network_learns(optimiser, rate):
    network = convolutional()
    x, y = bars(600)
    network.fit(x, y, epochs=10, batch_size=16, optimiser=optimiser, learning_rate=rate)
    assert network.score(*bars(300, seed=99)) >= 0.95


def test_the_seeds_network_learns_with_its_loss():
    network = Network.from_spec("64-30-4", activation="sigmoid", output="sigmoid")
    x, y = bars(1500)
    network.fit(x, y, epochs=40, batch_size=10, optimiser="sgd", validation=None)
    assert network.score(*bars(300, seed=99)) >= 0.9


def test_partial_fit_learns_from_call_to_call():
    network = Network.from_spec("64-30-4", activation="tanh")
    x, y = bars(1500)
    for start in range(0, 1500, 100):
        for _ in range(4):
            piece = slice(start, start + 100)
            network.partial_fit(x[piece], y[piece], learning_rate=0.01, batch_size=10)
    assert network.score(*bars(300, seed=99)) >= 0.8


def test_training_twice_gives_the_same_bits():
    first, second = convolutional(), convolutional()
    one = training.fit(first, (X, Y), **OPTIONS)
    two = training.fit(second, (X, Y), **OPTIONS)
    np.testing.assert_array_equal(first.values, second.values)
    assert one == two
    other = convolutional()
    training.fit(other, (X, Y), **(OPTIONS | {"seed": 12}))
    assert not np.array_equal(first.values, other.values)


def test_prefetching_changes_nothing():
    values = []
    for prefetch in (True, False):
        network = convolutional()
        training.fit(network, (X, Y), prefetch=prefetch, **OPTIONS)
        values.append(network.values.copy())
    np.testing.assert_array_equal(*values)


def test_the_data_are_only_read(tmp_path):
    np.save(tmp_path / "x.npy", X)
    mapped = np.load(tmp_path / "x.npy", mmap_mode="r")
    labels = Y.copy()
    labels.flags.writeable = False
    from_map, from_memory = convolutional(), convolutional()
    training.fit(from_map, (mapped, labels), **OPTIONS)
    training.fit(from_memory, (X, Y), **OPTIONS)
    np.testing.assert_array_equal(from_map.values, from_memory.values)


class Recorder:
    """Data that remember which samples were asked for, and in which thread."""

    def __init__(self, x, y):
        self.x, self.y = x, y
        self.asked, self.threads = [], set()

    def __len__(self):
        return len(self.y)

    def batch(self, indices):
        self.asked.append(indices.copy())
        self.threads.add(threading.current_thread())
        return self.x[indices], self.y[indices]


def test_every_epoch_takes_every_sample_once_in_another_order():
    data = Recorder(X, Y)
    training.fit(convolutional(), data, epochs=2, batch_size=48, validation=None)
    assert len(data.threads) > 1
    epochs = data.asked[1:]  # The first was the check before training.
    assert [len(indices) for indices in epochs] == [48, 48, 48, 16] * 2
    first, second = np.concatenate(epochs[:4]), np.concatenate(epochs[4:])
    assert sorted(first) == sorted(second) == list(range(160))
    assert not np.array_equal(first, second)


def test_every_batch_is_augmented_by_chances_of_its_own():
    drawn = []

    def draw(x, rng):
        drawn.append(rng.random())
        return x

    training.fit(
        convolutional(), (X, Y), epochs=2, batch_size=40, augment=draw, validation=None
    )
    assert len(set(drawn)) == len(drawn) == 8


def test_a_thread_that_fails_is_heard():
    def broken(x, rng):
        raise RuntimeError("no such pen")

    with pytest.raises(RuntimeError, match="no such pen"):
        training.fit(convolutional(), (X, Y), augment=broken)


# Validation and what is kept


def test_the_best_weights_are_kept_and_told():
    network = convolutional()
    held_out = bars(100, seed=3)
    history = training.fit(
        network, (X, Y), epochs=6, batch_size=16, learning_rate=0.02, validation=held_out
    )
    assert history.complete
    assert [epoch.epoch for epoch in history.epochs] == [1, 2, 3, 4, 5, 6]
    best = max(history.epochs, key=lambda e: (e.validation_accuracy, -e.validation_loss))
    assert history.best == best
    assert network.score(*held_out) == best.validation_accuracy


def test_worse_weights_that_follow_are_thrown_away():
    """A learning rate that ruins the network after a good first epoch."""
    network = convolutional()
    x, y = bars(600)
    first = training.fit(network, (x, y), epochs=2, learning_rate=0.01, validation=(X, Y))
    good = network.values.copy()
    ruined = np.random.default_rng(0).integers(0, CLASSES, len(y))
    second = training.fit(network, (x, ruined), epochs=3, learning_rate=0.1, validation=(X, Y))
    assert second.best.validation_accuracy < first.best.validation_accuracy
    assert second.best.validation_accuracy == max(e.validation_accuracy for e in second.epochs)
    assert network.score(X, Y) == second.best.validation_accuracy
    assert not np.array_equal(network.values, good)


def test_equal_accuracy_is_decided_by_the_loss():
    network = Network.from_spec("2-2", seed=1)
    x = np.array([[1, 0], [0, 1]] * 20, np.float32)
    y = np.array([0, 1] * 20)
    network.layers[0].weights.value[...] = np.eye(2)
    history = training.fit(network, (x, y), epochs=3, batch_size=8, validation=(x, y))
    assert {epoch.validation_accuracy for epoch in history.epochs} == {1.0}
    assert history.best.epoch == 3


def test_without_validation_the_last_weights_stay():
    network, longer = convolutional(), convolutional()
    seen = {}

    def remember(now):
        if now.epoch == 2 and now.batch == now.batches:
            seen["values"] = longer.values.copy()

    history = training.fit(network, (X, Y), epochs=2, validation=None, seed=3)
    training.fit(longer, (X, Y), epochs=4, validation=None, seed=3, progress=remember)
    assert history.best.epoch == 2
    assert history.best.validation_accuracy is None
    np.testing.assert_array_equal(network.values, seen["values"])


def test_the_average_is_what_is_validated_and_kept():
    raw, averaged = convolutional(), convolutional()
    options = {"epochs": 1, "batch_size": 16, "learning_rate": 0.05, "validation": (X, Y)}
    training.fit(raw, (X, Y), **options)
    history = training.fit(averaged, (X, Y), average=0.5, **options)
    assert not np.array_equal(raw.values, averaged.values)
    assert averaged.score(X, Y) == history.best.validation_accuracy
    statistics = averaged.layers[1].mean.value, raw.layers[1].mean.value
    assert not np.array_equal(*statistics)


def test_averaging_does_not_disturb_the_training_itself():
    def losses(average):
        seen = []
        options = OPTIONS | {"average": average, "progress": lambda now: seen.append(now.loss)}
        training.fit(convolutional(), (X, Y), **options)
        return seen

    assert losses(None) == losses(0.9)


def test_progress_tells_all():
    seen = []
    training.fit(
        convolutional(),
        (X, Y),
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


# Refusals


def test_bad_data_are_refused_before_anything_changes():
    network = convolutional()
    before = network.values.copy()
    broken = X.astype(np.float32)
    broken[100, 3, 3] = np.nan
    calls = []
    for data in ((broken, Y), (X[:, :7], Y), (X, Y + 1)):
        with pytest.raises(DatasetError, match="data: "):
            training.fit(network, data, progress=calls.append)
        with pytest.raises(DatasetError, match="data: "):
            training.fit(network, (X, Y), validation=data, progress=calls.append)
    assert not calls
    np.testing.assert_array_equal(network.values, before)


def test_bad_data_that_come_late_are_refused_too():
    y = Y.copy()
    y[100:] = CLASSES
    with pytest.raises(DatasetError, match=r"label 4 is not in 0 .. 3"):
        training.fit(convolutional(), Recorder(X, y), validation=None)


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
def test_options_that_make_no_sense_are_refused(options, message):
    with pytest.raises(SpecError, match=message):
        training.fit(convolutional(), (X, Y), **options)


def test_cross_entropy_wants_a_softmax():
    network = Network.from_spec("64-4", output="sigmoid")
    with pytest.raises(SpecError, match="needs a Softmax at the end"):
        training.fit(network, (X, Y), loss="cross_entropy")


@pytest.mark.parametrize("checkpoint_every_s", [0, 3600])
def test_a_loss_that_is_not_finite_stops_the_training(checkpoint_every_s, tmp_path):
    # Linear outputs, whose squared error grows with every step of a rate that is too high.
    network = Network([Flatten(), Dense(4)], (8, 8, 1))
    before = network.values.copy()
    path = tmp_path / "checkpoint.npz"
    with pytest.raises(
        DivergedError, match=r"epoch \d+, batch \d+ of 9: training stopped"
    ) as e:
        training.fit(
            network,
            (X, Y),
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


def test_the_batch_that_spoils_it_is_named():
    def spoil(x, rng):
        batches.append(None)
        return np.where(len(batches) == 12, np.nan, brighter(x, rng)).astype(np.float32)

    batches = []
    with pytest.raises(DivergedError, match="the loss is nan at epoch 2, batch 3 of 9: "):
        training.fit(convolutional(), (X, Y), batch_size=16, augment=spoil)


@pytest.mark.parametrize(
    ("steps", "seen_by"),
    [
        (12, "the loss is nan at epoch 2, batch 4 of 9:"),
        (18, "a weight is not finite at epoch 2, batch 9 of 9:"),
    ],
)
def test_a_weight_that_is_not_finite_stops_the_training(steps, seen_by):
    class Broken(SGD):
        def step(self, values, gradient, learning_rate):
            super().step(values, gradient, learning_rate)
            if self.steps == steps:
                values[5] = np.nan

    network = convolutional()
    seen = []

    def keep(now):
        if now.epoch == 1 and now.batch == now.batches:
            seen.append(network.values.copy())

    with pytest.raises(DivergedError, match=seen_by):
        training.fit(
            network, (X, Y), batch_size=16, optimiser=Broken(), progress=keep, validation=0.1
        )
    np.testing.assert_array_equal(network.values, seen[0])


# Checkpoints

UNINTERRUPTED: dict[str, tuple[np.ndarray, training.History]] = {}


def uninterrupted(name="adam"):
    if name not in UNINTERRUPTED:
        network = convolutional()
        history = training.fit(network, (X, Y), optimiser=name, **OPTIONS)
        UNINTERRUPTED[name] = network.values.copy(), history
    return UNINTERRUPTED[name]


@pytest.mark.parametrize("batches", [1, 3, BATCHES - 1, BATCHES, BATCHES + 1, 2 * BATCHES + 5])
@pytest.mark.parametrize("how", ["stop", "interrupt"])
def test_a_resumed_training_ends_with_the_same_bits(how, batches, tmp_path):
    options = OPTIONS | {"checkpoint": tmp_path / "training.npz"}
    interrupted = convolutional()
    if how == "stop":
        history = training.fit(interrupted, (X, Y), stop=stop_after(batches), **options)
        assert not history.complete
    else:
        with pytest.raises(KeyboardInterrupt):
            training.fit(interrupted, (X, Y), progress=interrupt_after(batches), **options)

    # Another process has other weights to begin with, and stale buffers.
    resumed = convolutional(seed=77)
    resumed.predict_proba(X[:5])
    seen = []
    history = training.fit(resumed, (X, Y), resume=True, progress=seen.append, **options)
    assert len(seen) == 3 * BATCHES - batches
    values, expected = uninterrupted()
    np.testing.assert_array_equal(resumed.values, values)
    assert history == expected


def test_a_training_may_be_stopped_after_every_batch(tmp_path):
    options = OPTIONS | {"checkpoint": tmp_path / "training.npz", "optimiser": "sgd"}
    for _ in range(3 * BATCHES):
        network = convolutional()
        history = training.fit(network, (X, Y), stop=stop_after(1), resume=True, **options)
        assert not history.complete
    history = training.fit(network, (X, Y), stop=stop_after(1), resume=True, **options)
    values, expected = uninterrupted("sgd")
    np.testing.assert_array_equal(network.values, values)
    assert history == expected


def test_ctrl_c_during_validation_loses_nothing(tmp_path):
    held_out = bars(300, seed=8)
    options = OPTIONS | {"checkpoint": tmp_path / "training.npz"}
    network, resumed, straight = convolutional(), convolutional(), convolutional()
    with pytest.raises(KeyboardInterrupt):
        training.fit(network, (X, Y), **(options | {"validation": PressedOnce(*held_out)}))
    about, _ = archive.load(tmp_path / "training.npz")
    assert (about["state"]["epoch"], about["state"]["batch"]) == (1, 10)
    options["validation"] = held_out
    training.fit(resumed, (X, Y), resume=True, **options)
    training.fit(straight, (X, Y), **(options | {"checkpoint": None}))
    np.testing.assert_array_equal(resumed.values, straight.values)


class PressedOnce(Recorder):
    """Data in whose first validation batch somebody presses Ctrl-C."""

    def batch(self, indices):
        if len(indices) == 64:
            signal.raise_signal(signal.SIGINT)
        return super().batch(indices)


def test_a_finished_training_is_not_trained_again(tmp_path):
    options = OPTIONS | {"checkpoint": tmp_path / "training.npz"}
    training.fit(convolutional(), (X, Y), **options)
    again, calls = convolutional(seed=5), []
    history = training.fit(again, (X, Y), resume=True, progress=calls.append, **options)
    values, expected = uninterrupted()
    np.testing.assert_array_equal(again.values, values)
    assert history == expected
    assert not calls


def test_resume_without_a_checkpoint_begins(tmp_path):
    network = convolutional()
    path = tmp_path / "training.npz"
    training.fit(network, (X, Y), checkpoint=path, resume=True, **OPTIONS)
    np.testing.assert_array_equal(network.values, uninterrupted()[0])
    assert path.exists()


@pytest.mark.parametrize(
    ("other", "named"),
    [
        ({"batch_size": 32}, "batch_size 16, not 32"),
        ({"seed": 4}, "seed 11, not 4"),
        ({"optimiser": Adam(beta2=0.99)}, "optimiser"),
        ({"average": None}, "average 0.9, not null"),
        ({"validation": None}, "samples 128, not 160"),
        ({"label_smoothing": 0.0}, "label_smoothing 0.1, not 0.0"),
    ],
)
def test_a_checkpoint_of_another_training_is_refused(other, named, tmp_path):
    path = tmp_path / "training.npz"
    training.fit(convolutional(), (X, Y), checkpoint=path, stop=stop_after(2), **OPTIONS)
    options = OPTIONS | other
    with pytest.raises(SpecError, match=named) as caught:
        training.fit(convolutional(), (X, Y), checkpoint=path, resume=True, **options)
    assert str(path) in str(caught.value)


def test_a_damaged_checkpoint_is_refused(tmp_path):
    path = tmp_path / "training.npz"
    training.fit(convolutional(), (X, Y), checkpoint=path, stop=stop_after(2), **OPTIONS)
    data = path.read_bytes()

    def refusal():
        with pytest.raises(ModelFormatError) as caught:
            training.fit(convolutional(), (X, Y), checkpoint=path, resume=True, **OPTIONS)
        assert str(path) in str(caught.value)
        return str(caught.value)

    path.write_bytes(data[: len(data) // 2])
    assert "damaged" in refusal()
    path.write_bytes(data)
    about, arrays = archive.load(path)
    archive.save(path, about, arrays | {"best": arrays["best"][1:]})
    assert "its array best does not fit" in refusal()
    archive.save(path, about | {"state": {"epoch": 1}}, arrays)
    assert "its state does not fit" in refusal()
    archive.save(path, about | {"format": "zerodigit model"}, arrays)
    assert "is no zerodigit checkpoint" in refusal()


def test_a_full_disk_keeps_the_last_checkpoint(tmp_path, monkeypatch):
    path = tmp_path / "training.npz"
    training.fit(convolutional(), (X, Y), checkpoint=path, stop=stop_after(2), **OPTIONS)
    before = path.read_bytes()

    def full(handle):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(StorageError, match="No space left"):
        training.fit(convolutional(), (X, Y), checkpoint=path, resume=True, **OPTIONS)
    assert path.read_bytes() == before
    assert os.listdir(tmp_path) == [path.name]


def test_checkpoints_are_written_by_the_clock(tmp_path, monkeypatch):
    writes = []
    monkeypatch.setattr(archive, "save", lambda *arguments: writes.append(arguments))
    options = OPTIONS | {"checkpoint": tmp_path / "training.npz"}
    training.fit(convolutional(), (X, Y), checkpoint_every_s=3600, **options)
    assert len(writes) == 1
    training.fit(convolutional(), (X, Y), checkpoint_every_s=0, **options)
    assert len(writes) == 1 + 3 * BATCHES + 1


def test_the_weights_of_now_stay_if_nothing_was_validated():
    stopped, straight = convolutional(), convolutional()
    training.fit(stopped, (X, Y), epochs=2, batch_size=16, stop=stop_after(3))
    seen = []

    def keep(now):
        if now.batch == 3:
            seen.append(straight.values.copy())

    training.fit(straight, (X, Y), epochs=1, batch_size=16, progress=keep)
    np.testing.assert_array_equal(stopped.values, seen[0])


CHILD = """
import sys
import numpy as np
from core import training
from core.network import Network

rng = np.random.default_rng(0)
x, y = rng.random((64, 8, 8), dtype=np.float32), rng.integers(0, 4, 64)
network = Network.from_spec("8x8-c4k3-4", batch_norm=True)
try:
    training.fit(network, (x, y), epochs=3000, batch_size=8, checkpoint=sys.argv[1],
                 progress=lambda p: print(p.epoch, p.batch, flush=True))
except KeyboardInterrupt:
    sys.exit(130)
"""


def test_ctrl_c_in_a_real_process_saves_the_training(tmp_path):
    path = tmp_path / "training.npz"
    child = subprocess.Popen(
        [sys.executable, "-c", CHILD, path], stdout=subprocess.PIPE, text=True
    )
    with child:
        for line in child.stdout:
            if line == "2 3\n":
                child.send_signal(signal.SIGINT)
                break
        last = [line, *child.stdout][-1]
    assert child.returncode == 130
    state = archive.load(path)[0]["state"]
    batches = 8 * (state["epoch"] - 1) + state["batch"]
    epoch, batch = map(int, last.split())
    told = 8 * (epoch - 1) + batch
    # Interrupted while it validates, an epoch's last batch is done and not yet told.
    assert batches == told or (state["batch"], batches) == (8, told + 1)
    assert batches >= 11
