"""Weights that were learnt elsewhere: let in if they do this owner's digits no harm."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from core import modelfile, pretrained
from core.data import datasets, replay
from core.errors import ModelFormatError, ServiceError
from pi.models.registry import ModelRegistry
from pi.retraining import night_log, night_words, nightly, offer
from pi.retraining.recipe import Recipe
from pi.samples.store import Sample, SampleStore
from pi.system import health
from pi.system.folder_lock import locked

RECIPE = Recipe(held_out=(20, 0, 0))


def packed(change=lambda values: None):
    """The shipped model with other weights, as bytes."""
    model = pretrained.load()
    change(model.network.values)
    return modelfile.pack(
        model.network, {"of": "a class"}, model.judge, model.ranges, model.place_judge
    )


OFFERED = packed()


def spoil(values):
    values[-2000:] = 0


@pytest.fixture
def digits():
    """Two of each digit, which the shipped weights read, and which somebody confirmed."""
    data = datasets.load(replay.INCLUDED)
    images, labels = np.asarray(data.images), np.asarray(data.labels)
    return [
        Sample(image.tobytes(), label, label=label)
        for label in range(10)
        for image in images[labels == label][:2]
    ]


def taught(settings, samples):
    with SampleStore.of(settings) as store:
        for each in samples:
            store.add(each)


def judged(settings, data=OFFERED, **options):
    return offer.judge(settings, data, "class.npz", recipe=RECIPE, **options)


def test_what_does_no_harm_is_let_in_and_noted(settings, digits):
    taught(settings, digits)
    told = []
    night = judged(settings, report=lambda *state: told.append(state))
    assert (night["outcome"], night["version"], night["base"]) == (
        "promoted",
        "0001",
        "shipped",
    )
    assert (night["digits"], night["before"], night["after"]) == (20, 0, 0)
    assert (night["exam_before"], night["exam_count"]) == (night["exam_after"], 20)
    assert [stage for stage, _ in told] == ["judging"] * len(told)
    assert [share for _, share in told] == sorted(share for _, share in told)
    assert ModelRegistry.of(settings).read("0001") == OFFERED
    [noted] = night_log.read(night_log.path_of(settings))
    assert noted["offered"] is True
    assert (
        "let in as version 0001, weights from elsewhere: it reads 20 of 20"
        in night_words.line(noted)
    )


def test_without_a_digit_of_ones_own_nothing_may_be_forgotten(settings):
    assert judged(settings)["outcome"] == "promoted"
    night = judged(settings, packed(spoil))
    assert night["outcome"] == "discarded"
    assert "it would forget: of 20 digits" in night["why"]
    assert "weights from elsewhere, not let in: it would forget" in night_words.line(night)


def test_what_reads_fewer_of_ones_digits_is_refused(settings, digits):
    taught(settings, digits)
    night = offer.judge(
        settings, packed(spoil), "class.npz", recipe=replace(RECIPE, held_out=(0, 0, 0))
    )
    assert night["outcome"] == "discarded"
    assert "of 20 labelled digits it would read 0 more and" in night["why"]
    assert ModelRegistry.of(settings).order() == ["shipped"]


def test_what_reads_already_is_not_judged_again(settings, digits):
    judged(settings)
    night = judged(settings)
    assert (night["outcome"], night["why"]) == (
        "nothing new",
        "these weights read already, as version 0001",
    )
    assert len(night_log.read(night_log.path_of(settings))) == 1


@pytest.mark.parametrize("data", [b"", OFFERED[:-1], packed(lambda values: values.fill(1e30))])
def test_what_does_not_read_is_refused(settings, data):
    with pytest.raises(ModelFormatError, match=r"class\.npz.*; not installed"):
        judged(settings, data)
    assert ModelRegistry.of(settings).order() == ["shipped"]


def test_where_others_read_by_now_nothing_is_changed(settings):
    registry, other = ModelRegistry.of(settings), packed(lambda values: values[:1].fill(0))

    def promote(stage, share):
        if registry.order() == ["shipped"]:
            registry.install(other, "somebody")

    night = judged(settings, report=promote)
    assert (night["outcome"], night["why"]) == (
        "interrupted",
        "by now 0001 reads; nothing was changed",
    )


def test_it_is_a_night_of_its_own(settings, monkeypatch):
    folder = night_log.path_of(settings).parent
    with locked(folder), pytest.raises(ServiceError, match="a night is at work already"):
        judged(settings)
    monkeypatch.setattr(health, "read", lambda: health.Health(available_kb=1024))
    assert judged(settings)["outcome"] == "no memory"
    assert nightly.run(settings)["outcome"] == "no memory"
