from __future__ import annotations

import doctest

import numpy as np
import pytest

from core.errors import CameraError
from pi.devices.cameras import transform as module
from pi.devices.cameras.base import Camera, PlayedPicture
from pi.devices.cameras.transform import Transform, TransformedCamera

FRAME = np.arange(6, dtype=np.uint8).reshape(2, 3)


def turned(**options):
    return Transform(**options).apply(FRAME).tolist()


def test_the_example_holds():
    result = doctest.testmod(module)
    assert result.attempted > 0
    assert result.failed == 0


def test_nothing():
    assert Transform().apply(FRAME) is FRAME
    assert Transform().changes_nothing
    assert Transform(crop=[0, 0, 1, 1]).changes_nothing


@pytest.mark.parametrize(
    ("rotate", "seen"),
    [
        (90, [[3, 0], [4, 1], [5, 2]]),
        (180, [[5, 4, 3], [2, 1, 0]]),
        (270, [[2, 5], [1, 4], [0, 3]]),
    ],
)
def test_rotated_clockwise(rotate, seen):
    assert turned(rotate=rotate) == seen


@pytest.mark.parametrize(
    ("flip", "seen"),
    [("horizontal", [[2, 1, 0], [5, 4, 3]]), ("vertical", [[3, 4, 5], [0, 1, 2]])],
)
def test_flipped(flip, seen):
    assert turned(flip=flip) == seen


def test_flipped_after_it_was_rotated():
    assert turned(rotate=90, flip="horizontal") == [[0, 3], [1, 4], [2, 5]]


def test_cropped_by_shares_of_what_is_seen():
    frame = np.zeros((240, 320), np.uint8)
    assert Transform(crop=(0.25, 0.0, 1.0, 0.5)).apply(frame).shape == (120, 240)
    assert Transform(rotate=90, crop=(0.25, 0.0, 1.0, 0.5)).apply(frame).shape == (160, 180)


def test_the_crop_is_the_part_that_was_named():
    frame = np.zeros((100, 100), np.uint8)
    frame[20:40, 60:90] = 255
    assert Transform(crop=(0.6, 0.2, 0.9, 0.4)).apply(frame).all()
    # Upside down, the same part is seen at the other end.
    assert Transform(rotate=180, crop=(0.1, 0.6, 0.4, 0.8)).apply(frame).all()


@pytest.mark.parametrize("rotate", [0, 90, 180, 270])
@pytest.mark.parametrize("flip", ["none", "horizontal", "vertical"])
def test_no_copy_is_made(rotate, flip):
    frame = np.zeros((240, 320), np.uint8)
    seen = Transform(rotate, flip, (0.1, 0.2, 0.9, 0.8)).apply(frame)
    assert np.shares_memory(seen, frame)


@pytest.mark.parametrize(
    "options",
    [
        {"rotate": 45},
        {"rotate": -90},
        {"flip": "both"},
        {"crop": (0.0, 0.0, 1.0)},
        {"crop": (-0.1, 0.0, 1.0, 1.0)},
        {"crop": (0.0, 0.0, 1.0, 1.1)},
        {"crop": (0.6, 0.0, 0.4, 1.0)},
        {"crop": (0.0, 0.5, 1.0, 0.55)},
        {"crop": (0.0, float("nan"), 1.0, 1.0)},
    ],
)
def test_impossible_values_are_refused(options):
    with pytest.raises(ValueError, match=f"{next(iter(options))} must") as caught:
        Transform(**options)
    assert "\n" not in str(caught.value)


class Turner(Camera):
    """Gives frames that count up, of sizes that vary, and plays pictures."""

    varies = True

    def __init__(self):
        self.frames = 0

    def capture(self):
        self._check_open()
        self.frames += 1
        self.picture = PlayedPicture(self.frames, f"sheet {self.frames}", 7)
        return np.full((2, 3), self.frames, np.uint8)


def test_a_transformed_camera_is_the_camera_but_for_its_frames():
    camera = Turner()
    with TransformedCamera(camera, Transform(rotate=90)) as transformed:
        assert transformed.varies
        assert transformed.picture is None
        assert transformed.capture().tolist() == [[1, 1], [1, 1], [1, 1]]
        assert transformed.picture == PlayedPicture(1, "sheet 1", 7)
    with pytest.raises(CameraError, match="Turner is closed"):
        camera.capture()
