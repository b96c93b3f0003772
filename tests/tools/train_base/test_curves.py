"""The log of a training and its picture, of epochs made up for it."""

from __future__ import annotations

import json

import numpy as np
import pytest
from PIL import Image

from core.errors import DatasetError
from core.training.history import Epoch, History, Progress
from tools.train_base import curves
from tools.train_base.curves import HELD_OUT, RATE, TRAINED, main
from tools.train_base.log import Line, Recorder, TrainingLog, read


def line(epoch, phase="first", **more):
    told = {"epochs": 3, "loss": 1.0 / epoch, "learning_rate": 0.01, "seconds": 2.0}
    return Line(phase, epoch, **(told | more))


def progress(epoch, batch=4, seconds=0.0):
    return Progress(epoch, 3, batch, 4, 0.5, 0.9, 0.001, seconds)


def epochs_of(log):
    return [(each.phase, each.epoch) for each in log.lines]


def test_an_epoch_is_a_line_of_json(tmp_path):
    log = TrainingLog(tmp_path / "log.jsonl")
    recorder = Recorder(log, "first")
    recorder(progress(1, batch=3, seconds=1.0))
    assert not log.path.exists()
    recorder(progress(1, seconds=3.0))
    recorder(progress(2, seconds=7.5))
    lines = [json.loads(text) for text in log.path.read_text().splitlines()]
    assert lines[0] == {
        "phase": "first", "epoch": 1, "epochs": 3, "loss": 0.5, "validation_loss": None,
        "validation_accuracy": 0.9, "learning_rate": 0.001, "seconds": 3.0, "kept": False,
    }  # fmt: skip
    assert [each["seconds"] for each in lines] == [3.0, 4.5]
    assert read(log.path) == log.lines


def test_what_is_trained_again_after_a_power_cut_is_logged_once(tmp_path):
    path = tmp_path / "log.jsonl"
    log = TrainingLog(path)
    for each in (line(1), line(2), line(3)):
        log.add(each)
    log.add(line(1, "judge"))
    # The checkpoint was older than the log: epochs 2 and 3 come again.
    log = TrainingLog(path)
    log.add(line(2, loss=0.25))
    assert epochs_of(log) == [("first", 1), ("judge", 1), ("first", 2)]
    log.forget()
    assert not path.exists()
    assert TrainingLog(path).lines == []


def test_the_end_of_a_phase_completes_its_lines(tmp_path):
    log = TrainingLog(tmp_path / "log.jsonl")
    log.add(line(2, seconds=9.0))
    log.add(line(1, "judge"))
    history = History([Epoch(n, 1.0 / n, 0.01, 0.5, 0.9) for n in (1, 2, 3)])
    history.best = history.epochs[1]
    log.complete("first", 3, history)
    assert epochs_of(log) == [("first", 1), ("first", 2), ("first", 3), ("judge", 1)]
    assert [each.seconds for each in log.lines[:3]] == [None, 9.0, None]
    assert [each.kept for each in log.lines[:3]] == [False, True, False]
    assert {each.validation_loss for each in log.lines[:3]} == {0.5}
    assert read(log.path) == log.lines


@pytest.mark.parametrize(
    "text",
    ["{", "[]", "7", '{"phase": "a"}', '{"phase": "a", "epoch": 1, "epochs": 2, "loss": "x"}',
     '{"phase": "a", "epoch": 1, "epochs": 2, "loss": 1, "seconds": "long"}',
     '{"phase": "a", "epoch": 1, "epochs": 2, "loss": 1, "colour": 1}'],
)  # fmt: skip
def test_a_damaged_log_is_one_line(tmp_path, capsys, text):
    path = tmp_path / "log.jsonl"
    TrainingLog(path).add(line(1))
    path.write_text(path.read_text() + text + "\n")
    with pytest.raises(DatasetError, match=r"log\.jsonl:2: "):
        read(path)
    assert main([str(path), str(tmp_path / "out.png")]) == 3
    error = capsys.readouterr().err
    assert error.startswith(f"curves: error: {path}:2: ")
    assert error.count("\n") == 1
    assert not (tmp_path / "out.png").exists()


@pytest.mark.parametrize("there", [True, False])
def test_no_epochs_no_picture(tmp_path, capsys, there):
    path = tmp_path / "log.jsonl"
    if there:
        path.write_text("")
    assert main([str(path), str(tmp_path / "out.png")]) == 3
    assert capsys.readouterr().err.startswith(f"curves: error: {path}: ")


