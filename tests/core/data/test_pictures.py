"""Pictures in a folder per digit."""

from __future__ import annotations

import numpy as np
import pytest
from PIL import Image

from core.data.pictures import crop, load, per_digit
from core.errors import ImageError


def test_pictures_in_order_of_digit_and_name(tmp_path):
    for name in ("7/b.JPG", "7/a.png", "0/c.gif", "7/notes.txt", "x/d.png", "10/e.png"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).touch()
    found = [(str(path.relative_to(tmp_path)), digit) for path, digit in per_digit(tmp_path)]
    assert found == [("0/c.gif", 0), ("7/a.png", 7), ("7/b.JPG", 7)]


def test_a_folder_without_such_folders(tmp_path):
    assert per_digit(tmp_path) == []


def test_a_crop_is_taken_as_it_is_ink_light(tmp_path, digits):
    image, path = digits[0][0], tmp_path / "a.png"
    for picture in (image, 255 - image):
        Image.fromarray(picture).save(path)
        np.testing.assert_array_equal(crop(path), image)
    images, labels = load([(path, 5)])
    assert images.dtype == labels.dtype == np.uint8
    assert (images.shape, labels.tolist()) == ((1, 28, 28), [5])


def test_from_a_photograph_the_digit_is_cropped(tmp_path):
    frame = np.full((200, 300), 220, np.uint8)
    frame[60:140, 200:210] = 40
    Image.fromarray(frame).save(tmp_path / "a.png")
    found = crop(tmp_path / "a.png")
    rows, columns = np.nonzero(found > 127)
    # MNIST's digits are 20 pixels high, in the middle.
    assert 18 <= np.ptp(rows) + 1 <= 20
    assert 12 <= columns.mean() <= 15


def test_a_picture_without_writing(tmp_path):
    Image.new("L", (200, 200), 220).save(tmp_path / "a.png")
    with pytest.raises(ImageError, match=r"a\.png: nothing in it looks like a digit$"):
        crop(tmp_path / "a.png")
