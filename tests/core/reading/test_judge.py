"""The judge: its inputs, in their order, and its outputs."""

from __future__ import annotations

from math import log

import numpy as np
import pytest

from core.classes import CLASSES
from core.errors import ModelFormatError
from core.network import Network
from core.reading import judge
from core.reading.judge import INPUTS, LEAST_PROBABILITY, NOTHING, Judge
from core.vision import features
from core.vision.digitise import Box, Digit

FACTS = len(features.NAMES)


def candidate(box, quality=1.0, **values):
    vector = np.zeros(FACTS, np.float32)
    for name, value in values.items():
        vector[features.NAMES.index(name)] = value
    return Digit(np.zeros((28, 28), np.float32), Box(*box), quality, vector)


def shares(*rows):
    """One row of eleven shares for each dict {class: share}; what is left is "nothing"."""
    table = np.zeros((len(rows), CLASSES), np.float32)
    for row, given in zip(table, rows, strict=True):
        for number, share in given.items():
            row[number] = share
        row[10] += 1 - row.sum()
    return table


def trusting(place, slope=10.0):
    """A judge that goes by one of its inputs alone: right from 0 upwards."""
    network = Network.from_spec(f"{INPUTS}-3", seed=0)
    weights, bias = network.parameters()
    weights.value[...] = 0
    bias.value[...] = 0
    bias.value[NOTHING] = -100
    weights.value[place, judge.RIGHT] = slope
    return Judge(network)


def logistic(value):
    return 1 / (1 + np.exp(-value))


LEFT, RIGHT = (0, 0, 100, 100), (200, 0, 300, 100)


def test_how_many_inputs_there_are():
    assert INPUTS == 32 + 2 * 11 + 3 + 10 + 3


def test_inputs_by_hand():
    """Features, the crop's shares, the merged ones, quality, how many looks, objections."""
    whole = candidate(LEFT, 0.9, size=-1, pieces=0.5)
    again = candidate((0, 0, 100, 90), 0.3, size=-2, soft=3)
    stem = candidate((60, 0, 80, 100), 0.5, lean=1)
    table = shares({4: 0.8, 9: 0.2}, {4: 0.4}, {1: 1.0})
    found = judge.inputs([whole, again, stem], table)
    assert found.dtype == np.float32
    assert found.shape == (3, INPUTS)
    vectors, own, merged = (
        found[:, :FACTS],
        found[:, FACTS:][:, :11],
        found[:, FACTS + 11 :][:, :11],
    )
    np.testing.assert_array_equal(vectors, [c.features for c in (whole, again, stem)])
    least = log(LEAST_PROBABILITY) / 2 + 2
    np.testing.assert_allclose(
        own[0, [4, 9, 10, 0]], [log(0.8) / 2 + 2, log(0.2) / 2 + 2, least, least], rtol=1e-5
    )
    np.testing.assert_allclose(own[1, [4, 10]], [log(0.4) / 2 + 2, log(0.6) / 2 + 2], rtol=1e-5)
    # Weighed 3 to 1: root mean squares of the two looks, and then their shares.
    four, nine, none = (
        ((3 * a * a + b * b) / 4) ** 0.5 for a, b in ((0.8, 0.4), (0.2, 0), (0, 0.6))
    )
    total = four + nine + none
    expected = [log(part / total) / 2 + 2 for part in (four, nine, none)]
    for row in merged[:2]:
        np.testing.assert_allclose(row[[4, 9, 10]], expected, rtol=1e-5)
    np.testing.assert_allclose(merged[2, [1, 0]], [2, least], rtol=1e-5)
    quality, looks, whole_one = found[:, FACTS + 22 : FACTS + 25].T
    np.testing.assert_allclose(quality, [0.9, 0.3, 0.5], rtol=1e-6)
    np.testing.assert_allclose(looks, [log(2), log(2), 0], rtol=1e-6)
    # The stem is a piece of the 4, which is that good a digit.
    np.testing.assert_allclose(whole_one, [0, 0, 0.9 * four / total], rtol=1e-5)
    # Which digit leads, how likely it and the next are, and the margin: "nothing" is no digit.
    leads, margin = found[:, FACTS + 25 : FACTS + 35], found[:, FACTS + 35 :]
    np.testing.assert_array_equal(leads.argmax(axis=1), [4, 4, 1])
    np.testing.assert_array_equal(leads.sum(axis=1), [1, 1, 1])
    for row in margin[:2]:
        np.testing.assert_allclose(row[:2], expected[:2], rtol=1e-5)
        np.testing.assert_allclose(row[2], 2 * (four - nine) / total, rtol=1e-5)
    np.testing.assert_allclose(margin[2], [2, least, 2], rtol=1e-5)


