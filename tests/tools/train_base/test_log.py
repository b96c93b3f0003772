"""The log of a real training, of a small network on a few numbers."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from core import training
from core.network import Network
from tools.train_base.log import Recorder, TrainingLog, read

EPOCHS = 3


def timeless(path):
    return [replace(line, seconds=None) for line in read(path)]


def train(folder, stop_after=None, resume=False):
    """A phase of three epochs, logged in a folder; Ctrl-C after so many of them."""
    rng = np.random.default_rng(5)
    x = rng.normal(size=(40, 6)).astype(np.float32)
    labels = (x[:, 0] > 0).astype(np.uint8)

    def interrupt(progress):
        if (progress.epoch, progress.batch) == (stop_after, progress.batches):
            raise KeyboardInterrupt

    log = TrainingLog(folder / "log.jsonl")
    network = Network.from_spec("6-4-2", seed=0)
    history = training.fit(
        network,
        (x, labels),
        epochs=EPOCHS,
        batch_size=16,
        validation=(x[:20], labels[:20]),
        checkpoint=folder / "checkpoint.npz",
        resume=resume,
        progress=Recorder(log, "first", interrupt),
    )
    log.complete("first", EPOCHS, history)
    return log, history


def test_every_epoch_is_logged_with_the_one_that_was_kept(tmp_path):
    log, history = train(tmp_path)
    assert read(log.path) == log.lines
    assert [(line.phase, line.epoch, line.epochs) for line in log.lines] == [
        ("first", epoch, EPOCHS) for epoch in (1, 2, 3)
    ]
    for line, epoch in zip(log.lines, history.epochs, strict=True):
        assert line.loss == epoch.loss > 0
        assert line.validation_loss > 0
        assert line.validation_accuracy == epoch.validation_accuracy
        assert line.learning_rate >= 0
        assert line.seconds >= 0
    assert [line.epoch for line in log.lines if line.kept] == [history.best.epoch]


@pytest.mark.parametrize("epoch", [1, 2, 3])
def test_resumed_the_log_is_that_of_one_run(tmp_path, epoch):
    for folder in ("whole", "cut"):
        (tmp_path / folder).mkdir()
    whole, _ = train(tmp_path / "whole")
    with pytest.raises(KeyboardInterrupt):
        train(tmp_path / "cut", stop_after=epoch)
    cut = tmp_path / "cut" / "log.jsonl"
    assert len(read(cut)) == epoch
    train(tmp_path / "cut", resume=True)
    assert timeless(cut) == timeless(whole.path)


def test_a_lost_log_comes_back_from_the_checkpoint(tmp_path):
    log, _ = train(tmp_path)
    before = timeless(log.path)
    log.path.unlink()
    log, _ = train(tmp_path, resume=True)
    assert timeless(log.path) == before
    assert {line.seconds for line in log.lines} == {None}
