"""The training of the shipped weights, in small: synthetic digits, two epochs."""

from __future__ import annotations

import struct

import numpy as np
import pytest

from core import modelfile
from core.strokes import draw_glyph
from tools import pool, train_base
from tools.train_base import main


def digit(rng, label):
    """A drawn digit of 28x28, with strokes as bold as MNIST's."""
    large = draw_glyph(rng, str(label), 112).reshape(28, 4, 28, 4).max(axis=(1, 3))
    return (large / large.max() * 255).astype(np.uint8)


def write_idx(path, values):
    header = struct.pack(f">4B{values.ndim}I", 0, 0, 8, values.ndim, *values.shape)
    path.write_bytes(header + values.tobytes())


@pytest.fixture(scope="module")
def mnist(tmp_path_factory):
    """Drawn digits in MNIST's files: 60 to train on, 20 to test with."""
    folder = tmp_path_factory.mktemp("mnist")
    rng = np.random.default_rng(3)
    for split, count in (("train", 60), ("t10k", 20)):
        labels = np.arange(count, dtype=np.uint8) % 10
        drawn = np.array([digit(rng, label) for label in labels])
        write_idx(folder / f"{split}-images-idx3-ubyte", drawn)
        write_idx(folder / f"{split}-labels-idx1-ubyte", labels)
    return folder


class InThisProcess:
    """Stands in for multiprocessing, whose workers would not know the small sizes."""

    def Pool(self, *arguments):
        return self

    def __enter__(self):
        return self

    def __exit__(self, *error):
        pass

    def imap_unordered(self, make, jobs):
        return map(make, jobs)


@pytest.fixture
def train(monkeypatch, mnist, tmp_path, capsys):
    """The command, with a small pool; gives exit code, output and errors."""
    monkeypatch.setattr(pool, "CHUNK", 8)
    monkeypatch.setattr(pool, "VALIDATION", 20)
    monkeypatch.setattr(train_base, "VALIDATION", 20)
    monkeypatch.setattr(train_base, "POOL", dict.fromkeys(pool.KINDS, 1))
    held_out = {**dict.fromkeys(pool.KINDS, 0), "drawn": 1, "nothing": 1}
    monkeypatch.setattr(train_base, "HELD_OUT", held_out)
    monkeypatch.setattr(pool.multiprocessing, "get_context", lambda method: InThisProcess())

    def run(name, *more):
        arguments = [
            "--data", mnist, "--out", tmp_path / f"{name}.npz", "--work", tmp_path / name,
            "--spec", "28x28-c3k5s3-11", "--epochs", "2", "--batch-size", "32", *more,
        ]  # fmt: skip
        code = main([str(argument) for argument in arguments])
        streams = capsys.readouterr()
        return code, streams.out, streams.err

    return run


def test_from_data_to_weights(train, tmp_path):
    code, out, err = train("a")
    assert code == 0
    model = modelfile.load(tmp_path / "a.npz")
    assert model.network.output_shape == (11,)
    # Folded: what is shipped has no batch normalisation left to compute.
    assert "BatchNorm" not in repr(model.network)
    info = model.info
    assert info["command"] == "python -m tools.train_base"
    assert (info["seed"], info["epochs"], info["threshold"]) == (0, [2, 2], 0.4)
    assert 0 <= info["validation_accuracy"] <= 1
    assert 0 <= info["mnist_test_crops"] <= 1
    assert len(info["pool_sha256"]) == 64
    assert f"{tmp_path / 'a.npz'}: {(tmp_path / 'a.npz').stat().st_size} bytes" in out
    assert "epoch 2 of 2" in err
    assert "pool: 5 of 5 chunks" in err
    # The same command gives the same bytes, and the pool is used again.
    chunks = {path: path.stat().st_ino for path in (tmp_path / "a").glob("*-0-*.npz")}
    assert len(chunks) == 5
    before = (tmp_path / "a.npz").read_bytes()
    assert train("a")[0] == 0
    assert (tmp_path / "a.npz").read_bytes() == before
    assert chunks == {path: path.stat().st_ino for path in (tmp_path / "a").glob("*-0-*.npz")}


