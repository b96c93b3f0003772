from __future__ import annotations

import io
import os
import re
import signal
import stat
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

from core import modelfile
from core.errors import DivergedError
from core.training import Progress
from pi.cli import main
from pi.cli.train import Report
from pi.devices.terminal import Terminal

ROOT = Path(__file__).parents[3]


@pytest.fixture
def data(tmp_path, write_idx):
    """A folder like MNIST's of pictures that are easily told apart: a bar, at ten heights."""
    folder = tmp_path / "data"
    folder.mkdir()
    rng = np.random.default_rng(1)
    for name, count in [("train", 400), ("t10k", 100)]:
        labels = rng.integers(0, 10, count)
        images = rng.integers(0, 60, (count, 28, 28))
        for image, label in zip(images, labels, strict=True):
            image[2 * label + 4 : 2 * label + 6] = 250
        write_idx(folder / f"{name}-images-idx3-ubyte", images.astype(np.uint8))
        write_idx(folder / f"{name}-labels-idx1-ubyte", labels.astype(np.uint8))
    return folder


@pytest.fixture
def train(data, tmp_path, capsys):
    def run(*arguments, out="model.npz", path=data):
        command = ["train", "--data", str(path), "--out", str(tmp_path / out)]
        code = main([*command, "--network", "784-16-10", *arguments])
        streams = capsys.readouterr()
        return code, streams.out, streams.err

    return run


def test_it_trains_tells_and_saves(train, data, tmp_path):
    code, out, error = train("--epochs", "3")
    assert (code, error) == (0, "")
    lines = out.splitlines()
    assert lines[0] == f"400 digits from {data}, seed 0"
    epochs = [line for line in lines if line.startswith("epoch ")]
    assert len(epochs) == 3
    for number, line in enumerate(epochs, 1):
        pattern = rf"epoch {number} of 3: loss \d+\.\d{{4}}, validation [01]\.\d{{4}}"
        assert re.fullmatch(pattern, line)
    path = tmp_path / "model.npz"
    assert lines[-1].startswith(f"saved {path} (")
    model = modelfile.load(path)
    score = float(re.fullmatch(r"test ([01]\.\d{4}) \(n=100\)", lines[-2])[1])
    assert score == pytest.approx(model.info["test_accuracy"], abs=1e-4)
    assert score > 0.8
    assert model.info["arguments"]["epochs"] == 3
    assert sorted(each.name for each in tmp_path.iterdir()) == ["data", "model.npz"]
    assert "\x1b" not in out


def test_the_same_arguments_give_the_same_file(train, tmp_path):
    train("--epochs", "2", "--augment", "--optimiser", "sgd", "--learning-rate", "0.05")
    first = (tmp_path / "model.npz").read_bytes()
    train("--epochs", "2", "--augment", "--optimiser", "sgd", "--learning-rate", "0.05")
    assert (tmp_path / "model.npz").read_bytes() == first


def test_the_network_by_its_old_option(train, tmp_path, capsys):
    assert train("--epochs", "1", "--spec", "784-12-10")[0] == 0
    model = modelfile.load(tmp_path / "model.npz")
    assert model.info["arguments"]["network"] == "784-12-10"
    assert main(["train", "--help"]) == 0
    assert "--spec" not in capsys.readouterr().out


def test_augmented_digits_teach_other_weights(train, tmp_path):
    train("--epochs", "1", out="plain.npz")
    train("--epochs", "1", "--augment", out="augmented.npz")
    plain, augmented = (
        modelfile.load(tmp_path / f"{name}.npz").network.values
        for name in ("plain", "augmented")
    )
    assert np.abs(plain - augmented).max() > 0.01


def test_every_digit_is_augmented_and_stays_a_digit(train, data, monkeypatch):
    class Seen(Exception):
        pass

    def look(network, data, *, augment, **options):
        raise Seen(data.images, augment)

    monkeypatch.setattr("core.training.fit", look)
    with pytest.raises(Seen) as seen:
        train("--augment")
    images, augment = seen.value.args
    changed = augment(images, np.random.default_rng(1))
    difference = np.abs(changed - images / np.float32(255)).mean(axis=(1, 2))
    assert difference.min() > 0.02
    assert difference.max() < 0.3
    with pytest.raises(Seen) as seen:
        train()
    assert seen.value.args[1] is None


def test_csv_without_validation_or_test(train, tmp_path):
    path = tmp_path / "few.csv"
    rng = np.random.default_rng(0)
    rows = np.column_stack([np.arange(40) % 10, rng.integers(0, 256, (40, 784))])
    np.savetxt(path, rows, "%d", ",")
    code, out, _ = train("--epochs", "2", "--validation", "0", path=path)
    assert code == 0
    assert ", validation" not in out
    assert "\ntest " not in out


