"""The memory of labelled examples: what is near is read as it was labelled, nothing else."""

from __future__ import annotations

import hashlib

import numpy as np
import pytest

from core.classes import NO_DIGIT
from core.exemplars.memory import MOST_EXAMPLES, TRUST, ExemplarMemory, Vectors
from core.exemplars.units import unit_vectors
from core.integer.quantise import quantise
from core.network import Network


@pytest.fixture
def vectors(network, crops):
    """Vectors of some of the crops, with these classes."""

    def of(numbers, labels):
        features = network.embed(crops[list(numbers)])[0]
        return Vectors(unit_vectors(features), np.array(labels, np.uint8))

    return of


@pytest.fixture
def remembered(network, vectors):
    """The memory of crops that were labelled so, against references."""

    def of(labelled, references=()):
        known = dict(references)
        numbers = [10 * number for number in labelled]
        examples = vectors(labelled, list(labelled.values()))
        return ExemplarMemory(network, examples, numbers, vectors(known, list(known.values())))

    return of


def other_than(network, crop):
    """A class that the network does not read."""
    return (int(network.predict(crop[None])[0]) + 1) % 10


def test_an_example_is_read_as_it_was_labelled(network, crops, remembered):
    label = other_than(network, crops[3])
    probabilities, recalled = remembered({3: label}).predict_proba(crops[3:4])
    assert recalled[0].example == 30
    assert recalled[0].label == label == probabilities[0].argmax()
    assert recalled[0].likeness > 0.99
    assert probabilities[0, label] == np.float32(TRUST)
    assert abs(probabilities.sum() - 1) < 1e-6
    # Of the others the network's first guess is still the likeliest: the next that is offered.
    others = np.delete(probabilities[0], label)
    assert others.argmax() == np.delete(network.predict_proba(crops[3:4])[0], label).argmax()


def test_what_resembles_no_example_is_read_by_the_network(network, crops, remembered):
    far = np.zeros((1, 28, 28), np.uint8)
    for memory in (remembered({3: 7}), remembered({})):
        probabilities, recalled = memory.predict_proba(far)
        assert recalled == [None]
        assert np.array_equal(probabilities, network.predict_proba(far))


def test_no_digit_is_a_class_like_others(crops, remembered):
    probabilities, recalled = remembered({3: NO_DIGIT}).predict_proba(crops[3:4])
    assert recalled[0].label == NO_DIGIT == probabilities[0].argmax()


def test_a_network_without_that_class_reads_by_itself(crops):
    ten = quantise(Network.from_spec("28x28-c4k5s2-24-10", seed=5), [2.0, 2.0])
    units = unit_vectors(ten.embed(crops)[0])
    labels = np.full(len(crops), NO_DIGIT, np.uint8)
    nobody = Vectors(units[:0], labels[:0])
    memory = ExemplarMemory(ten, Vectors(units, labels), range(len(crops)), nobody)
    assert memory.predict_proba(crops)[1] == [None] * len(crops)


def test_the_nearest_of_two_labels_holds(network, crops, remembered):
    labels = {n: (other_than(network, crops[n]) + n) % 10 for n in (3, 4)}
    for number, label in labels.items():
        found = remembered(labels).predict_proba(crops[number : number + 1])[1][0]
        assert found is None or (found.example, found.label) == (10 * number, label)


def test_a_reference_of_another_class_keeps_what_is_nearer_to_it(network, crops, remembered):
    label = other_than(network, crops[3])
    contested = remembered({4: label}, {3: (label + 1) % 10})
    assert contested.predict_proba(crops[3:4])[1] == [None]
    same = remembered({4: label}, {3: label})
    alone = remembered({4: label})
    assert same.predict_proba(crops[3:4])[1] == alone.predict_proba(crops[3:4])[1]


def test_where_the_network_is_as_sure_nothing_is_changed(network, crops, remembered):
    read = int(network.predict(crops[3:4])[0])
    sure = network.predict_proba(crops[3:4])[0, read] >= TRUST
    found = remembered({3: read}).predict_proba(crops[3:4])[1][0]
    assert (found is None) == sure


def test_examples_are_bounded_and_as_many_as_their_numbers(network, vectors):
    nobody = vectors([], [])
    one = vectors([0], [1])
    many = Vectors(one.units.repeat(MOST_EXAMPLES + 1, 0), one.labels.repeat(MOST_EXAMPLES + 1))
    with pytest.raises(ValueError, match="at most 512"):
        ExemplarMemory(network, many, range(MOST_EXAMPLES + 1), nobody)
    with pytest.raises(ValueError, match="2 numbers"):
        ExemplarMemory(network, one, [1, 2], nobody)
    assert len(ExemplarMemory(network, one, [1], nobody)) == 1


def test_bits_are_the_same_on_every_machine(network, crops, remembered):
    labelled = {n: (other_than(network, crops[n]) + n) % 11 for n in range(6)}
    memory = remembered(labelled, {n: n % 10 for n in range(6, 9)})
    probabilities, recalled = memory.predict_proba(crops)
    told = repr([(r.example, r.label, r.likeness) if r else None for r in recalled])
    digest = hashlib.sha256(memory.examples.units.tobytes() + told.encode())
    digest.update(probabilities.astype("<f4").tobytes())
    assert digest.hexdigest()[:16] == "7c3cb5f06db93e07"