def test_inputs_are_bounded_whatever_the_shares():
    found = judge.inputs([candidate(LEFT)], shares({7: 1.0}))
    # exp(-8.1) is 3e-4.
    assert -2.1 < found.min() < -2
    assert found.max() == 2


def test_order_of_candidates_is_order_of_answers():
    three = [
        candidate(LEFT, 0.9, size=-1),
        candidate(RIGHT, 0.4),
        candidate((60, 0, 80, 100), 0.5),
    ]
    table = shares({4: 0.8}, {2: 0.6}, {1: 1.0})
    there = judge.inputs(three, table)
    back = judge.inputs(three[::-1], table[::-1])
    np.testing.assert_allclose(there, back[::-1], rtol=1e-6)


def test_candidates_without_features_cannot_be_judged():
    bare = Digit(np.zeros((28, 28), np.float32), Box(*LEFT), 1.0)
    for candidates in ([bare], [bare, bare], [candidate(LEFT), bare]):
        with pytest.raises(ValueError):  # noqa: PT011
            judge.inputs(candidates, shares(*[{1: 1.0}] * len(candidates)))


@pytest.mark.parametrize("name", features.NAMES)
def test_each_feature_has_the_place_of_its_name(name):
    """A judge whose only weight is on one feature decides by that feature."""
    pair = [candidate(LEFT, **{name: -0.2}), candidate(RIGHT, **{name: 0.3})]
    trusted = trusting(features.NAMES.index(name))
    found = trusted.confidences(pair, shares({4: 0.9}, {1: 0.5}))
    assert found.dtype == np.float32
    np.testing.assert_allclose(found, [logistic(-2), logistic(3)], rtol=1e-5)
    verdicts = trusted.verdicts(pair, shares({4: 0.9}, {1: 0.5}))
    np.testing.assert_allclose(verdicts[:, judge.WRONG], 1 - found, rtol=1e-5)
    np.testing.assert_allclose(verdicts[:, NOTHING], 0, atol=1e-6)


def test_a_judge_that_trusts_looks_quality_or_company():
    pair = [candidate(LEFT, 0.2), candidate(RIGHT, 0.7)]
    table = shares({4: 0.9}, {1: 0.5})
    by_quality = trusting(FACTS + 22).confidences(pair, table)
    np.testing.assert_allclose(by_quality, [logistic(2), logistic(7)], rtol=1e-5)
    by_four = trusting(FACTS + 4).confidences(pair, table)
    np.testing.assert_allclose(
        by_four,
        [logistic(10 * (log(0.9) / 2 + 2)), logistic(10 * (log(LEAST_PROBABILITY) / 2 + 2))],
        rtol=1e-4,
    )


@pytest.mark.parametrize(
    "spec",
    [f"{INPUTS}-2", f"{INPUTS - 1}-3", f"{INPUTS + 1}-8-3", f"{INPUTS}-1", "28x28-c3k5s3-3"],
)
def test_networks_that_are_no_judges_are_refused(spec):
    with pytest.raises(
        ModelFormatError, match=rf"^a judge has {INPUTS} inputs and 3 outputs, not"
    ):
        Judge(Network.from_spec(spec))


def test_a_judge_may_have_hidden_layers():
    network = Network.from_spec(f"{INPUTS}-16-8-3", seed=3)
    assert Judge(network).network is network
    found = Judge(network).confidences([candidate(LEFT)], shares({4: 0.9}))
    assert found.shape == (1,)
    assert 0 < found[0] < 1
