"""Labelled crops in one file: what it holds, and what no reader takes for one."""

from __future__ import annotations

import numpy as np
import pytest

from core.classes import NO_DIGIT
from core.errors import DatasetError
from core.files import archive
from pi.samples import crops

ABOUT = {"format": crops.FORMAT, "preprocessing": 1}
IMAGES, LABELS = np.zeros((2, 28, 28), np.uint8), np.array([3, NO_DIGIT], np.uint8)


def test_there_and_back(sample):
    given = [
        sample(1, label=7, model="/home/ada", origin="wrong", crop=b"photograph"),
        sample(2),
        sample(3, label=NO_DIGIT),
    ]
    data = crops.pack(given)
    images, labels = crops.unpack(data)
    assert labels.tolist() == [7, NO_DIGIT]
    assert images.shape == (2, 28, 28)
    assert images[:, 0, 0].tolist() == [1, 3]
    # Nothing but crops and labels leaves the Pi.
    assert b"ada" not in data
    assert b"photograph" not in data
    assert archive.unpack(data)[0] == ABOUT


def test_without_a_label_it_is_empty(sample):
    images, labels = crops.unpack(crops.pack([sample(1)]))
    assert (images.shape, labels.shape) == ((0, 28, 28), (0,))


def test_the_newest_are_kept_and_fit(sample):
    given = [sample(number, label=number % 10) for number in range(crops.MOST + 3)]
    data = crops.pack(given)
    assert len(data) <= crops.LARGEST
    assert crops.unpack(data)[1].tolist() == [each.label for each in given[3:]]


@pytest.mark.parametrize(
    ("about", "arrays", "why"),
    [
        ({"format": "zerodigit model"}, {}, "is no zerodigit crops, but 'zerodigit model'"),
        ({**ABOUT, "preprocessing": 0}, {}, "cropped by rule 0, this program by 1"),
        (ABOUT, {"images": IMAGES}, "other arrays"),
        (ABOUT, {"images": IMAGES, "labels": LABELS, "x": LABELS}, "other arrays"),
        (ABOUT, {"images": IMAGES[:1], "labels": LABELS}, "its images are uint8 (1, 28, 28)"),
        (ABOUT, {"images": IMAGES[:, :9], "labels": LABELS}, "its images are uint8 (2, 9, 28)"),
        (ABOUT, {"images": IMAGES, "labels": LABELS[:, None]}, "its images are"),
        (ABOUT, {"images": IMAGES * np.float32("nan"), "labels": LABELS}, "images are float32"),
        (ABOUT, {"images": IMAGES, "labels": LABELS * 1.0}, "a label that is no digit"),
        (ABOUT, {"images": IMAGES, "labels": LABELS + 1}, "a label that is no digit"),
    ],
)
def test_what_is_no_file_of_crops(about, arrays, why):
    with pytest.raises(DatasetError) as error:
        crops.unpack(archive.pack(about, arrays))
    assert why in str(error.value)


def test_bytes_that_are_no_archive():
    good = crops.pack([])
    for data in (b"", b"hello", good[:-1], good + bytes(1), bytes(crops.LARGEST + 1)):
        with pytest.raises(DatasetError):
            crops.unpack(data)
