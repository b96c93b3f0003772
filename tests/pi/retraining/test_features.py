"""Features of the owner's digits and of the replay set, and what an interruption costs."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from core import pretrained
from core.training import finetune
from pi.retraining import features
from pi.retraining.cross_validation import arrays
from pi.retraining.resume_cache import SUFFIX, RunContext, Stopped


@pytest.fixture(scope="module")
def network():
    return finetune.cut(pretrained.load().network.folded())


@pytest.fixture(scope="module")
def images(owner):
    return arrays(owner)[0]


def flat(found):
    return [found.owner, found.training, *vars(found.replay).values()]


def test_without_an_output_for_no_digit_there_is_none_in_the_replay_set(quick):
    recipe = replace(quick, drawn=3, no_digit=4, held_out=(30, 2, 5))
    ten, eleven = (features.replay_set(outputs, recipe) for outputs in (10, 11))
    assert (len(ten.training), len(ten.held_out)) == (63, 32)
    assert (len(eleven.training), len(eleven.held_out)) == (67, 37)
    assert set(ten.labels) == set(range(10))
    assert (eleven.labels == 10).sum() == 5


def test_features_have_the_order_that_training_relies_on(network, images, quick, tmp_path):
    found = features.extract(network, images, 2, quick, RunContext(tmp_path), None)
    assert len(found.owner) == len(images)
    assert len(found.training) == 2 * len(images) + quick.digits
    assert len(found.replay.held_out) == len(found.replay.labels) == 30
    assert np.array_equal(found.owner, network.features(images))
    replayed = network.features(found.replay.training)
    assert found.training[2 * len(images) :] == pytest.approx(replayed, rel=1e-4, abs=1e-5)


def test_interrupted_after_every_piece_it_ends_with_the_same_bits(
    network, images, quick, tmp_path
):
    reports = []

    def report(stage, share):
        reports.append((stage, share))

    (tmp_path / "whole").mkdir()
    whole = RunContext(tmp_path / "whole", report=report)
    expected = features.extract(network, images, 2, quick, whole, None)
    assert reports[0] == ("looking", 0.0)
    assert reports[-1] == ("looking", pytest.approx(features.SHARE))
    for pieces in range(1, len(reports)):
        left = iter(range(pieces - 1))
        stopped = RunContext(tmp_path, stop=lambda left=left: next(left, None) is None)
        with pytest.raises(Stopped):
            features.extract(network, images, 2, quick, stopped, None)
        assert len(list(tmp_path.glob(f"*{SUFFIX}"))) == pieces
    found = features.extract(network, images, 2, quick, RunContext(tmp_path), None)
    assert all(map(np.array_equal, flat(found), flat(expected)))
