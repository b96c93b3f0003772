"""A night that takes a second: an owner who writes 4 upside down, and a short recipe."""

from __future__ import annotations

import numpy as np
import pytest

from core import pretrained
from core.data import datasets, replay
from pi import config
from pi.retraining.recipe import Recipe
from pi.samples.store import Sample, SampleStore


@pytest.fixture(scope="session")
def quick():
    """A recipe of a second, on included digits alone."""
    return Recipe(
        images=160, most_copies=20, digits=60, drawn=0, no_digit=0, held_out=(30, 0, 0),
        epochs=4, learning_rate=1e-3, folds=3, blend_shares=(0.8, 0.6), confidence=0.5,
    )  # fmt: skip


@pytest.fixture(scope="session")
def owner():
    """Samples: five 1s and five 7s that are read rightly, and ten 4s upside down."""
    data = datasets.load(replay.INCLUDED)
    images, labels = np.asarray(data.images), np.asarray(data.labels)
    turned = images[labels == 4][:10, ::-1]
    guesses = pretrained.load().network.predict(turned).tolist()
    shown = [
        (image, label, label) for label in (1, 7) for image in images[labels == label][:5]
    ] + [(image, 4, guess) for image, guess in zip(turned, guesses, strict=True)]
    return [
        Sample(image.tobytes(), guess if guess < 10 else 0, 0.9, label=label, origin="wrong")
        for image, label, guess in shown
    ]


@pytest.fixture
def settings(tmp_path):
    """Settings with a state folder and a run folder of their own."""
    given = {"samples.folder": str(tmp_path / "state"), "service.run_folder": str(tmp_path)}
    return config.load(overrides=given)


@pytest.fixture
def labelled(settings, owner):
    """Settings whose sample store holds the owner's digits."""
    with SampleStore.of(settings) as store:
        for sample in owner:
            store.add(sample)
    return settings
