from __future__ import annotations

import subprocess
import sys

import numpy as np
import pytest
from PIL import Image

from core.errors import CameraError
from pi.devices.cameras.base import Camera
from pi.devices.cameras.registry import CAMERAS, open_camera
from pi.devices.cameras.transform import TransformedCamera


def test_the_cameras_there_are():
    assert sorted(CAMERAS) == ["files", "picamera2", "scene"]


@pytest.mark.parametrize(
    ("name", "hint"), [("sceen", "did you mean 'scene'"), ("file", "did you mean 'files'")]
)
def test_an_unknown_camera_gets_the_nearest_name(name, hint):
    with pytest.raises(CameraError, match=hint) as caught:
        open_camera(name)
    assert "files, picamera2, scene" in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_name_near_none_gets_the_list():
    with pytest.raises(CameraError) as caught:
        open_camera("zzzz")
    assert str(caught.value) == "no camera 'zzzz' among files, picamera2, scene"


def test_the_factory_imports_nothing_before_it_must():
    code = "import sys, pi.devices.cameras.base;"
    code += "sys.exit('numpy' in sys.modules or 'PIL' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code]).returncode == 0


@pytest.fixture
def picture(tmp_path):
    path = tmp_path / "one.png"
    Image.fromarray(np.arange(80, dtype=np.uint8).reshape(8, 10)).save(path)
    return path


def test_every_camera_takes_the_options(picture):
    with open_camera("files", path=picture, rotate=180, crop=(0.0, 0.0, 1.0, 0.5)) as camera:
        assert isinstance(camera, Camera)
        frame = camera.capture()
        assert frame.shape == (4, 10)
        assert frame[0, 0] == 79
        assert camera.varies
        assert camera.picture.name == str(picture)
    with pytest.raises(CameraError, match="closed"):
        camera.capture()
    with open_camera("scene", seed=1, size=(60, 80), rotate=90) as camera:
        assert camera.capture().shape == (80, 60)
        assert not camera.varies


def test_the_plain_camera_is_not_wrapped(picture):
    assert not isinstance(open_camera("files", path=picture), TransformedCamera)


def test_options_are_checked_before_the_camera_is_opened():
    with pytest.raises(ValueError, match="rotate"):
        open_camera("files", path="/nowhere", rotate=1)
