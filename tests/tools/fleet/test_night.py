"""One night over the crops of several hosts: it learns from all, and is the same again."""

from __future__ import annotations

import numpy as np
import pytest

from core import modelfile, pretrained
from core.data import datasets, replay
from pi.retraining.recipe import Recipe
from tools.fleet import night

RECIPE = Recipe(
    images=160, digits=60, drawn=0, no_digit=0, held_out=(30, 0, 0), epochs=4,
    learning_rate=1e-3, folds=3, blend_shares=(0.8, 0.6), confidence=0.5,
)  # fmt: skip


NONE = np.empty((0, 28, 28), np.uint8)


@pytest.fixture(scope="module")
def model():
    return pretrained.load()


@pytest.fixture(scope="module")
def crops():
    """Of two hosts: 4s upside down and 1s; 7s and none else; of a third nothing."""
    data = datasets.load(replay.INCLUDED)
    images, labels = np.asarray(data.images), np.asarray(data.labels)
    fours, ones, sevens = (images[labels == digit][:6] for digit in (4, 1, 7))
    return {
        "b": (sevens, np.full(6, 7, np.uint8)),
        "a": (np.concatenate([fours[:, ::-1], ones]), np.repeat(np.uint8([4, 1]), 6)),
        "c": (images[:0], labels[:0].astype(np.uint8)),
    }


def test_samples_are_the_same_in_any_order(model, crops):
    found = night.samples_of(model, crops)
    assert list(found) == ["a", "b", "c"]
    assert [each.id for each in [*found["a"], *found["b"]]] == list(range(1, 19))
    assert all(each.confirmed for each in found["b"])
    assert any(each.corrected for each in found["a"])
    again = night.samples_of(model, dict(reversed(crops.items())))
    plan = night.plan_of(model, found, RECIPE, NONE)
    assert plan == night.plan_of(model, again, RECIPE, NONE)
    assert plan != night.plan_of(model, found, Recipe(), NONE)
    assert plan != night.plan_of(model, found, RECIPE, crops["a"][0])


def test_of_one_host_no_more_than_so_many_and_those_misread_first(model, crops):
    fours, sevens = crops["a"][0][:6], crops["b"][0]
    images = np.concatenate([fours, np.repeat(sevens, night.MOST // 6 + 1, axis=0)])
    labels = np.repeat(np.uint8([4, 7]), [6, len(images) - 6])
    [found] = night.samples_of(model, {"a": (images, labels)}).values()
    assert len(found) == night.MOST
    expected = [each.label == 4 for each in found if each.corrected]
    assert expected
    assert all(expected)


def test_known_digits_are_those_of_mnist_where_it_is(small_mnist, monkeypatch):
    assert night.known_digits().shape == (0, 28, 28)
    monkeypatch.setattr(night, "find_mnist", lambda: small_mnist)
    assert night.known_digits().shape == (60, 28, 28)


def test_the_recipe_grows_with_the_crops():
    assert night.recipe_for(5, RECIPE).images == RECIPE.images
    assert night.recipe_for(500, RECIPE).images == 500 * night.COPIES
    assert night.recipe_for(50_000, RECIPE).images == night.MOST_COPIES


def test_it_learns_and_interrupted_it_ends_with_the_same_bits(model, crops, tmp_path):
    samples = night.samples_of(model, crops)

    def interrupt(stage, share):
        if stage == "learning" and share > 0.5:
            raise KeyboardInterrupt

    def hold(folder, report=lambda *state: None, processes=2):
        known = crops["b"][0]
        return night.hold(model, samples, RECIPE, known, tmp_path / folder, report, processes)

    with pytest.raises(KeyboardInterrupt):
        hold("one", interrupt)
    told = []
    one = hold("one", lambda *state: told.append(state))
    other = hold("other", processes=1)
    assert one.data is not None
    assert one.data == other.data
    assert (told[0], told[-1][0]) == (("looking", 0.0), "learning")
    found = modelfile.unpack(one.data)
    assert (found.info["hosts"], found.info["learnt"]["digits"]) == (3, 18)
    assert one.figures["outcome"] == "promoted"
    before, after = one.errors["a"]
    assert before > after
    assert (one.errors["b"], one.errors["c"]) == ([0, 0], [0, 0])
