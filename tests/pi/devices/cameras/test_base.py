from __future__ import annotations

import numpy as np
import pytest

from core.errors import CameraError
from pi.devices.cameras.base import Camera


class Grey(Camera):
    def capture(self):
        self._check_open()
        return np.zeros((8, 8), np.uint8)


def test_a_camera_gives_frames_until_it_is_closed():
    with Grey() as camera:
        assert isinstance(camera, Grey)
        assert camera.capture().shape == (8, 8)
    camera.close()
    with pytest.raises(CameraError, match="Grey is closed; open it again to go on"):
        camera.capture()


def test_an_error_inside_closes_it_and_goes_on():
    camera = Grey()
    with pytest.raises(KeyError), camera:
        raise KeyError("inside")
    with pytest.raises(CameraError, match="closed"):
        camera.capture()


def test_unless_it_says_so_a_camera_plays_nothing_and_its_frames_are_alike():
    assert (Grey().picture, Grey().varies, Grey.transforms) == (None, False, False)


def test_a_camera_without_capture_is_none():
    with pytest.raises(TypeError, match="capture"):
        Camera()