def test_ctrl_c_saves_and_resuming_ends_with_the_same_weights(train, tmp_path, monkeypatch):
    train("--epochs", "4")
    path = tmp_path / "model.npz"
    uninterrupted = modelfile.load(path).network.values.copy()
    path.unlink()

    told = []

    def interrupt(self, progress):
        told.append(progress)
        if len(told) == 9:
            raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(Report, "__call__", interrupt)
        code, _, error = train("--epochs", "4")
    checkpoint = tmp_path / "model.npz.checkpoint"
    assert code == 130
    assert not path.exists()
    assert checkpoint.exists()
    assert str(checkpoint) in error
    assert "--resume" in error
    assert error.count("\n") == 1

    # It is not thrown away by accident.
    code, _, error = train("--epochs", "4")
    assert code == 2
    assert "--resume" in error
    assert checkpoint.exists()

    code, out, _ = train("--epochs", "4", "--resume")
    assert code == 0
    assert "epoch 1 of 4" not in out
    assert np.array_equal(modelfile.load(path).network.values, uninterrupted)
    assert not checkpoint.exists()


@pytest.mark.parametrize(
    ("number", "code"),
    [(signal.SIGINT, 130), (signal.SIGTERM, -signal.SIGTERM), (signal.SIGHUP, -signal.SIGHUP)],
)
def test_a_signal_saves_the_training_in_a_program(data, tmp_path, number, code):
    command = [sys.executable, "-u", "-m", "pi.cli", "train", "--data", str(data)]
    command += [
        "--network",
        "784-16-10",
        "--epochs",
        "100000",
        "--out",
        str(tmp_path / "m.npz"),
    ]
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, cwd=ROOT
    ) as program:
        for line in program.stdout:
            if line.startswith("epoch 1 "):
                break
        program.send_signal(number)
        _, error = program.communicate(timeout=60)
    assert program.returncode == code
    assert error.startswith("zerodigit: stopped; ")
    assert error.count("\n") == 1
    assert (tmp_path / "m.npz.checkpoint").exists()
    assert not (tmp_path / "m.npz").exists()


def test_nothing_to_resume(train):
    code, _, error = train("--resume")
    assert code == 2
    assert "nothing to resume" in error


@pytest.mark.parametrize(
    ("arguments", "code", "hint"),
    [
        (["--network", "784-x-10"], 2, "784-x-10"),
        (["--network", "100-10"], 3, ""),
        (["--network", "784-5"], 3, "label"),
        (["--epochs", "0"], 2, "epochs"),
        (["--learning-rate", "-1"], 2, "learning_rate"),
        (["--validation", "2"], 2, "validation"),
        (["--activation", "cube"], 2, "cube"),
    ],
)
def test_arguments_that_make_no_sense(train, tmp_path, arguments, code, hint):
    got, _, error = train(*arguments)
    assert got == code
    assert error.startswith("zerodigit: error: ")
    assert hint in error
    assert error.count("\n") == 1
    assert not (tmp_path / "model.npz").exists()


@pytest.mark.parametrize("name", ["train-images-idx3-ubyte", "t10k-images-idx3-ubyte"])
def test_torn_data(train, data, tmp_path, name):
    path = data / name
    path.write_bytes(path.read_bytes()[:-1])
    code, out, error = train()
    assert code == 3
    assert error.startswith(f"zerodigit: error: {path}: ")
    assert "epoch" not in out


def test_missing_data(train, tmp_path):
    code, _, error = train(path=tmp_path / "none")
    assert code == 3
    assert "fetch_mnist" in error


@pytest.mark.parametrize("out", ["data", "no/such/model.npz"])
def test_an_output_that_cannot_be_written_is_told_before_training(train, tmp_path, out):
    code, told, error = train(out=out)
    assert (code, told) == (7, "")
    assert error.startswith(f"zerodigit: error: {tmp_path / out}: ")


def test_the_file_behind_a_link_is_written(train, tmp_path):
    (tmp_path / "folder").mkdir()
    (tmp_path / "model.npz").symlink_to("folder/mine.npz")
    code, out, _ = train("--epochs", "1")
    assert code == 0
    assert f"saved {tmp_path / 'model.npz'} (" in out
    assert os.readlink(tmp_path / "model.npz") == "folder/mine.npz"
    assert os.listdir(tmp_path / "folder") == ["mine.npz"]
    assert modelfile.load(tmp_path / "folder" / "mine.npz").info["epochs"] == 1


def test_a_device_is_written_into_without_a_checkpoint(train):
    code, out, _ = train("--epochs", "1", out="/dev/null")
    assert (code, out.splitlines()[-1]) == (0, "saved /dev/null")
    assert stat.S_ISCHR(os.stat("/dev/null").st_mode)
    code, _, error = train("--resume", out="/dev/null")
    assert code == 2
    assert "nothing to resume" in error
    code, _, error = train(out="/dev/zerodigit.npz")
    assert code == 7
    assert "no file is made among the devices" in error


def test_a_folder_that_may_not_be_written(train, monkeypatch):
    # Root, as whom containers run tests, may write everywhere.
    monkeypatch.setattr(os, "access", lambda path, mode: False)
    code, _, error = train()
    assert code == 7
    assert "may not be written; choose a folder of your own" in error
    status = SimpleNamespace(f_flag=os.ST_RDONLY)
    monkeypatch.setattr(os, "statvfs", lambda path: status)
    code, _, error = train()
    assert code == 7
    assert "is on a read-only file system; choose another" in error


