"""The training of the shipped weights, in small: synthetic digits, two epochs."""

from __future__ import annotations

import io
import shutil
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import replace

import numpy as np
import pytest
from PIL import Image

from core import modelfile
from core.integer.network import IntegerNetwork
from core.reading.judge import INPUTS
from core.reading.reader import Reader
from tools.train_base import __main__ as train_base
from tools.train_base import calibrate, crops, judge, judge_frames, recipe
from tools.train_base.__main__ import main
from tools.train_base.curves import JUDGE, PLACE_JUDGE
from tools.train_base.log import read


def shrink(monkeypatch):
    """Pictures by the dozen, and two epochs of everything."""
    monkeypatch.setattr(crops, "CHUNK", 8)
    monkeypatch.setattr(judge_frames, "CHUNK", 12)
    for module in (crops, judge_frames, train_base):
        monkeypatch.setattr(module, "VALIDATION", 20)
    monkeypatch.setattr(train_base, "POOL", dict.fromkeys(crops.KINDS, 1))
    held_out = {**dict.fromkeys(crops.KINDS, 0), "drawn": 1, "nothing": 1}
    monkeypatch.setattr(train_base, "HELD_OUT", held_out)
    monkeypatch.setattr(train_base, "WHOLE", judge.Recipe((1, 0), (1, 0), 2))
    monkeypatch.setattr(train_base, "PLACES", judge.Recipe((1, 1), (1, 1), 2))
    few = np.linspace(0, 1, 5 * 784, dtype=np.float32).reshape(5, 28, 28)
    monkeypatch.setattr(calibrate, "examples", lambda: few)


def command(folder, mnist, name, *more):
    """The arguments that train `name`.npz in a folder, with the work in `name` beside it."""
    return [
        "--data", str(mnist), "--out", str(folder / f"{name}.npz"),
        "--work", str(folder / name), "--network", "28x28-c3k5s3-11", "--epochs", "2",
        "--batch-size", "32", *map(str, more),
    ]  # fmt: skip


@pytest.fixture(scope="module")
def whole(tmp_path_factory, small_mnist, one_worker):
    """A training from beginning to end: its folder (with a.npz and a/), output and errors."""
    folder = tmp_path_factory.mktemp("whole")
    out, err = io.StringIO(), io.StringIO()
    with pytest.MonkeyPatch.context() as patch, redirect_stdout(out), redirect_stderr(err):
        shrink(patch)
        one_worker(patch)
        assert main(command(folder, small_mnist, "a")) == 0
    return folder, out.getvalue(), err.getvalue()


@pytest.fixture
def train(monkeypatch, worker, small_mnist, tmp_path, capsys):
    """The command, with a small pool; gives exit code, output and errors."""
    shrink(monkeypatch)

    def run(name, *more):
        code = main(command(tmp_path, small_mnist, name, *more))
        streams = capsys.readouterr()
        return code, streams.out, streams.err

    return run


def copy(whole, target, pattern="*"):
    """The work of the whole training, as if it had been done in the folder `target`."""
    target.mkdir(exist_ok=True)
    for path in (whole[0] / "a").glob(pattern):
        if not (target / path.name).exists():
            shutil.copy(path, target)


def test_from_data_to_weights(whole):
    folder, out, err = whole
    model = modelfile.load(folder / "a.npz")
    assert model.network.output_shape == (11,)
    assert isinstance(Reader.of(model).network, IntegerNetwork)
    # Folded: what is shipped has no batch normalisation left to compute.
    assert "BatchNorm" not in repr(model.network)
    assert model.judge.input_shape == (INPUTS,)
    assert model.judge.output_shape == (3,)
    info = model.info
    assert info["command"] == "python -m tools.train_base"
    threshold = train_base.THRESHOLD
    assert (info["seed"], info["epochs"], info["threshold"]) == (0, [2, 2], threshold)
    assert 0 <= info["validation_accuracy"] <= 1
    assert 0 <= info["judge_validation_accuracy"] <= 1
    assert 0 <= info["mnist_test_crops"] <= 1
    assert len(info["pool_sha256"]) == 64
    assert f"{folder / 'a.npz'}: {(folder / 'a.npz').stat().st_size} bytes" in out
    assert "epoch 2 of 2" in err
    assert "pool: 6 of 6 chunks" in err
    assert "frames for the judge: 1 of 1 chunks" in err
    assert err.count("rooms for the judge: 1 of 1 chunks") == 2
    assert model.place_judge.output_shape == (3,)
    assert 0 <= info["place_judge_validation_accuracy"] <= 1
    reader = Reader.of(model)
    assert reader.judge is not None
    assert reader.threshold == train_base.THRESHOLD


