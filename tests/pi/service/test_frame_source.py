"""How long a camera may take, and how it is opened as the settings say."""

from __future__ import annotations

import numpy as np

from pi import config
from pi.service import frame_source


def test_the_watchdog_bounds_how_long_a_camera_is_waited_for():
    """A pause and a hung try to open after it are over in time."""
    section = config.load(overrides={"camera.timeout_s": 0.1}).camera
    watched = frame_source.limits(section, 60.0)
    assert watched["retry"][1] + watched["open_timeout_s"] < 0.75 * 60
    assert frame_source.limits(section, None) == {
        "timeout_s": 0.2,
        "open_timeout_s": 60.0,
        "retry": (1.0, 60.0),
    }


def test_each_camera_is_given_its_own_settings(tmp_path):
    def options(**settings):
        overrides = {f"camera.{name}": value for name, value in settings.items()}
        return frame_source.camera_options(config.load(overrides=overrides).camera)

    assert options(type="files", path="x", shuffle=True, seed=4)["shuffle"] == 4
    assert options(type="files", path="x", rate=0)["rate"] is None
    assert options(type="scene", size=[64, 48], seed=2)["size"] == (48, 64)
    assert options(type="picamera2", number=1)["number"] == 1
    assert options(type="picamera2")["mains_hz"] == 50
    assert options(type="picamera2", mains_hz=0)["mains_hz"] == 0
    assert options(type="picamera2", exposure=0.01)["exposure"] == 0.01
    assert options(type="picamera2", lens_position=5)["lens_position"] == 5.0
    assert options(type="picamera2")["lens_position"] is None
    assert "rate" not in options(type="picamera2", rate=0)


def test_the_frames_are_those_of_the_camera_that_the_settings_name(tmp_path, clock):
    np.save(tmp_path / "grey.npy", np.full((24, 32), 99, np.uint8))
    settings = {"camera.type": "files", "camera.path": str(tmp_path), "camera.rotate": 90}
    source = frame_source.frame_source(config.load(overrides=settings).camera, clock)
    source.start()
    assert source.next(1.0).frame.shape == (32, 24)
    source.stop()
