"""The owner experiment: its statistics and its floors."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from core import pretrained
from core.data import datasets, replay
from pi.retraining import features
from pi.retraining.recipe import Recipe
from pi.samples.store import Sample
from tools.evaluate.measures import owner
from tools.evaluate.measures.owner import Outcome
from tools.evaluate.measures.owners import OWNERS
from tools.evaluate.prepared_frames import PreparedFrame


def outcome(lost, won, *, promoted=True, mnist=0.0, common=3):
    """Errors: so many new ones, so many gone, some that stay."""
    before = np.array([False] * lost + [True] * (won + common))
    after = np.array([True] * lost + [False] * won + [True] * common)
    kept = after if promoted else before
    return Outcome("somebody", before, kept, promoted, mnist, offered=after)


@pytest.mark.parametrize(
    ("lost", "won", "p", "worse"),
    [(0, 0, 1.0, False), (5, 0, 0.0625, False), (6, 0, 0.03125, True), (0, 6, 0.03125, False)],
)
def test_significantly_worse(lost, won, p, worse):
    found = outcome(lost, won)
    assert found.p == pytest.approx(p)
    assert found.worse is worse


@pytest.mark.parametrize(
    ("told", "spoilt", "more", "same", "missed"),
    [
        ([outcome(0, 10)], [], [], True, None),
        ([outcome(0, 2)], [], [], True, "halved"),
        ([outcome(0, 50), outcome(9, 0)], [], [], True, "no owner significantly worse"),
        ([outcome(0, 10, mnist=-0.0006)], [], [], True, "MNIST"),
        ([outcome(0, 9)] * 9 + [outcome(0, 9, mnist=-0.0016)], [], [], True, "worst"),
        ([outcome(0, 10)], [outcome(9, 0)], [], True, "labels wrong"),
        ([outcome(0, 10)], [], [], False, "same bits"),
        ([outcome(0, 10)], [], [outcome(0, 2, promoted=False)], True, "1 of 2 honest nights"),
        # It would not help.
        ([outcome(0, 10)], [], [outcome(2, 1, promoted=False)], True, None),
    ],
)
def test_floors(told, spoilt, more, same, missed, capsys):
    code = owner.check_floors(told, spoilt, [], more, same)
    lines = capsys.readouterr().out.splitlines()
    misses = [line for line in lines if line.startswith("MISS")]
    assert code == (missed is not None)
    assert len(misses) == code
    assert not misses or missed in misses[0]


def test_wrong_labels_that_a_night_doubts_are_counted():
    nights = [replace(outcome(0, 0), suspects=frozenset(each)) for each in ({1, 2}, {5}, ())]
    said = owner._suspected(nights, [{1, 3}, {5}, {6}])
    assert said == "the nights doubt 2 of 4 wrong labels, and 1 that are right"


def test_a_tenth_of_the_labels_is_wrong():
    samples = [Sample(bytes(784), label=number % 10, id=number) for number in range(30)]
    wrong = owner.with_wrong_labels(samples)
    changed = [a.id for a, b in zip(samples, wrong, strict=True) if a.label != b.label]
    assert len(changed) == 3
    assert [each.id for each in wrong] == list(range(30))


@pytest.fixture(scope="module")
def run():
    """Nights of a second, and MNIST as an image of each class."""
    recipe = Recipe(
        images=90, digits=60, drawn=0, no_digit=0, held_out=(20, 0, 0), epochs=2, folds=3,
        learning_rate=1e-3, confidence=0.5,
    )  # fmt: skip
    model = pretrained.load()
    images, labels = load_included()
    return owner.OwnerRun(model, recipe, features.replay_set(11, recipe), (images, labels))


def load_included():
    data = datasets.load(replay.INCLUDED)
    return np.asarray(data.images), np.asarray(data.labels)


def test_a_night_of_an_owner_who_writes_upside_down(run):
    images, labels = load_included()
    turned = [
        Sample(image[::-1].tobytes(), 8, label=4, id=number)
        for number, image in enumerate(images[labels == 4], 1)
    ]
    found = run.night("upside down", turned, [PreparedFrame(4, [])])
    assert (found.promoted, found.why) == (True, "")
    assert found.model is not run.model
    assert (found.offered.tolist(), found.helps) == ([True], False)
    assert found.mnist < 0.2
    assert run.mnist_before > 0.95
    assert owner.resumed_alike(run, turned, stops=(10, 15))
    # Where it ends before it is stopped, nothing was shown.
    assert not owner.resumed_alike(run, turned, stops=(10, 10**6))


def test_what_is_labelled_is_remembered(run):
    scenes = (OWNERS[0].scene(np.random.default_rng([5, number]), 7) for number in range(8))
    shown = [PreparedFrame.of(scene.frame, 7) for scene in scenes]
    without = int(run.errors(run.reader, shown).sum())
    assert without >= 2
    assert run.remembering(run.model, run.samples(shown), shown) < without / 2
    in_float = replace(run.model, ranges=None)
    assert run.remembering(in_float, run.samples(shown), shown) >= without / 2


def test_an_owner_who_is_read_rightly_keeps_the_weights(run):
    images, labels = load_included()
    right = [
        Sample(image.tobytes(), 7, label=7, id=number)
        for number, image in enumerate(images[labels == 7][:4], 1)
    ]
    found = run.night("right", right, [])
    assert (found.promoted, found.mnist) == (False, 0.0)
    assert found.why == "all that has a label is read rightly already"
    assert found.model is run.model
    assert not found.helps


def test_frames_are_prepared_once(tmp_path):
    made = []

    def prepare():
        made.append(PreparedFrame.of(OWNERS[0].scene(np.random.default_rng(3), 3).frame, 3))
        return made

    for _ in range(2):
        [found] = owner.cached(tmp_path / "work", "one.npz", prepare)
        assert (found.label, len(found.candidates)) == (3, len(made[0].candidates))
    assert len(made) == 1
