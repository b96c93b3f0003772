"""Checkpoints: a training that is interrupted and resumed ends with the same bits."""

from __future__ import annotations

import errno
import os
import signal
import subprocess
import sys

import numpy as np
import pytest

from core.errors import ModelFormatError, SpecError, StorageError
from core.files import archive
from core.training.optimisers import Adam

BATCHES = 8
"""Batches of an epoch of the task's options."""


@pytest.fixture(scope="module")
def uninterrupted(task):
    """A function: the values and the history of a training that ran through."""
    done = {}

    def run(name="adam"):
        if name not in done:
            network = task.network()
            history = task.fit(network, optimiser=name, **task.options)
            done[name] = network.values.copy(), history
        return done[name]

    return run


@pytest.mark.parametrize("batches", [1, 3, BATCHES - 1, BATCHES, BATCHES + 1, 2 * BATCHES + 5])
@pytest.mark.parametrize("how", ["stop", "interrupt"])
def test_a_resumed_training_ends_with_the_same_bits(
    task, how, batches, tmp_path, uninterrupted
):
    options = task.options | {"checkpoint": tmp_path / "training.npz"}
    interrupted = task.network()
    if how == "stop":
        history = task.fit(interrupted, stop=task.stop_after(batches), **options)
        assert not history.complete
    else:
        with pytest.raises(KeyboardInterrupt):
            task.fit(interrupted, progress=task.interrupt_after(batches), **options)

    # Another process has other weights to begin with, and stale buffers.
    resumed = task.network(seed=77)
    resumed.predict_proba(task.x[:5])
    seen = []
    history = task.fit(resumed, resume=True, progress=seen.append, **options)
    assert len(seen) == 3 * BATCHES - batches
    values, expected = uninterrupted()
    np.testing.assert_array_equal(resumed.values, values)
    assert history == expected


def test_a_training_may_be_stopped_after_every_batch(task, tmp_path, uninterrupted):
    options = task.options | {"checkpoint": tmp_path / "training.npz", "optimiser": "sgd"}
    for _ in range(3 * BATCHES):
        network = task.network()
        history = task.fit(network, stop=task.stop_after(1), resume=True, **options)
        assert not history.complete
    history = task.fit(network, stop=task.stop_after(1), resume=True, **options)
    values, expected = uninterrupted("sgd")
    np.testing.assert_array_equal(network.values, values)
    assert history == expected


def test_ctrl_c_during_validation_loses_nothing(task, tmp_path):
    class PressedOnce(task.Recorder):
        """Data in whose first validation batch somebody presses Ctrl-C."""

        def batch(self, indices):
            if len(indices) == 64:
                signal.raise_signal(signal.SIGINT)
            return super().batch(indices)

    held_out = task.bars(300, seed=8)
    options = task.options | {"checkpoint": tmp_path / "training.npz"}
    network, resumed, straight = task.network(), task.network(), task.network()
    with pytest.raises(KeyboardInterrupt):
        task.fit(network, **(options | {"validation": PressedOnce(*held_out)}))
    about, _ = archive.load(tmp_path / "training.npz")
    assert (about["state"]["epoch"], about["state"]["batch"]) == (1, 10)
    options["validation"] = held_out
    task.fit(resumed, resume=True, **options)
    task.fit(straight, **(options | {"checkpoint": None}))
    np.testing.assert_array_equal(resumed.values, straight.values)


def test_a_finished_training_is_not_trained_again(task, tmp_path, uninterrupted):
    options = task.options | {"checkpoint": tmp_path / "training.npz"}
    task.fit(task.network(), **options)
    again, calls = task.network(seed=5), []
    history = task.fit(again, resume=True, progress=calls.append, **options)
    values, expected = uninterrupted()
    np.testing.assert_array_equal(again.values, values)
    assert history == expected
    assert not calls


def test_resume_without_a_checkpoint_begins(task, tmp_path, uninterrupted):
    network = task.network()
    path = tmp_path / "training.npz"
    task.fit(network, checkpoint=path, resume=True, **task.options)
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
def test_a_checkpoint_of_another_training_is_refused(task, other, named, tmp_path):
    path = tmp_path / "training.npz"
    task.fit(task.network(), checkpoint=path, stop=task.stop_after(2), **task.options)
    options = task.options | other
    with pytest.raises(SpecError, match=named) as caught:
        task.fit(task.network(), checkpoint=path, resume=True, **options)
    assert str(path) in str(caught.value)


