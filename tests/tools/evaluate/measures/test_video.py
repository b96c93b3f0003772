"""Sheets that come and go: frames until the digit is lit, and wrong digits."""

from __future__ import annotations

import numpy as np

from core.reading.reader import Reading
from core.synthesis.scene import Scene
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


def four_in_sight():
    """12 frames of a 4, in sight from the third to the tenth."""
    frame = np.zeros((24, 32), np.uint8)
    return (Scene(frame, 4 if 2 <= number < 10 else None, None, "") for number in range(12))


def test_frames_until_lit():
    outcome = watch(Film([None, None, 4, 4, 4, 4, 4]), FrameVote(), four_in_sight(), 4, 0.0)
    assert outcome.frames_to_lit == 3
    assert outcome.wrong is None
    assert watch(Film([]), FrameVote(), four_in_sight(), 4, 0.0).frames_to_lit is None


def test_a_wrong_digit_that_was_lit():
    outcome = watch(Film([None, 1, 1, 1, 4, 4, 4, 4]), FrameVote(), four_in_sight(), 4, 0.0)
    assert outcome.wrong[0] == 1
    assert outcome.frames_to_lit == 6
    # Two frames are not enough to be lit.
    quiet = watch(Film([None, 1, 1, 4, 4, 4]), FrameVote(), four_in_sight(), 4, 0.0)
    assert quiet.wrong is None


def test_what_stays_lit_until_the_next_sheet_comes_is_wrong_there():
    vote = FrameVote()
    assert watch(Film([9] * 12), vote, four_in_sight(), 9, 0.0).wrong is None
    assert watch(Film([9] * 4), vote, four_in_sight(), 4, 1.2).wrong[0] == 9
    assert watch(Film([9] * 3), vote, four_in_sight(), 9, 2.4).wrong is None
    # Dark with the third empty frame, before the next sheet comes with the fifth.
    assert watch(Film([]), vote, four_in_sight(), 4, 3.6).wrong is None


def test_a_digit_lit_before_any_sheet_comes_is_wrong():
    bare = (Scene(np.zeros((24, 32), np.uint8), None, None, "") for _ in range(4))
    assert watch(Film([7] * 4), FrameVote(), bare, 4, 0.0).wrong[0] == 7


def test_video_counts_sheets_before_a_table_and_before_rooms(
    evaluate, reader, monkeypatch, tmp_path
):
    # Before a table a 7 is read, before rooms nothing.
    dark, light = np.zeros((24, 32), np.uint8), np.full((24, 32), 255, np.uint8)
    for name, frame in (("presentation", dark), ("held_presentation", light)):
        monkeypatch.setattr(
            video,
            name,
            lambda rng, digit, frames, frame=frame: iter([Scene(frame, 7, None, "")] * frames),
        )
    sheet = tmp_path / "sheet.png"
    code, out, _ = evaluate("video", "--count", 10, "--sheet", sheet)
    assert code == 0
    right = sum(
        int(np.random.default_rng([nodigit.HELD_OUT, n]).integers(10)) == 7 for n in range(10)
    )
    assert out[-1] == (
        f"video inf (n=10, wrong={1 - right / 10:.4f}, never={1 - right / 10:.4f}); "
        "before rooms inf (n=10, wrong=0.0000, never=1.0000)"
    )
    assert sheet.exists()
