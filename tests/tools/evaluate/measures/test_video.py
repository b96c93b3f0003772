"""Sheets that come and go: frames until the digit is lit, and wrong digits."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pytest

from core.reading.reader import Reading
from pi.service.voting import FrameVote
from tools.evaluate.measures import nodigit, video
from tools.evaluate.measures.video import watch


class Film:
    """Reads the digits of a list, one a frame, then nothing."""

    def __init__(self, digits):
        self.digits = list(digits)

    def read(self, frame):
        digit = self.digits.pop(0) if self.digits else None
        return Reading() if digit is None else Reading(digit, 0.9, digit)


@pytest.fixture
def four_in_sight(monkeypatch):
    """A film of 12 frames of a 4, in sight from the third to the tenth."""
    frame = np.zeros((24, 32), np.uint8)
    scenes = [SimpleNamespace(frame=frame, label=4 if 2 <= n < 10 else None) for n in range(12)]
    monkeypatch.setattr(video, "presentation", lambda rng, digit, frames: iter(scenes))


def test_frames_until_lit(four_in_sight):
    rng = np.random.default_rng(0)
    outcome = watch(Film([None, None, 4, 4, 4, 4, 4]), FrameVote(), rng, 4, 0.0)
    assert outcome.frames_to_lit == 3
    assert outcome.wrong is None
    assert watch(Film([]), FrameVote(), rng, 4, 0.0).frames_to_lit is None


def test_a_wrong_digit_that_was_lit(four_in_sight):
    rng = np.random.default_rng(0)
    outcome = watch(Film([None, 1, 1, 1, 4, 4, 4, 4]), FrameVote(), rng, 4, 0.0)
    assert outcome.wrong[0] == 1
    assert outcome.frames_to_lit == 6
    # Two frames are not enough to be lit.
    assert watch(Film([None, 1, 1, 4, 4, 4]), FrameVote(), rng, 4, 0.0).wrong is None


def test_what_stays_lit_into_the_next_presentation_is_wrong_there(four_in_sight):
    rng, vote = np.random.default_rng(0), FrameVote()
    assert watch(Film([9] * 12), vote, rng, 9, 0.0).wrong is None
    assert watch(Film([]), vote, rng, 4, 1.2).wrong[0] == 9


def test_video(evaluate, reader, four_in_sight, tmp_path):
    reader.read = lambda frame: Reading(7, 0.9, 7)
    sheet = tmp_path / "sheet.png"
    code, out, _ = evaluate("video", "--count", 10, "--sheet", sheet)
    assert code == 0
    right = sum(
        int(np.random.default_rng([nodigit.HELD_OUT, n]).integers(10)) == 7 for n in range(10)
    )
    assert out[-1] == f"video inf (n=10, wrong={1 - right / 10:.4f})"
    assert sheet.exists()
