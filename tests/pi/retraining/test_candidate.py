"""A night's result is read back from its file and held against the rule again."""

from __future__ import annotations

import numpy as np
import pytest

from core.errors import ModelFormatError
from pi.retraining import candidate
from pi.retraining.cross_validation import UNSURE, Blend, FineTuneResult, Predictions
from pi.retraining.features import ReplaySet
from pi.samples.store import Sample

COUNT = 40
LABELS = tuple(number % 10 for number in range(COUNT))
SURE = 0.8


class Classifier:
    """In place of a network: probabilities of images, each known by a pixel."""

    def __init__(self, rows):
        self.rows = rows

    def predict_proba(self, images):
        return self.rows[images[:, 0, 0]]


def sample(number, guess):
    pixels = bytes([number]) + bytes(783)
    return Sample(pixels, guess, label=LABELS[number], origin="right", id=number + 1)


def classes(changes):
    found = list(LABELS)
    for number, digit in changes.items():
        found[number] = digit
    return found


@pytest.fixture
def check():
    """Check a saved blend that predicts these classes, so surely, and had all right in float32.

    The weights in service have all right but the last of the owner's digits.
    """

    def run(found, share=0.95, *, confirmed=(), held_out=()):
        rows = np.zeros((COUNT, 11), np.float32)
        rows[np.arange(COUNT), found] = share
        right = np.eye(11, dtype=np.float32)[list(LABELS)]
        images = np.zeros((len(held_out), 28, 28), np.uint8)
        images[:, 0, 0] = held_out
        replay = ReplaySet(images[:0], images, np.array(held_out, np.uint8) % 10)
        before = Predictions((*LABELS[:-1], UNSURE), 0, 0, 0)
        blend = Blend(0.7, LABELS, Predictions(LABELS, 0, 0, 0), None)
        samples = [
            sample(number, LABELS[number] if number in confirmed else 10)
            for number in range(COUNT)
        ]
        result = FineTuneResult(before, (blend,), replay, SURE)
        candidate.check(Classifier(rows), Classifier(right), result, blend, samples)

    return run


def test_what_reads_as_it_was_judged_passes(check):
    check(classes({}), confirmed=range(COUNT), held_out=range(5))


def test_a_twentieth_may_be_lost_and_no_more(check):
    check(classes({3: 8, 7: 10}))
    with pytest.raises(ModelFormatError, match="37 of 40 digits right, and 40 before"):
        check(classes({3: 8, 7: 1, 9: 4}))


def test_what_is_no_longer_sure_is_not_read(check):
    with pytest.raises(ModelFormatError, match="only 0 of 40"):
        check(classes({}), share=0.79)


def test_none_that_was_called_right_may_be_lost(check):
    with pytest.raises(ModelFormatError, match="called right: sample 4"):
        check(classes({3: 8}), confirmed=[3])


def test_nothing_may_be_forgotten(check):
    with pytest.raises(
        ModelFormatError,
        match=r"would forget: 1 errors of 5 digits that it knew, and it made 0",
    ):
        check(classes({3: 8}), held_out=range(5))


def test_nothing_that_was_sure_may_become_unsure(check):
    rows = np.full(COUNT, 0.95, np.float32)
    rows[3] = 0.7
    with pytest.raises(
        ModelFormatError, match=r"less sure: 1 of 5 .* would not be read, and 0 were not"
    ):
        check(classes({}), rows, held_out=range(5))
