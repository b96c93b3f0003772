from __future__ import annotations

import numpy as np
import pytest
from PIL import Image

from tools.lessons import handwriting


def test_our_way_reads_far_more_than_shrinking_the_frame(page):
    talk, ours = handwriting.run(page)
    assert ours >= 0.8
    assert talk <= 0.5


def test_photographs_are_read_beside_what_they_are(page, photos):
    page.short = False
    page.photos = photos / "digits"
    talk, ours = handwriting.run(page)
    assert ours >= 0.9
    assert talk < ours
    ((sheet,),) = page.rows
    assert len(sheet.images) == 3 * handwriting.SHOWN
    assert sheet.captions[0].startswith("this is a ")


def test_ones_own_photographs_carry_the_digit_at_the_end_of_their_name(tmp_path):
    for name in ("mine_7.png", "yours3.png", "notes.txt"):
        Image.new("L", (40, 40), 200).save(tmp_path / name, "PNG")
    assert [digit for digit, _ in handwriting.found(tmp_path, 60)] == [7, 3]


def test_of_many_photographs_some_are_taken_from_all_over(tmp_path):
    for digit in range(10):
        Image.new("L", (40, 40), 200).save(tmp_path / f"mine_{digit}.png")
    assert [digit for digit, _ in handwriting.found(tmp_path, 4)] == [0, 3, 6, 9]


def test_a_folder_of_other_pictures_is_one_line(tmp_path):
    Image.new("L", (40, 40)).save(tmp_path / "cat.png")
    with pytest.raises(ValueError, match=r"seven_7\.jpg"):
        handwriting.found(tmp_path, 60)


def test_a_folder_that_is_not_there_is_one_line_and_no_drawn_digits(page, tmp_path):
    page.photos = tmp_path / "none"
    with pytest.raises(ValueError, match="none: no such folder"):
        handwriting.run(page)


def test_shrinking_takes_the_whole_frame():
    frame = np.full((280, 280), 255, np.uint8)
    frame[:10, :10] = 0
    small = handwriting.shrunk(frame)
    assert small.shape == (28, 28)
    assert small[0, 0] == 1
    assert small.sum() == 1