def test_a_full_disk_while_saving_keeps_the_training(train, tmp_path, monkeypatch):
    original = os.replace

    def full(source, target):
        if str(target).endswith("model.npz"):
            raise OSError(28, "No space left on device")
        original(source, target)

    monkeypatch.setattr(os, "replace", full)
    code, _, error = train("--epochs", "2")
    assert code == 7
    assert "No space left" in error
    assert (tmp_path / "model.npz.checkpoint").exists()
    monkeypatch.undo()
    assert train("--epochs", "2", "--resume")[0] == 0


def test_a_training_that_diverges(train, monkeypatch, tmp_path):
    def diverge(*args, **options):
        raise DivergedError("loss is nan in epoch 1; a lower learning rate helps")

    monkeypatch.setattr("core.training.fit", diverge)
    code, _, error = train()
    assert code == 6
    assert "learning rate" in error
    assert not (tmp_path / "model.npz").exists()


def test_on_a_terminal_one_line_is_kept_up_to_date(tty):
    stream = tty()
    with Terminal(stream) as terminal:
        report = Report(terminal)
        report(Progress(1, 2, 1, 4, 0.5, None, 0.1, 3.0))
        report(Progress(2, 2, 2, 4, 0.25, 0.975, 0.1, 75.0))
    first, second = stream.getvalue().split("\x1b[1A\r")
    assert "epoch 1 of 2 [##........] 0:03  loss 0.5000\x1b" in first
    # An eighth is done after 3 s, three quarters after 75: a quarter takes 72 / 2.5.
    assert "epoch 2 of 2 [#####.....] 29 s left  loss 0.2500  validation 0.9750\x1b" in second
    assert stream.getvalue().endswith("\x1b[?25h")


def test_in_a_log_the_time_left_is_told_each_epoch_and_now_and_then():
    stream = io.StringIO()
    report = Report(Terminal(stream))
    for epoch, batch, seconds in [(1, 1, 9), (1, 2, 11), (1, 3, 609), (1, 4, 700), (2, 1, 800)]:
        report(Progress(epoch, 10, batch, 4, 0.5, None if epoch == 1 else 0.9, 0.1, seconds))
    # 40 batches; 300 s each so far, later 198.
    assert stream.getvalue() == (
        "epoch 1 of 10, 75 %: loss 0.5000, about 3 h 5 min left\n"
        "epoch 1 of 10: loss 0.5000, validation 0.9000, about 1 h 55 min left\n"
    )


def test_the_time_left_of_a_resumed_training_is_measured_anew():
    stream = io.StringIO()
    report = Report(Terminal(stream))
    for epoch, seconds in [(9, 1), (10, 11)]:
        report(Progress(epoch, 10, 1, 2, 0.5, None, 0.1, seconds))
    assert stream.getvalue() == "epoch 9 of 10: loss 0.5000, about 5 s left\n"


@pytest.mark.parametrize(("activation", "whole"), [("relu", True), ("sigmoid", False)])
def test_what_can_be_run_in_whole_numbers_is_saved_so(train, tmp_path, activation, whole):
    assert train("--epochs", "1", "--activation", activation)[0] == 0
    assert (modelfile.load(tmp_path / "model.npz").ranges is not None) == whole


@pytest.mark.slow
def test_sixty_thousand_digits_fit_into_a_zero(tmp_path, write_idx):
    """The peak of a round with checkpoints and the test digits, in a process of its own.

    Without the libraries' pages, of which each kernel maps as many as it likes: here 20 MB, on
    a Pi 14. What the whole takes there the emulated one measures.
    """
    rng = np.random.default_rng(2)
    for name, count in [("train", 60_000), ("t10k", 10_000)]:
        images = rng.integers(0, 256, (count, 28, 28), np.uint8)
        write_idx(tmp_path / f"{name}-images-idx3-ubyte", images)
        labels = rng.integers(0, 10, count, np.uint8)
        write_idx(tmp_path / f"{name}-labels-idx1-ubyte", labels)
    code = (
        "import sys; from pi.cli import main; main(sys.argv[1:]);"
        "print('PIL' in sys.modules);"
        "lines = dict(line.split(':') for line in open('/proc/self/status'));"
        "kb = [int(lines[name].split()[0]) for name in ('VmHWM', 'RssFile')];"
        "print('peak', kb[0] - kb[1])"
    )
    flags = f"--data {tmp_path} --network 784-200-10 --epochs 1 --out {tmp_path}/new.npz"
    environ = os.environ | {"OPENBLAS_NUM_THREADS": "1", "MALLOC_ARENA_MAX": "1"}
    done = subprocess.run(
        [sys.executable, "-c", code, "train", *flags.split()],
        cwd=ROOT, env=environ, capture_output=True, text=True,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert "saved" in done.stdout
    assert "\nFalse\n" in done.stdout, "pillow takes 2 MB, and nothing is drawn here"
    assert int(done.stdout.split("peak")[1].split()[0]) <= (96 - 14) * 1024
