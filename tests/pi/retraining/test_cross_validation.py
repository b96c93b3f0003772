"""The training of a night: folds that are not trained on, blends, and the same bits again."""

from __future__ import annotations

import numpy as np
import pytest

from core import pretrained
from pi.retraining import cross_validation, heads
from pi.retraining.cross_validation import UNSURE
from pi.retraining.resume_cache import RunContext, Stopped
from pi.samples.store import Sample


@pytest.fixture(scope="module")
def network():
    return pretrained.load().network.folded()


def test_ten_outputs_learn_no_nothing():
    samples = [Sample(bytes(784), 1, label=label) for label in (3, 10, None)]
    assert [each.label for each in cross_validation.usable(samples, 10)] == [3]
    assert [each.label for each in cross_validation.usable(samples, 11)] == [3, 10]


def test_below_the_confidence_a_class_is_unsure():
    probabilities = np.array([[0.1, 0.9], [0.7, 0.3]], np.float32)
    assert cross_validation.classes(probabilities, 0.75).tolist() == [1, UNSURE]


def test_each_digit_is_predicted_by_a_head_that_was_not_trained_on_it(
    network, owner, quick, tmp_path, monkeypatch
):
    trained = []

    def train(old, name, data, recipe, context, report):
        trained.append((name, set(data.indices.tolist())))
        return old

    monkeypatch.setattr(heads, "train", train)
    result = cross_validation.run(network, owner, quick, RunContext(tmp_path))
    assert [name for name, _ in trained] == ["fold1", "fold2", "fold3", "all"]
    digits = set(range(len(owner)))
    parts = [digits - chosen for _, chosen in trained]
    assert set().union(*parts) == digits
    assert sum(map(len, parts)) == len(digits)
    # Four of each label and more, so each fold has each label.
    assert [sorted({owner[each].label for each in part}) for part in parts[:3]] == [
        [1, 4, 7]
    ] * 3
    replayed = set(range(8 * len(owner), 8 * len(owner) + quick.digits))
    assert all(replayed <= chosen for _, chosen in trained)
    # The old head learnt nothing, so each blend is the old network.
    for blend in result.blends:
        assert blend.cross_validated == result.before


def test_interrupted_it_ends_with_the_same_bits(network, owner, quick, tmp_path):
    (tmp_path / "whole").mkdir()
    expected = cross_validation.run(network, owner, quick, RunContext(tmp_path / "whole"))
    stops = 0
    for batches in (30, 40, 30):
        left = iter(range(batches))
        context = RunContext(tmp_path, stop=lambda left=left: next(left, None) is None)
        with pytest.raises(Stopped):
            cross_validation.run(network, owner, quick, context)
        stops += 1
    result = cross_validation.run(network, owner, quick, RunContext(tmp_path))
    assert stops == 3
    assert result.before == expected.before
    for blend, other in zip(result.blends, expected.blends, strict=True):
        assert (blend.share, blend.cross_validated) == (other.share, other.cross_validated)
        assert np.array_equal(blend.network.values, other.network.values)


def test_heads_may_be_trained_in_any_order(network, owner, quick, tmp_path):
    def backwards(train, folds):
        for fold in reversed(folds):
            train(fold)
        return map(train, folds)

    for name in ("a", "b"):
        (tmp_path / name).mkdir()
    one = cross_validation.run(network, owner, quick, RunContext(tmp_path / "a"))
    other = cross_validation.run(
        network, owner, quick, RunContext(tmp_path / "b"), each=backwards
    )
    for blend, again in zip(one.blends, other.blends, strict=True):
        assert np.array_equal(blend.network.values, again.network.values)


def test_nothing_is_trained_where_all_is_right(network, owner, quick, tmp_path):
    right = [each for each in owner if each.label == 7]
    result = cross_validation.run(network, right, quick, RunContext(tmp_path))
    assert result.blends == ()
    assert result.before == (7,) * len(right)
