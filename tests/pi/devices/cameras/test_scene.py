from __future__ import annotations

import numpy as np
import pytest

from core.errors import CameraError
from pi.devices.cameras.base import Camera
from pi.devices.cameras.registry import open_camera
from pi.devices.cameras.scene import SceneCamera


def test_scenes_go_by_without_end():
    with open_camera("scene", seed=3, frames=8, size=(60, 80)) as camera:
        assert isinstance(camera, Camera)
        assert camera.picture is None
        numbers = []
        for _ in range(20):
            frame = camera.capture()
            assert frame.dtype == np.uint8
            assert frame.shape == (60, 80)
            numbers.append(camera.picture.number)
    assert numbers == [1] * 8 + [2] * 8 + [3] * 4


def test_a_seed_always_shows_the_same():
    def look(seed):
        with open_camera("scene", seed=seed, frames=8, size=(60, 80)) as camera:
            return [(camera.capture().tobytes(), camera.picture) for _ in range(10)]

    assert look(5) == look(5)
    assert look(5) != look(6)


def test_scenes_of_given_digits_in_turn():
    camera = SceneCamera(1, style="easy", digits=[4, 2], frames=8, size=(60, 80))
    seen = []
    for _ in range(24):
        camera.capture()
        seen.append(camera.picture)
    assert [sheet.digit for sheet in seen[::8]] == [4, 2, 4]
    assert seen[-1].name == "sheet 3"


@pytest.mark.parametrize("option", [{"style": "hard"}, {"frames": 7}])
def test_impossible_scenes_are_refused(option):
    with pytest.raises(ValueError, match="must be"):
        SceneCamera(0, **option)


def test_a_closed_scene_shows_nothing():
    camera = SceneCamera(0)
    camera.close()
    with pytest.raises(CameraError, match="closed"):
        camera.capture()
