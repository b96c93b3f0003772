"""A night's file: what it keeps of the old one, and what it predicts as it reads."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from core import modelfile, pretrained
from core.data import datasets, replay
from core.errors import ModelFormatError
from core.training import finetune
from pi.retraining import candidate
from pi.retraining.cross_validation import UNSURE, Blend, FineTuneResult
from pi.retraining.features import ReplaySet
from pi.samples.store import Sample

SURE = 0.8


@pytest.fixture(scope="module")
def model():
    return pretrained.load()


@pytest.fixture(scope="module")
def digits():
    """Twenty digits, with their labels."""
    data = datasets.load(replay.INCLUDED)
    return np.asarray(data.images)[:20], np.asarray(data.labels)[:20]


@pytest.fixture(scope="module")
def samples(digits):
    return [
        Sample(image.tobytes(), 8, label=int(label), id=number)
        for number, (image, label) in enumerate(zip(*digits, strict=True), 1)
    ]


@pytest.fixture(scope="module")
def result(digits):
    return FineTuneResult((), (), ReplaySet(digits[0], *digits), SURE)


def blend(model, change=0.0):
    network = finetune.joined(model.network.folded(), finetune.cut(model.network.folded()).head)
    network.values += np.float32(change)
    return Blend(0.7, (), network)


def test_all_but_the_network_and_its_scores_stays(model, result, samples):
    data, _ = candidate.pack(model, result, samples, blend(model))
    found = modelfile.unpack(candidate.with_info(data, {"learnt": {"digits": 20}}))
    assert found.info["threshold"] == model.info["threshold"]
    assert found.info["learnt"] == {"digits": 20}
    assert not [name for name in found.info if "accuracy" in name or "crops" in name]
    assert np.array_equal(found.judge.values, model.judge.values)
    assert np.array_equal(found.place_judge.values, model.place_judge.values)
    assert np.array_equal(found.network.values, modelfile.unpack(data).network.values)
    assert found.ranges[:-1] == model.ranges[:-1]


@pytest.mark.parametrize("whole", [True, False])
def test_it_predicts_as_it_reads_in_whole_numbers_or_not(model, result, samples, digits, whole):
    old = model if whole else replace(model, ranges=None)
    data, found = candidate.pack(old, result, samples, blend(model))
    assert (modelfile.unpack(data).ranges is not None) is whole
    labels = tuple(digits[1].tolist())
    assert found == candidate.predictions(old, samples, result.replay.held_out, SURE)
    assert found.best == labels
    assert set(found.owner) <= {*labels, UNSURE}
    assert found.held_out == found.owner


def test_what_it_is_not_sure_of_is_not_read(model, result, samples):
    found = candidate.predictions(model, samples, result.replay.held_out, 1.1)
    assert set(found.owner) == set(found.held_out) == {UNSURE}
    assert UNSURE not in found.best


def test_a_weight_that_is_not_finite_is_refused(model, result, samples):
    with pytest.raises(ModelFormatError, match="not finite"):
        candidate.pack(replace(model, ranges=None), result, samples, blend(model, np.inf))
