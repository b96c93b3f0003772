"""A memory made in small steps, and made anew when its examples change."""

from __future__ import annotations

import numpy as np
import pytest

from core.exemplars import references
from core.exemplars.builder import AT_ONCE, Example, MemoryBuilder, memory_of
from core.exemplars.memory import MOST_EXAMPLES
from core.exemplars.views import VIEWS
from core.integer.quantise import quantise
from core.network import Network


@pytest.fixture
def examples(crops):
    return [Example(7 + n, n % 10, crop) for n, crop in enumerate(crops)]


@pytest.fixture
def builder(network):
    """One whose references are done."""
    builder = MemoryBuilder(network)
    while builder.step():
        pass
    return builder


def work(builder):
    """Steps until it is done."""
    steps = 1
    while builder.step():
        steps += 1
    return steps


def same(one, other):
    return (
        np.array_equal(one.examples.units, other.examples.units)
        and np.array_equal(one.examples.labels, other.examples.labels)
        and np.array_equal(one.references.units, other.references.units)
        and one.numbers == other.numbers
    )


def test_references_come_first_a_few_at_a_time(network, examples):
    builder = MemoryBuilder(network)
    builder.want(examples[:2])
    assert builder.memory is None
    pieces = references.COUNT // references.PIECE
    assert work(builder) == pieces * -(-references.PIECE // AT_ONCE) + 2
    assert len(builder.memory) == 2
    assert builder.memory.numbers == [7] * VIEWS + [8] * VIEWS
    assert builder.memory.references.units.shape[0] == references.COUNT


def test_without_examples_there_is_an_empty_memory(builder):
    assert builder.memory is None
    builder.want([])
    assert len(builder.memory) == 0


def test_another_label_is_one_more_step_and_the_old_memory_holds_until_then(builder, examples):
    builder.want(examples[:2])
    work(builder)
    before = builder.memory
    builder.want(examples[:3])
    assert builder.memory is before
    assert work(builder) == 1
    assert same(builder.memory, memory_of(before.network, examples[:3]))


def test_an_undone_label_is_gone_at_once(builder, examples):
    builder.want(examples[:3])
    work(builder)
    builder.want(examples[1:3])
    assert builder.memory.numbers == [8] * VIEWS + [9] * VIEWS


def test_another_label_of_the_same_sample_is_taken(builder, examples):
    builder.want(examples[:1])
    work(builder)
    builder.want([Example(7, 5, examples[0].image)])
    work(builder)
    assert set(builder.memory.examples.labels.tolist()) == {5}


def test_the_way_to_a_memory_leaves_no_trace(builder, examples, network):
    for some in (examples[:5], examples[3:], examples[4:6], examples):
        builder.want(some)
        work(builder)
    assert same(builder.memory, memory_of(network, examples))


def test_views_are_as_many_as_there_is_room_for(builder, crops):
    def of(count):
        rng = np.random.default_rng(1)
        images = rng.integers(0, 256, (count, 28, 28)).astype(np.uint8)
        return [Example(n, 1, image) for n, image in enumerate(images)]

    for count, views in ((73, 7), (74, 6), (200, 2), (400, 1), (MOST_EXAMPLES + 9, 1)):
        builder.want(of(count))
        work(builder)
        assert len(builder.memory) == min(count, MOST_EXAMPLES)
        assert len(builder.memory.numbers) == views * min(count, MOST_EXAMPLES)


def test_a_night_changes_the_last_layer_and_the_memory_stays(builder, examples, network):
    builder.want(examples)
    work(builder)
    trained = Network.from_spec("28x28-c4k5s2-24-11", seed=5)
    trained.layers[-2].weights.value[...] *= 0.5
    after = quantise(trained, [2.0, 2.0])
    assert builder.use(after)
    assert builder.memory.network is after
    assert same(builder.memory, memory_of(after, examples))


def test_with_another_body_it_begins_anew(builder, examples):
    builder.want(examples)
    work(builder)
    other = quantise(Network.from_spec("28x28-c4k5s2-24-11", seed=6), [2.0, 2.0])
    assert not builder.use(other)
    assert builder.memory is None
    builder.want(examples)
    work(builder)
    assert same(builder.memory, memory_of(other, examples))