def timeless(folder):
    return [replace(line, seconds=None) for line in read(folder / "training.jsonl")]


def test_every_epoch_is_logged_and_drawn(whole):
    folder, out, _ = whole
    lines = read(folder / "a" / "training.jsonl")
    phases = [phase.name for phase in recipe.PHASES]
    assert [(line.phase, line.epoch, line.epochs) for line in lines] == [
        (phase, epoch, 2) for phase in [*phases, JUDGE, PLACE_JUDGE] for epoch in (1, 2)
    ]
    for line in lines:
        assert line.loss > 0
        assert line.validation_loss > 0
        assert 0 <= line.validation_accuracy <= 1
        assert line.learning_rate >= 0
        assert line.seconds >= 0
    kept = [line for line in lines if line.kept]
    assert [line.phase for line in kept] == [*phases, JUDGE, PLACE_JUDGE]
    info = modelfile.load(folder / "a.npz").info
    assert [round(line.validation_accuracy, 5) for line in kept[1:]] == [
        info["validation_accuracy"],
        info["judge_validation_accuracy"],
        info["place_judge_validation_accuracy"],
    ]
    assert f"{folder / 'a' / 'training.jsonl'}: every epoch" in out
    with Image.open(folder / "a" / "training.png") as picture:
        assert picture.format == "PNG"


def test_the_same_command_gives_the_same_bytes_and_uses_the_pool_again(
    train, worker, whole, tmp_path
):
    copy(whole, tmp_path / "a")
    assert train("a")[0] == 0
    assert worker.done == []
    assert (tmp_path / "a.npz").read_bytes() == (whole[0] / "a.npz").read_bytes()


@pytest.mark.slow
def test_another_seed_is_another_pool_and_another_network(train, whole, tmp_path):
    copy(whole, tmp_path / "b")
    assert train("b", "--seed", "1")[0] == 0
    a, b = modelfile.load(whole[0] / "a.npz"), modelfile.load(tmp_path / "b.npz")
    assert a.info["pool_sha256"] != b.info["pool_sha256"]
    assert not np.array_equal(a.network.values, b.network.values)
    assert not np.array_equal(a.judge.values, b.judge.values)


@pytest.mark.slow
def test_test_digits_choose_nothing(train, whole, tmp_path, small_mnist, write_idx):
    """Weights and their choice are the same whatever the test digits are."""
    labels = small_mnist / "t10k-labels-idx1-ubyte"
    original = labels.read_bytes()
    try:
        write_idx(labels, np.full(20, 9, np.uint8))
        assert train("b")[0] == 0
    finally:
        labels.write_bytes(original)
    a, b = modelfile.load(whole[0] / "a.npz"), modelfile.load(tmp_path / "b.npz")
    np.testing.assert_array_equal(a.network.values, b.network.values)
    np.testing.assert_array_equal(a.judge.values, b.judge.values)
    for name in ("validation_accuracy", "judge_validation_accuracy"):
        assert a.info[name] == b.info[name]


def interrupting(epoch):
    """A report that presses Ctrl-C at the end of an epoch."""

    class Report:
        def __call__(self, progress):
            if (progress.epoch, progress.batch) == (epoch, progress.batches):
                raise KeyboardInterrupt

    return Report


@pytest.mark.parametrize("epoch", [1, 2])
def test_ctrl_c_and_resume_give_what_one_run_gives(train, whole, tmp_path, monkeypatch, epoch):
    copy(whole, tmp_path / "cut", "*-*-*.npz")
    with monkeypatch.context() as patch:
        patch.setattr(train_base, "EpochLine", interrupting(epoch))
        code, _, err = train("cut")
    assert code == 130
    assert err.endswith("train_base: interrupted; --resume goes on from here\n")
    assert (tmp_path / "cut" / "checkpoint-1.npz").exists()
    assert not (tmp_path / "cut.npz").exists()
    assert len(timeless(tmp_path / "cut")) == epoch
    assert not (tmp_path / "cut" / "training.png").exists()

    code, _, err = train("cut", "--resume")
    assert code == 0
    # That of the second phase, and the judges'.
    assert err.count("epoch 1 of 2") == 3
    assert (tmp_path / "cut.npz").read_bytes() == (whole[0] / "a.npz").read_bytes()
    assert timeless(tmp_path / "cut") == timeless(whole[0] / "a")
    assert (tmp_path / "cut" / "training.png").exists()