def test_another_seed_is_another_pool_and_another_network(train, tmp_path):
    train("a")
    train("b", "--seed", "1")
    a, b = (modelfile.load(tmp_path / f"{name}.npz").info for name in "ab")
    assert a["pool_sha256"] != b["pool_sha256"]


def test_test_digits_choose_nothing(train, tmp_path, mnist):
    """Weights and their choice are the same whatever the test digits are."""
    train("a")
    labels = mnist / "t10k-labels-idx1-ubyte"
    original = labels.read_bytes()
    try:
        write_idx(labels, np.full(20, 9, np.uint8))
        train("b")
    finally:
        labels.write_bytes(original)
    a, b = (modelfile.load(tmp_path / f"{name}.npz") for name in "ab")
    for one, other in zip(a.network.arrays(), b.network.arrays(), strict=True):
        np.testing.assert_array_equal(one.value, other.value)
    assert a.info["validation_accuracy"] == b.info["validation_accuracy"]


def interrupting(epoch):
    """A report that presses Ctrl-C at the end of an epoch."""

    class Report:
        def __call__(self, progress):
            if (progress.epoch, progress.batch) == (epoch, progress.batches):
                raise KeyboardInterrupt

    return Report


def test_ctrl_c_and_resume_give_what_one_run_gives(train, tmp_path, monkeypatch):
    assert train("whole")[0] == 0
    with monkeypatch.context() as patch:
        patch.setattr(train_base, "_Report", interrupting(epoch=1))
        code, _, err = train("cut")
    assert code == 130
    assert err.endswith("train_base: interrupted; --resume goes on from here\n")
    assert (tmp_path / "cut" / "checkpoint-1.npz").exists()
    assert not (tmp_path / "cut.npz").exists()

    code, _, err = train("cut", "--resume")
    assert code == 0
    # That of the second phase alone.
    assert err.count("epoch 1 of 2") == 1
    assert (tmp_path / "cut.npz").read_bytes() == (tmp_path / "whole.npz").read_bytes()


def test_a_new_training_does_not_go_on_from_an_old_one(train, tmp_path, monkeypatch):
    assert train("a")[0] == 0
    with monkeypatch.context() as patch:
        patch.setattr(train_base, "_Report", interrupting(epoch=1))
        assert train("a")[0] == 130
    assert [path.name for path in (tmp_path / "a").glob("checkpoint*")] == ["checkpoint-1.npz"]


def test_ctrl_c_while_the_pool_is_made(train, tmp_path, monkeypatch):
    def interrupt(self, make, jobs):
        make(jobs[0])
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(InThisProcess, "imap_unordered", interrupt)
        assert train("a")[0] == 130
    assert [path.name for path in (tmp_path / "a").iterdir()] == ["mnist-0-0000.npz"]
    code, _, err = train("a", "--resume")
    assert code == 0
    assert "pool: 5 of 5 chunks" in err


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


def test_a_damaged_checkpoint_is_one_line(train, tmp_path):
    assert train("a")[0] == 0
    (tmp_path / "a" / "checkpoint-2.npz").write_bytes(b"PK")
    code, _, err = train("a", "--resume")
    assert code == 3
    prefix = f"train_base: error: {tmp_path}/a/checkpoint-2.npz: "
    assert err.splitlines()[-1].startswith(prefix)


def test_what_is_shipped_is_described_as_the_readers_say():
    assert train_base.SPEC.startswith("28x28-")
    assert train_base.SPEC.endswith("-11")
    assert set(train_base.POOL) == set(train_base.HELD_OUT) == set(pool.KINDS)
    # Every digit that may be learnt from is read once, in its own frame.
    assert train_base.POOL["mnist"] * pool.CHUNK == 60_000 - pool.VALIDATION
