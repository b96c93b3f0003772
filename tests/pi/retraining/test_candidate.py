"""What a night would let in is read back from its file and counted again."""

from __future__ import annotations

import numpy as np
import pytest

from core import pretrained
from core.errors import ModelFormatError
from pi.retraining import candidate
from pi.retraining.cross_validation import UNSURE, Blend, FineTuneResult
from pi.retraining.features import Replayed
from pi.samples.store import Sample

COUNT = 40
LABELS = tuple(number % 10 for number in range(COUNT))
SURE = 0.8


class Readers:
    """In place of Reader: the file's shares are given, and the old model reads all as it is."""

    def __init__(self, called, share):
        self.rows = np.zeros((COUNT, 11), np.float32)
        self.rows[np.arange(COUNT), called] = share

    def from_file(self, path):
        return self._reading(lambda images: self.rows[images[:, 0, 0]])

    def of(self, model):
        return self._reading(lambda images: np.eye(11, dtype=np.float32)[images[:, 0, 0] % 10])

    def _reading(self, predict_proba):
        network = type("Network", (), {"predict_proba": staticmethod(predict_proba)})
        return type("Reader", (), {"network": network})


def sample(number, guess):
    pixels = bytes([number]) + bytes(783)
    return Sample(pixels, guess, label=LABELS[number], origin="right", id=number + 1)


def called(changes):
    numbers = list(LABELS)
    for number, digit in changes.items():
        numbers[number] = digit
    return numbers


@pytest.fixture
def compare(monkeypatch):
    """Compare a file that calls digits so, and so surely, with a trial that has all right."""

    def run(file, share=0.95, *, confirmed=(), asked=()):
        monkeypatch.setattr(candidate, "Reader", Readers(file, share))
        images = np.zeros((len(asked), 28, 28), np.uint8)
        images[:, 0, 0] = asked
        known = Replayed(images[:0], images, np.array(asked, np.uint8) % 10) if asked else None
        trial = Blend(0.7, LABELS, LABELS, 0)
        learnt = FineTuneResult(LABELS, LABELS, 5, 0, (trial,), (), known, SURE)
        samples = [
            sample(number, LABELS[number] if number in confirmed else 10)
            for number in range(COUNT)
        ]
        candidate.compare("file", pretrained.load(), learnt, 0, samples)

    return run


def test_what_reads_as_it_was_judged_passes(compare):
    compare(called({}), confirmed=range(COUNT), asked=range(5))


def test_a_twentieth_may_be_lost_and_no_more(compare):
    compare(called({3: 8, 7: UNSURE - 1}))
    with pytest.raises(ModelFormatError, match="37 of 40 digits right, and 40 before"):
        compare(called({3: 8, 7: 1, 9: 4}))


def test_what_is_no_longer_sure_is_not_read(compare):
    with pytest.raises(ModelFormatError, match="only 0 of 40"):
        compare(called({}), share=0.79)


def test_none_that_was_called_right_may_be_lost(compare):
    with pytest.raises(ModelFormatError, match="called right: sample 4"):
        compare(called({3: 8}), confirmed=[3])


def test_nothing_may_be_forgotten(compare):
    with pytest.raises(ModelFormatError, match=r"1 digits not read from 0\.0 on, and 0"):
        compare(called({3: 8}), asked=range(5))


def test_nothing_that_was_sure_may_become_unsure(compare):
    rows = np.full(COUNT, 0.95, np.float32)
    rows[3] = 0.7
    with pytest.raises(ModelFormatError, match=r"1 digits not read from 0\.8 on, and 0"):
        compare(called({}), rows, asked=range(5))
