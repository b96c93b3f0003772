"""The class experiment: who is in it, how it counts, and its floors."""

from __future__ import annotations

import numpy as np
import pytest

from core import pretrained
from core.data import datasets, replay
from core.errors import DatasetError
from pi.retraining import features
from pi.retraining.recipe import Recipe
from tools.evaluate.measures import class_night
from tools.evaluate.measures.class_night import CLASS, Pupil, Setting
from tools.evaluate.prepared_frames import PreparedFrame


def test_there_are_twenty_and_one_has_no_habit():
    assert len({each.name for each in CLASS}) == 20
    assert [each.name for each in CLASS if not (each.habitual or each.slant)] == ["no habit"]


def pupil(name, habits=10, usual=10):
    frame = PreparedFrame(1, [])
    return Pupil(name, [], [frame] * habits, [frame] * usual)


def misread(*rows):
    """Of each pupil so many of the habit's ten and of ten others."""
    made = np.zeros((len(rows), 20), bool)
    for each, (habits, usual) in zip(made, rows, strict=True):
        each[:habits], each[10 : 10 + usual] = True, True
    return list(made)


ALONE = [misread((1, 0), (8, 1)), misread((8, 1), (2, 0))]


@pytest.mark.parametrize(
    ("offer", "refused", "missed"),
    [
        (misread((1, 0), (2, 0)), ["", ""], None),
        (misread((1, 0), (2, 0)), ["", "it forgets"], None),
        (misread((6, 0), (6, 0)), ["", ""], "the others' habits 16 -> 12: at least 30% gone"),
        (misread((1, 0), (2, 0)), ["it forgets", "it forgets"], "the others' habits 16 -> 16"),
        (misread((2, 0), (2, 0)), ["", ""], "own habits 3 -> 4: no worse"),
        (misread((1, 0), (2, 1)), ["", ""], "any own digits 0 -> 1: no worse"),
    ],
)
def test_floors(offer, refused, missed, capsys):
    pupils = [pupil("ada"), pupil("bo")]
    code = class_night.report(pupils, (ALONE, offer), refused, -0.001)
    lines = capsys.readouterr().out.splitlines()
    misses = [line for line in lines if line.startswith("MISS")]
    assert code == bool(misses) == bool(missed)
    assert not missed or any(missed in line for line in misses)
    assert lines[-1].startswith("class ")
    assert f"let in by {refused.count('')} of 2; MNIST -0.0010" in lines[-1]


def test_an_owner_who_is_significantly_worse_is_named(capsys):
    alone = [misread((0, 0), (10, 0)), misread((10, 0), (9, 0))]
    pupils = [pupil("ada"), pupil("bo")]
    assert class_night.report(pupils, (alone, misread((9, 0), (0, 0))), ["", ""], 0.0) == 1
    assert "MISS  no owner significantly worse ada" in capsys.readouterr().out


@pytest.fixture(scope="module")
def setting():
    recipe = Recipe(held_out=(20, 0, 0), digits=20, drawn=0, no_digit=0, epochs=1, folds=2)
    return Setting(pretrained.load(), recipe, features.replay_set(11, recipe))


def test_owners_are_drawn_once_and_labelled(tmp_path, setting, monkeypatch):
    monkeypatch.setattr(class_night, "LABELLED", 3)
    steps = class_night.pupils(CLASS[:1], 2, tmp_path)
    [again] = class_night.pupils(CLASS[:1], 2, tmp_path)
    assert [each.label for each in again.labelled] == [0, 1, 2]
    assert [each.label for each in again.habits] == [7, 7]
    assert [each.label for each in again.usual] == [0, 1]
    assert len(steps[0].usual[0].candidates) == len(again.usual[0].candidates)
    assert [each.label for each in setting.samples(again.labelled)] == [0, 1, 2]


def test_without_fonts_it_says_so(monkeypatch, tmp_path, evaluate):
    monkeypatch.setenv("ZERODIGIT_FONTS", str(tmp_path))
    code, _, err = evaluate("class", "--data", tmp_path)
    assert (code, "no handwriting fonts here" in err) == (3, True)


def test_an_owner_with_nothing_to_learn_keeps_the_weights(setting):
    data = datasets.load(replay.INCLUDED)
    images = np.asarray(data.images)[np.asarray(data.labels) == 7][:3]
    frames = [
        class_night.Sample(image.tobytes(), 7, label=7, id=number)
        for number, image in enumerate(images, 1)
    ]
    assert setting.own_night(frames) is setting.model
    assert setting.offered(setting.model, setting.model, frames) == ""


def test_a_model_without_a_judge_is_none_to_measure():
    class Bare:
        judge = None

    with pytest.raises(DatasetError, match="has none"):
        class_night.measure(Bare(), None)
