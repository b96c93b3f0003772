"""What tools.train_base leaves of its training, on crops made up for it."""

from __future__ import annotations

from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest
from PIL import Image

from core import modelfile, training
from core.network import Network
from core.reading.judge import INPUTS
from tools.train_base import __main__ as train_base
from tools.train_base.__main__ import main
from tools.train_base.curves import JUDGE
from tools.train_base.log import read

PHASES = [phase.name for phase in train_base.PHASES]


@pytest.fixture
def train(monkeypatch, tmp_path):
    """The command behind sets of 60 crops, and a judge that learns for three epochs."""
    rng = np.random.default_rng(5)
    crops = rng.integers(0, 256, (60, 28, 28), dtype=np.uint8)
    labels = (np.arange(60) % 11).astype(np.uint8)
    facts = rng.normal(size=(40, INPUTS)).astype(np.float32)

    def train_judge(network, *arguments, progress, **more):
        judge = Network.from_spec(f"{INPUTS}-2", seed=0)
        right = (facts[:, 0] > 0).astype(np.uint8)
        return judge, training.fit(judge, (facts, right), epochs=3, progress=progress)

    digits = SimpleNamespace(images=crops, labels=labels % 10)
    stand_ins = {
        "_training_set": lambda *_: ((crops, labels), (crops[:20], labels[:20])),
        "_held_out": lambda *_: (crops[:30], labels[:30]),
        "_score_of_crops": lambda *_: 0.5,
        "train_judge": train_judge,
        "datasets": SimpleNamespace(load=lambda *_: digits),
    }
    for name, stand_in in stand_ins.items():
        monkeypatch.setattr(train_base, name, stand_in)

    def run(name, *more):
        (tmp_path / name).mkdir(exist_ok=True)
        arguments = [
            "--data", tmp_path, "--out", tmp_path / f"{name}.npz", "--work", tmp_path / name,
            "--network", "28x28-c3k5s3-8-11", "--epochs", "2", "--batch-size", "16", *more,
        ]  # fmt: skip
        return main([str(argument) for argument in arguments])

    return run


def timeless(folder):
    return [replace(line, seconds=None) for line in read(folder / "training.jsonl")]


def interrupting(epoch):
    """A report that presses Ctrl-C at the end of an epoch."""

    class Report:
        def __call__(self, progress):
            if (progress.epoch, progress.batch) == (epoch, progress.batches):
                raise KeyboardInterrupt

    return Report


def test_every_epoch_is_logged_and_drawn(train, tmp_path, capsys):
    assert train("a") == 0
    lines = read(tmp_path / "a" / "training.jsonl")
    assert [(line.phase, line.epoch, line.epochs) for line in lines] == [
        *((phase, epoch, 2) for phase in PHASES for epoch in (1, 2)),
        *((JUDGE, epoch, 3) for epoch in (1, 2, 3)),
    ]
    for line in lines:
        assert line.loss > 0
        assert line.validation_loss > 0
        assert 0 <= line.validation_accuracy <= 1
        assert line.learning_rate >= 0
        assert line.seconds >= 0
    kept = [line for line in lines if line.kept]
    assert [line.phase for line in kept] == [*PHASES, JUDGE]
    info = modelfile.load(tmp_path / "a.npz").info
    assert [round(line.validation_accuracy, 5) for line in kept[1:]] == [
        info["validation_accuracy"],
        info["judge_validation_accuracy"],
    ]
    assert f"{tmp_path / 'a' / 'training.jsonl'}: every epoch" in capsys.readouterr().out
    with Image.open(tmp_path / "a" / "training.png") as picture:
        assert picture.format == "PNG"


@pytest.mark.parametrize("epoch", [1, 2])
def test_resumed_the_log_is_that_of_one_run(train, tmp_path, monkeypatch, epoch):
    assert train("whole") == 0
    with monkeypatch.context() as patch:
        patch.setattr(train_base, "_Report", interrupting(epoch))
        assert train("cut") == 130
    assert len(timeless(tmp_path / "cut")) == epoch
    assert not (tmp_path / "cut" / "training.png").exists()
    assert train("cut", "--resume") == 0
    assert timeless(tmp_path / "cut") == timeless(tmp_path / "whole")
    assert (tmp_path / "cut" / "training.png").exists()
    assert (tmp_path / "cut.npz").read_bytes() == (tmp_path / "whole.npz").read_bytes()


def test_a_lost_log_comes_back_from_the_checkpoints(train, tmp_path):
    assert train("a") == 0
    before = timeless(tmp_path / "a")
    (tmp_path / "a" / "training.jsonl").unlink()
    assert train("a", "--resume") == 0
    assert timeless(tmp_path / "a") == before


def test_a_new_training_has_a_new_log(train, tmp_path, monkeypatch):
    assert train("a") == 0
    with monkeypatch.context() as patch:
        patch.setattr(train_base, "_Report", interrupting(1))
        assert train("a") == 130
    assert len(timeless(tmp_path / "a")) == 1


def test_a_damaged_log_is_one_line(train, tmp_path, capsys):
    assert train("a") == 0
    (tmp_path / "a" / "training.jsonl").write_text("{\n")
    capsys.readouterr()
    assert train("a", "--resume") == 3
    error = capsys.readouterr().err
    assert error.startswith(f"train_base: error: {tmp_path}/a/training.jsonl:1: ")
    assert error.count("\n") == 1


def test_help_says_where_the_log_is(capsys):
    with pytest.raises(SystemExit):
        main(["--help"])
    said = capsys.readouterr().out
    assert "training.jsonl" in said
    assert "training.png" in said
