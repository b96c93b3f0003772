"""What a label does at once: who is labelled, what is counted, and which floors there are."""

from __future__ import annotations

import numpy as np
import pytest

from core.data import datasets
from core.data.replay import INCLUDED
from core.exemplars.builder import Example
from core.reading.reader import Reader
from tools.evaluate.measures import instant
from tools.evaluate.measures.instant import Crops, Habit, Instant, Sheets
from tools.evaluate.measures.owners import OWNERS
from tools.evaluate.prepared_frames import PreparedFrame


@pytest.fixture(scope="module")
def reader():
    return Reader.default()


@pytest.fixture(scope="module")
def twos(reader):
    """Sheets of the looped 2, which is misread."""
    owner = next(each for each in OWNERS if each.name == "looped 2")
    frames = [
        PreparedFrame.of(owner.scene(np.random.default_rng([6, n]), 2).frame, 2, places=True)
        for n in range(8)
    ]
    return Sheets(reader, frames)


@pytest.fixture(scope="module")
def run(reader):
    data = datasets.load(INCLUDED)
    crops = Crops(reader.network, np.asarray(data.images))
    return Instant(reader, None, 4, crops, np.asarray(data.labels))


def test_the_first_that_are_misread_are_labelled(twos):
    habit = Habit("looped 2: 2", twos, twos)
    wrong = np.flatnonzero(twos.wrong)
    found = habit.labelled(3)
    assert 0 < len(found) <= 3
    assert {each.number for each in found} <= set(wrong.tolist())
    assert {each.label for each in found} == {2}


def test_a_label_mends_the_habit_and_leaves_the_reader_as_it_was(run, twos):
    memory = run.memory(Habit("looped 2: 2", twos, twos).labelled(1))
    assert twos.errors(memory).sum() < twos.wrong.sum()
    assert run.reader.memory is None
    assert np.array_equal(twos.errors(run.memory([])), twos.wrong)


def test_what_is_counted_is_what_the_reader_reads(run, twos, reader):
    memory = run.memory(Habit("looped 2: 2", twos, twos).labelled(2))
    reader.memory = memory
    read = [reader.read_candidates(each.candidates).digit != 2 for each in twos.frames]
    reader.memory = None
    assert twos.errors(memory).tolist() == read


def test_mnist_is_read_by_the_memory_as_the_reader_would(run, twos):
    memory = run.memory(twos.examples(range(8)))
    images = np.asarray(datasets.load(INCLUDED).images)
    assert np.array_equal(
        run.mnist.read(memory), memory.predict_proba(images)[0].argmax(axis=1)
    )
    assert run.mnist_change(run.memory([])) == 0.0


def test_one_label_in_ten_is_another():
    given = [Example(n, n % 10, np.zeros((28, 28), np.uint8)) for n in range(30)]
    changed = instant.mislabelled(given)
    differing = [a for a, b in zip(given, changed, strict=True) if a.label != b.label]
    assert len(differing) == 3
    assert all(0 <= each.label <= 9 for each in changed)


@pytest.mark.parametrize(
    ("mnist", "photographs", "holds"),
    [
        ([0.0, -0.001], [0.0], [True, True]),
        ([-0.001, -0.001], [0.0], [False, True]),
        ([0.01, -0.0041], [0.0], [False, True]),
        ([0.0], [-0.0031], [True, False]),
    ],
)
def test_floors_of_theharm(mnist, photographs, holds):
    assert [held for _, held in instant.harm(1, mnist, photographs)] == holds


def test_without_fonts_their_owners_are_left_out_and_it_is_said(monkeypatch, tmp_path, capsys):
    monkeypatch.setenv("ZERODIGIT_FONTS", str(tmp_path))
    assert len(instant.all_owners()) == 13
    assert "python -m tools.fetch_fonts" in capsys.readouterr().out
