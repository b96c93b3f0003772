"""Quantisation: close to the float network, and what has no integer form is refused."""

from __future__ import annotations

import numpy as np
import pytest

from core import pretrained
from core.errors import SpecError
from core.integer.network import LOGIT
from core.integer.quantise import calibrate, check, quantise
from core.network import Network

SPEC = "28x28-c4k5s2-c6k3s2-12-11"


@pytest.fixture(scope="module")
def images():
    """Blots: smooth, as writing is."""
    rng = np.random.default_rng(3)
    y, x = np.mgrid[:28, :28]
    centres = rng.uniform(6, 22, (200, 3, 2, 1, 1))
    far = ((x - centres[:, :, 0]) ** 2 + (y - centres[:, :, 1]) ** 2).min(axis=1)
    return np.clip(np.rint(255 * np.exp(-far / 12)), 0, 255).astype(np.uint8)


@pytest.fixture(scope="module")
def network(images):
    network = Network.from_spec(SPEC, batch_norm=True, seed=5)
    for _ in range(60):
        network.forward(images / np.float32(255), training=True)
    return network


def logits(network, images):
    with np.errstate(divide="ignore"):
        shares = np.log(network.predict_proba(images).astype(np.float64))
    return shares - shares.mean(axis=1, keepdims=True)


def test_logits_are_close_to_those_in_floats(network, images):
    """And so batch normalisation was folded, and every scale is what it should be."""
    whole = quantise(network, calibrate(network, images))
    got = whole.logits(images) / LOGIT
    got = got - got.mean(axis=1, keepdims=True)
    wanted = logits(network, images)
    assert np.abs(got - wanted).max() < 0.05 * np.ptp(wanted)
    assert np.abs(got - wanted).mean() < 0.01 * np.ptp(wanted)


def test_ranges_are_where_the_values_of_a_layer_end(network, images):
    ranges = calibrate(network, images)
    folded = network.folded()
    y = folded.layers[1].forward(folded.layers[0].forward(folded.as_batch(images)))
    positive = np.sort(y[y > 0])
    assert len(ranges) == 3
    assert positive[-len(positive) // 1000] < ranges[0] <= positive[-1]


def test_ranges_do_not_depend_on_how_many_images_go_at_a_time(network, images):
    assert calibrate(network, images, 7) == pytest.approx(calibrate(network, images), rel=1e-5)


def test_a_layer_that_passes_nothing_on_has_a_range_too():
    network = Network.from_spec("784-5-10", seed=0)
    network.parameters()[1].value[...] = -1e3
    ranges = calibrate(network, np.zeros((3, 784), np.uint8))
    assert ranges == [1.0]
    assert quantise(network, ranges).predict_proba(np.zeros((1, 784), np.uint8)).sum() == 1


@pytest.mark.parametrize(
    "options", [{"activation": "sigmoid"}, {"activation": "tanh"}, {"output": "sigmoid"}]
)
def test_other_activations_have_no_integer_form(options):
    network = Network.from_spec("784-20-10", **options)
    assert calibrate(network, np.zeros((3, 784), np.uint8)) is None
    with pytest.raises(SpecError, match="only Dense and Conv2D with ReLU"):
        quantise(network, [1.0])


@pytest.mark.parametrize(
    "ranges", [[], [1.0], [1.0, 1.0, 0.0], [1.0, 1.0, float("nan")], [1.0, float("inf"), 1.0]]
)
def test_ranges_that_are_not_the_networks_are_refused(network, ranges):
    with pytest.raises(SpecError, match="3 hidden layers need as many ranges"):
        check(network, ranges)


def test_weights_that_say_nothing_overflow_nothing(network, images):
    """A channel without weights, one with huge ones, and a bias beyond all bounds."""
    odd = network.folded()
    weights, bias = (parameter.value for parameter in odd.parameters()[:2])
    weights[:, 0] = 0
    weights[:, 1] *= 1e6
    bias[2] = 1e9
    bias[3] = -1e9
    whole = quantise(odd, [2.0, 2.0, 2.0], np.int32)
    in_floats = quantise(odd, [2.0, 2.0, 2.0], np.float32)
    np.testing.assert_array_equal(whole.logits(images), in_floats.logits(images))
    for step in whole.steps:
        for end in (step.low, step.high):
            assert np.abs(end.astype(object) * step.factor.astype(object)).max() < 1 << 31


def test_what_is_shipped_says_the_same_in_whole_numbers(images):
    model = pretrained.load()
    ranges = model.ranges or calibrate(model.network, images)
    whole, floats = quantise(model.network, ranges), model.network.folded()
    shares, wanted = whole.predict_proba(images), floats.predict_proba(images)
    assert np.abs(shares - wanted).mean() < 0.01
    sure = wanted.max(axis=1) > 0.8
    assert sure.any()
    assert (shares.argmax(axis=1) == wanted.argmax(axis=1))[sure].all()


@pytest.mark.slow
def test_at_most_five_of_mnists_digits_are_lost(mnist):
    from core.data import datasets

    test = datasets.load(mnist, "test")
    model = pretrained.load()
    ranges = model.ranges or calibrate(model.network, np.asarray(test.images[:500]))
    images, labels = np.asarray(test.images), np.asarray(test.labels)
    whole = int((quantise(model.network, ranges).predict(images) == labels).sum())
    floats = int((model.network.folded().predict(images) == labels).sum())
    assert whole >= floats - 5
