"""The memory of the running service: what the samples and the weights make it, step by step."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pytest

from core.exemplars import references
from core.exemplars.builder import AT_ONCE, Example, memory_of
from core.integer.quantise import quantise
from core.network import Network
from pi.samples.store import LabelledImages
from pi.service.memory import LabelMemory


def reader(seed=5, outputs=11, scale=1.0):
    network = Network.from_spec(f"28x28-c4k5s2-24-{outputs}", seed=seed)
    network.layers[-2].weights.value[...] *= scale
    return SimpleNamespace(network=quantise(network, [2.0, 2.0]), memory=None)


def samples(count):
    rng = np.random.default_rng(2)
    images = bytearray(rng.integers(0, 256, 784 * count).astype(np.uint8).tobytes())
    return LabelledImages([3 + n for n in range(count)], [n % 11 for n in range(count)], images)


def work(memory):
    """Steps until there is nothing more to do; how often the reader's memory was another."""
    return sum(memory.step() for _ in range(references.COUNT // AT_ONCE + 50))


def test_the_reader_gets_the_memory_of_the_samples():
    mine = reader()
    memory = LabelMemory(mine, True)
    assert memory.status() == {"samples": None, "why": None}
    memory.want(samples(3))
    assert work(memory) == 1
    assert memory.status() == {"samples": 3, "why": None}
    given = samples(3)
    images = np.frombuffer(given.images, np.uint8).reshape(-1, 28, 28)
    each = zip(given.numbers, given.labels, images, strict=True)
    expected = memory_of(mine.network, [Example(*one) for one in each])
    assert np.array_equal(mine.memory.examples.units, expected.examples.units)
    assert mine.memory.numbers == expected.numbers


def test_work_begins_before_the_samples_are_known_and_ends():
    mine = reader()
    memory = LabelMemory(mine, True)
    assert work(memory) == 0
    memory.want(samples(1))
    assert memory.step()
    assert not memory.step()
    assert len(mine.memory) == 1


def test_a_label_that_is_undone_is_forgotten_by_the_next_step(caplog):
    caplog.set_level("INFO")
    mine = reader()
    memory = LabelMemory(mine, True)
    memory.want(samples(2))
    work(memory)
    memory.want(samples(0))
    assert memory.step()
    assert len(mine.memory) == 0
    said = [r.fields["samples"] for r in caplog.records if "labelled" in r.getMessage()]
    assert said == ["2", "0"]


def test_new_weights_with_the_same_body_read_by_it_at_once():
    mine, after = reader(), reader(scale=0.5)
    memory = LabelMemory(mine, True)
    memory.want(samples(2))
    work(memory)
    memory.use(after, True)
    assert len(after.memory) == 2
    assert after.memory.network is after.network


def test_other_weights_read_by_themselves_until_it_is_made_anew():
    memory, after = LabelMemory(reader(), True), reader(seed=6)
    memory.want(samples(2))
    work(memory)
    memory.use(after, True)
    assert after.memory is None
    memory.want(samples(2))
    assert work(memory) == 1
    assert len(after.memory) == 2


def test_it_can_be_switched_off_and_on():
    mine = reader()
    memory = LabelMemory(mine, False)
    memory.want(samples(2))
    assert (work(memory), mine.memory) == (0, None)
    assert memory.status() == {"samples": None, "why": "memory.enabled is false"}
    memory.use(mine, True)
    memory.want(samples(2))
    work(memory)
    assert len(mine.memory) == 2
    memory.use(mine, False)
    assert mine.memory is None


@pytest.mark.parametrize("network", [None, Network.from_spec("784-11", seed=1)])
def test_weights_in_floats_have_none_and_it_is_said(network):
    mine = SimpleNamespace(network=network, memory=None)
    memory = LabelMemory(mine, True)
    memory.want(samples(1))
    assert not memory.step()
    assert "whole numbers" in memory.status()["why"]


def test_damaged_references_end_it_once_and_not_the_service(tmp_path, monkeypatch, caplog):
    monkeypatch.setattr(references, "PATH", tmp_path / "none.npz")
    memory = LabelMemory(reader(), True)
    assert not memory.step()
    assert not memory.step()
    assert "install again" in memory.status()["why"]
    assert len([each for each in caplog.records if each.levelname == "ERROR"]) == 1