def test_a_damaged_checkpoint_is_refused(task, tmp_path):
    path = tmp_path / "training.npz"
    task.fit(task.network(), checkpoint=path, stop=task.stop_after(2), **task.options)
    data = path.read_bytes()

    def refusal():
        with pytest.raises(ModelFormatError) as caught:
            task.fit(task.network(), checkpoint=path, resume=True, **task.options)
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


def test_a_full_disk_keeps_the_last_checkpoint(task, tmp_path, monkeypatch):
    path = tmp_path / "training.npz"
    task.fit(task.network(), checkpoint=path, stop=task.stop_after(2), **task.options)
    before = path.read_bytes()

    def full(handle):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(StorageError, match="No space left"):
        task.fit(task.network(), checkpoint=path, resume=True, **task.options)
    assert path.read_bytes() == before
    assert os.listdir(tmp_path) == [path.name]


def test_checkpoints_are_written_by_the_clock(task, tmp_path, monkeypatch):
    writes = []
    monkeypatch.setattr(archive, "save", lambda *arguments: writes.append(arguments))
    options = task.options | {"checkpoint": tmp_path / "training.npz"}
    task.fit(task.network(), checkpoint_every_s=3600, **options)
    assert len(writes) == 1
    task.fit(task.network(), checkpoint_every_s=0, **options)
    assert len(writes) == 1 + 3 * BATCHES + 1


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
    reported = 8 * (epoch - 1) + batch
    # Interrupted while it validates, an epoch's last batch is done and not yet reported.
    assert batches == reported or (state["batch"], batches) == (8, reported + 1)
    assert batches >= 11


EPOCH = {"epoch": 1, "loss": 1.0, "learning_rate": 0.1}
DEEP = {"a": [[[]]]}


@pytest.mark.parametrize(
    "change",
    [
        {"epoch": 0},
        {"epoch": 5},
        {"epoch": 1.5},
        {"epoch": "1"},
        {"epoch": True},
        {"epoch": 10**30},
        {"batch": -1},
        {"batch": BATCHES + 1},
        {"batch": None},
        {"optimiser steps": -5},
        {"optimiser steps": 10**30},
        {"optimiser steps": DEEP},
        {"loss_sum": "1"},
        {"loss_sum": 1e305},
        {"history": 5},
        {"history": DEEP},
        {"history": [5]},
        {"history": [{"epoch": 1}]},
        {"history": [EPOCH | {"else": 1}]},
        {"history": [EPOCH | {"loss": None}]},
        {"history": [EPOCH | {"epoch": "x"}]},
        {"history": [EPOCH | {"validation_loss": 1.0}]},
        {"history": [EPOCH | {"validation_loss": 1.0, "validation_accuracy": "x"}]},
        {"history": [EPOCH] * 9},
    ],
)
def test_a_state_that_somebody_made_up_is_refused(task, tmp_path, change):
    """The checkpoints of a night lie in a folder of a group."""
    path = tmp_path / "training.npz"
    task.fit(task.network(), stop=task.stop_after(10), checkpoint=path, **task.options)
    about, arrays = archive.load(path)
    archive.save(path, about | {"state": about["state"] | change}, arrays)
    with pytest.raises(ModelFormatError, match="its state does not fit"):
        task.fit(task.network(), checkpoint=path, resume=True, **task.options)


@pytest.mark.parametrize("name", ["values", "best"])
def test_weights_that_are_not_finite_are_refused(task, tmp_path, name):
    path = tmp_path / "training.npz"
    task.fit(task.network(), checkpoint=path, **task.options)
    about, arrays = archive.load(path)
    arrays[name][3] = np.nan
    archive.save(path, about, arrays)
    with pytest.raises(ModelFormatError, match="a weight is not finite"):
        task.fit(task.network(), checkpoint=path, resume=True, **task.options)


def test_a_checkpoint_much_larger_than_the_training_is_not_read(task, tmp_path):
    path = tmp_path / "training.npz"
    with open(path, "wb") as file:
        file.truncate(100 << 20)
    with pytest.raises(ModelFormatError, match="is larger than 16 MiB"):
        task.fit(task.network(), checkpoint=path, resume=True, **task.options)