def test_a_folder_that_is_not_there(tmp_path, capsys):
    log = TrainingLog(tmp_path / "log.jsonl")
    log.add(line(1))
    assert main([str(log.path), str(tmp_path / "no" / "out.png")]) == 3
    assert "cannot be written" in capsys.readouterr().err


TRAINING = [
    *(line(n, validation_loss=2.0 / n, validation_accuracy=1 - 0.1 / n) for n in (1, 2, 3)),
    *(line(n, "second", validation_loss=0.5, validation_accuracy=0.98) for n in (1, 2)),
]


def columns_with(picture, colour):
    near = np.abs(np.asarray(picture, int) - colour).max(axis=2) < 40
    return np.flatnonzero(near.any(axis=0))


def test_the_command_draws_a_log(tmp_path, capsys):
    log = TrainingLog(tmp_path / "log.jsonl")
    for each in TRAINING:
        log.add(each)
    out = tmp_path / "out.png"
    assert main([str(log.path), str(out)]) == 0
    assert capsys.readouterr().out == f"{out}\n"
    with Image.open(out) as picture:
        assert (picture.format, picture.mode, picture.size) == ("PNG", "RGB", curves.SIZE)
        for colour in (TRAINED, HELD_OUT, RATE):
            # From the first epoch to the last.
            drawn = columns_with(picture, colour)
            assert drawn[0] < 0.2 * picture.width
            assert drawn[-1] > 0.8 * picture.width


def test_a_smaller_loss_is_lower_by_its_logarithm():
    axis = curves.Axis([1.0, 0.5, 0.01], logarithmic=True)
    assert 0 < axis.height(0.01) < axis.height(0.05) < axis.height(0.5) < axis.height(1.0) < 1
    assert axis.height(0.1) == pytest.approx((axis.height(1.0) + axis.height(0.01)) / 2)


def test_an_even_axis_begins_at_nothing():
    axis = curves.Axis([0.02, 0.08], logarithmic=False)
    assert axis.height(0.0) == 0
    assert axis.height(0.04) == pytest.approx(axis.height(0.08) / 2)
    assert axis.ticks == pytest.approx([0, 0.02, 0.04, 0.06, 0.08])


def test_the_kept_epoch_has_a_larger_dot_in_both_panels():
    def blue(kept):
        lines = [line(n, validation_loss=0.5, validation_accuracy=0.9) for n in (1, 2)]
        lines.append(line(3, validation_loss=0.5, validation_accuracy=0.9, kept=kept))
        near = np.abs(np.asarray(curves.draw(lines), int) - HELD_OUT).max(axis=2) < 40
        middle = curves.TOP + curves.ROWS[0].height
        # Below the label of its error, which is HELD_OUT, too.
        return near[:middle].sum(), near[middle + curves.BETWEEN :].sum()

    loss, error = np.subtract(blue(True), blue(False))
    assert loss > 30
    assert error > 30


def test_the_second_phase_lies_on_another_ground():
    drawn = np.asarray(curves.draw(TRAINING))
    row = drawn[curves.TOP + 3, curves.LEFT + 5 : curves.SIZE[0] - curves.RIGHT - 5]
    assert (row[:100] == 255).all()
    assert (row[-100:] == curves.BAND).all(axis=1).any()


def test_the_judge_has_axes_of_its_own():
    judge = [line(n, curves.JUDGE, loss=50.0) for n in (1, 2)]
    alone = np.asarray(curves.draw(TRAINING))
    both = np.asarray(curves.draw([*TRAINING, *judge]))
    # Nothing that the judge does moves the axes of the network: what is left of them stays.
    assert (alone[90:, : curves.LEFT - 2] == both[90:, : curves.LEFT - 2]).all()
    assert (alone != both).any()


@pytest.mark.parametrize(
    "lines",
    [
        [],
        [line(1)],
        [line(1, loss=0.0, learning_rate=None, seconds=None)],
        [line(1, validation_accuracy=1.0, kept=True)],
        [line(n, validation_accuracy=0.99, kept=True) for n in range(1, 200)],
        [line(1, curves.JUDGE)],
        [line(1, curves.JUDGE), line(1, curves.PLACE_JUDGE)],
        # No round number is near.
        [line(1, loss=0.36, validation_loss=0.36)],
    ],
)
def test_short_and_long_trainings(lines):
    assert curves.draw(lines).size == curves.SIZE