def test_a_lost_log_comes_back_from_the_checkpoints(train, whole, tmp_path):
    copy(whole, tmp_path / "a")
    (tmp_path / "a" / "training.jsonl").unlink()
    assert train("a", "--resume")[0] == 0
    assert timeless(tmp_path / "a") == timeless(whole[0] / "a")


def test_a_damaged_log_is_one_line(train, tmp_path):
    (tmp_path / "a").mkdir()
    (tmp_path / "a" / "training.jsonl").write_text("{\n")
    code, _, err = train("a", "--resume")
    assert code == 3
    assert err.startswith(f"train_base: error: {tmp_path}/a/training.jsonl:1: ")
    assert err.count("\n") == 1


def test_help_says_where_the_log_is(capsys):
    with pytest.raises(SystemExit):
        main(["--help"])
    shown = capsys.readouterr().out
    assert "training.jsonl" in shown
    assert "training.png" in shown


def test_a_new_training_does_not_go_on_from_an_old_one(train, whole, tmp_path, monkeypatch):
    copy(whole, tmp_path / "a")
    assert len(list((tmp_path / "a").glob("checkpoint*"))) == 2
    with monkeypatch.context() as patch:
        patch.setattr(train_base, "EpochLine", interrupting(epoch=1))
        assert train("a")[0] == 130
    assert [path.name for path in (tmp_path / "a").glob("checkpoint*")] == ["checkpoint-1.npz"]
    assert len(timeless(tmp_path / "a")) == 1


def test_ctrl_c_while_the_pool_is_made(train, worker, whole, tmp_path):
    worker.stop = 1
    assert train("a")[0] == 130
    assert [path.name for path in (tmp_path / "a").iterdir()] == ["mnist-0-0000.npz"]
    worker.stop = None
    copy(whole, tmp_path / "a", "*-*-*.npz")
    (tmp_path / "a" / "drawn-0-0000.npz").unlink()
    code, _, err = train("a", "--resume")
    assert code == 0
    assert worker.done == [("mnist", 0), ("drawn", 0)]
    assert "pool: 6 of 6 chunks" in err
    assert (tmp_path / "a.npz").read_bytes() == (whole[0] / "a.npz").read_bytes()


def test_ctrl_c_while_the_judge_gets_its_frames(train, worker, whole, tmp_path):
    copy(whole, tmp_path / "a")
    (tmp_path / "a" / "trials-0-0000.npz").unlink()
    worker.stop = 0
    assert train("a", "--resume")[0] == 130
    assert not (tmp_path / "a.npz").exists()
    worker.stop = None
    assert train("a", "--resume")[0] == 0
    assert worker.done == [(0,)]
    assert (tmp_path / "a.npz").read_bytes() == (whole[0] / "a.npz").read_bytes()


def test_the_judge_alone(train, worker, whole, tmp_path):
    copy(whole, tmp_path / "a")
    shutil.copy(whole[0] / "a.npz", tmp_path)
    model = modelfile.load(tmp_path / "a.npz")
    modelfile.save(tmp_path / "a.npz", model.network, {**model.info, "threshold": 0.1})
    assert train("a", "--judge-alone")[0] == 0
    assert worker.done == []
    assert (tmp_path / "a.npz").read_bytes() == (whole[0] / "a.npz").read_bytes()


def test_the_judge_alone_needs_a_network(train, tmp_path):
    code, _, err = train("a", "--judge-alone")
    assert code == 3
    assert err.startswith(f"train_base: error: {tmp_path}/a.npz: ")


def test_missing_data_is_one_line(monkeypatch, tmp_path, capsys):
    monkeypatch.setenv("ZERODIGIT_MNIST", str(tmp_path))
    assert main(["--work", str(tmp_path / "work"), "--out", str(tmp_path / "out.npz")]) == 3
    assert capsys.readouterr().err == (
        "train_base: error: no MNIST here; fetch it with: python -m tools.fetch_mnist\n"
    )
    assert not list(tmp_path.iterdir())


def test_a_folder_without_mnist_is_refused(train, tmp_path, capsys):
    code, _, err = train("a", "--data", tmp_path)
    assert code == 3
    assert err.splitlines()[-1].startswith(f"train_base: error: {tmp_path}: neither ")


def test_a_damaged_checkpoint_is_one_line(train, whole, tmp_path):
    copy(whole, tmp_path / "a")
    (tmp_path / "a" / "checkpoint-2.npz").write_bytes(b"PK")
    code, _, err = train("a", "--resume")
    assert code == 3
    prefix = f"train_base: error: {tmp_path}/a/checkpoint-2.npz: "
    assert err.splitlines()[-1].startswith(prefix)
