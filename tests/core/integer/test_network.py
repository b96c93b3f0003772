"""IntegerNetwork: the same answers alone and in batches, from bytes and from shares."""

from __future__ import annotations

import hashlib

import numpy as np
import pytest

from core.integer.network import LOGIT, exponentials, softmax, to_bytes
from core.integer.quantise import quantise
from core.network import Network

SPEC = "28x28-c4k5s2-c6k3s2-12-11"


@pytest.fixture(scope="module")
def images():
    return np.random.default_rng(3).integers(0, 256, (40, 28, 28), dtype=np.uint8)


@pytest.fixture(scope="module")
def network():
    return Network.from_spec(SPEC, seed=5)


@pytest.fixture
def whole(network):
    return quantise(network, [2.0, 2.0, 2.0])


def test_products_in_floats_and_in_integers_are_the_same(network, images):
    in_integers = quantise(network, [2.0, 2.0, 2.0], np.int32).logits(images)
    in_floats = quantise(network, [2.0, 2.0, 2.0], np.float32).logits(images)
    assert in_integers.dtype == np.int32
    np.testing.assert_array_equal(in_floats, in_integers)


def test_an_image_reads_alike_alone_and_among_others(whole, images):
    together = whole.logits(images)
    alone = np.concatenate([whole.logits(image[np.newaxis]) for image in images])
    np.testing.assert_array_equal(alone, together)
    np.testing.assert_array_equal(whole.logits(images[:7]), together[:7])


def test_bytes_and_their_shares_of_one_read_alike(whole, images):
    shares = images.astype(np.float32) / np.float32(255)
    np.testing.assert_array_equal(whole.logits(shares), whole.logits(images))
    flat = images.reshape(len(images), 784)
    np.testing.assert_array_equal(whole.logits(flat), whole.logits(images))


def test_probabilities_are_those_of_the_logits(whole, images):
    shares = whole.predict_proba(images)
    assert shares.dtype == np.float32
    exact = np.exp(whole.logits(images) / LOGIT)
    exact /= exact.sum(axis=1, keepdims=True)
    np.testing.assert_allclose(shares, exact, atol=2e-6)
    np.testing.assert_array_equal(whole.predict(images), shares.argmax(axis=1))
    assert whole.score(images, whole.predict(images)) == 1.0


def test_no_images_have_no_logits(whole):
    assert whole.logits(np.zeros((0, 28, 28), np.uint8)).shape == (0, 11)


@pytest.mark.parametrize(
    ("x", "said"),
    [
        (np.zeros((2, 27, 28), np.uint8), "28x28x1"),
        (np.zeros(784, np.uint8), "28x28x1"),
        (np.full((1, 784), "x"), "must be numbers"),
    ],
)
def test_what_is_no_image_is_refused(whole, x, said):
    with pytest.raises(ValueError, match=said):
        whole.logits(x)


def test_numbers_are_rounded_and_cut_off():
    x = np.array([-1, 0, 0.499 / 255, 0.501 / 255, 0.5, 1, 7], np.float32)
    assert to_bytes(x).tolist() == [0, 0, 0, 1, 128, 255, 255]
    every = np.arange(256, dtype=np.uint8)
    assert to_bytes(every / np.float32(255)).tolist() == every.tolist()


def test_softmax_of_far_logits_is_certain():
    assert softmax(np.array([[0, 100 * LOGIT, 5]], np.int32)).tolist() == [[0, 1, 0]]
    assert softmax(np.array([[-9, -9]], np.int32)).tolist() == [[0.5, 0.5]]


def test_the_table_of_exponentials_is_the_same_everywhere():
    """Of a C library whose exp() is wrong by more than a bit, the reading would differ."""
    table = exponentials()
    assert table[0] == 1 << 24
    assert table[-1] == 0
    digest = hashlib.sha256(table.astype("<i4").tobytes()).hexdigest()
    assert digest[:16] == "9e2ce1ec1ad74927"


def test_it_says_what_it_is(whole):
    assert repr(whole) == "IntegerNetwork(28 x 28 x 1 -> 11: 4 steps)"


def test_what_is_reserved_is_not_made_again(network, images):
    whole = quantise(network, [2.0, 2.0, 2.0])
    whole.reserve(9)
    buffers = [step.sums for step, _ in whole._prepared(9)]
    whole.logits(images[:4])
    whole.logits(images[:9])
    assert all(
        step.sums is made for (step, _), made in zip(whole._prepared(9), buffers, strict=True)
    )


def test_features_are_what_the_last_step_is_given(whole, images):
    features, logits = whole.embed(images)
    np.testing.assert_array_equal(logits, whole.logits(images))
    last = whole.steps[-1]
    sums = features.astype(np.int32) @ last.weights.astype(np.int32) + last.offset
    expected = np.clip(sums, last.low, last.high) * last.factor >> last.shift
    np.testing.assert_array_equal(logits, expected)
    assert whole.embed(images[:0])[0].shape == (0, 12)


def test_a_body_is_the_same_whatever_the_last_step_is(network, whole):
    assert whole.has_body_of(quantise(network, [2.0, 2.0, 2.0]))
    other = Network.from_config(network.config(), values=network.values)
    other.layers[-2].weights.value[...] *= 2
    assert whole.has_body_of(quantise(other, [2.0, 2.0, 2.0]))
    assert not whole.has_body_of(quantise(network, [2.0, 2.0, 2.5]))
    assert not whole.has_body_of(quantise(Network.from_spec("784-11", seed=1), []))
