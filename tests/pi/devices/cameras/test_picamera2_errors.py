from __future__ import annotations

import errno
import os
import sys

import pytest

from core.errors import CameraError
from pi.devices.cameras.picamera2_errors import close, create, explained, is_errno, load_library
from pi.devices.cameras.registry import open_camera


def caused(error, cause):
    """As Picamera2's constructor raises it: its own words, the cause behind them."""
    error.__context__ = cause
    return error


NO_MEMORY = OSError(errno.ENOMEM, os.strerror(errno.ENOMEM))
LIBCAMERA_NO_MEMORY = RuntimeError("Failed to start camera: Cannot allocate memory")


@pytest.mark.parametrize(
    ("error", "number", "expected"),
    [
        (NO_MEMORY, errno.ENOMEM, True),
        (LIBCAMERA_NO_MEMORY, errno.ENOMEM, True),
        (
            caused(RuntimeError("Camera __init__ sequence"), LIBCAMERA_NO_MEMORY),
            errno.ENOMEM,
            True,
        ),
        (NO_MEMORY, errno.EBUSY, False),
        (RuntimeError("odd"), errno.ENOMEM, False),
    ],
)
def test_errors_of_the_system_are_known_behind_others(error, number, expected):
    assert is_errno(error, number) == expected


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (NO_MEMORY, r"no memory for the camera \(Errno 12\).*zerodigit doctor"),
        (RuntimeError("Device or resource busy"), "in use by another program: .*fuser"),
        (PermissionError(errno.EACCES, "Permission denied"), "usermod -aG video"),
        (
            caused(RuntimeError("it\nfailed"), ValueError("odd")),
            "the camera failed: it failed; odd$",
        ),
        (KeyError(), "the camera failed: KeyError$"),
    ],
)
def test_an_error_is_one_line_with_its_remedy(error, said):
    with pytest.raises(CameraError, match=said) as caught:
        raise explained(error)
    assert "\n" not in str(caught.value)


def test_an_error_that_is_explained_stays():
    error = CameraError("look at the cable")
    assert explained(error) is error


class Kind:
    """Opens a pipe first and forgets it when it fails, as Picamera2 does."""

    cameras = 1
    error = None

    @classmethod
    def global_camera_info(cls):
        return [{}] * cls.cameras

    def __init__(self, number):
        reading, self.notifyme_w = os.pipe()
        self.notifymeread = os.fdopen(reading, "rb")
        self.closed = 0
        if self.error is not None:
            raise self.error

    def cancel_all_and_flush(self):
        pass

    def close(self):
        self.closed += 1


@pytest.mark.parametrize(
    ("cameras", "number", "said"),
    [(0, 0, "no camera was found: .*cable"), (2, 2, "no camera 2 among 2: .*rpicam-hello")],
)
def test_a_camera_that_is_not_there_is_not_tried(monkeypatch, cameras, number, said):
    monkeypatch.setattr(Kind, "cameras", cameras)
    monkeypatch.setattr(Kind, "error", AssertionError("tried"))
    with pytest.raises(CameraError, match=said):
        create(Kind, number)


def test_a_constructor_that_fails_leaves_nothing_open(monkeypatch):
    monkeypatch.setattr(Kind, "error", RuntimeError("odd"))
    before = len(os.listdir("/proc/self/fd"))
    with pytest.raises(RuntimeError, match="odd"):
        create(Kind, 0)
    assert len(os.listdir("/proc/self/fd")) == before


def test_closing_raises_nothing():
    camera = create(Kind, 0)
    close(camera)
    assert camera.closed == 1
    camera.notifymeread.close()
    os.close(camera.notifyme_w)
    close(None)


@pytest.mark.skipif("picamera2" in sys.modules, reason="Picamera2 is there")
def test_without_the_library_the_remedy_is_named(monkeypatch, tmp_path):
    monkeypatch.setattr(sys, "path", [str(tmp_path)])
    with pytest.raises(CameraError, match=r"'picamera2'\): sudo apt install"):
        open_camera("picamera2")


@pytest.mark.parametrize(
    "line",
    [
        "raise ValueError('numpy.dtype size\\nchanged')",
        "raise RuntimeError('compiled against API version 0x10\\nbut this numpy')",
        "raise AttributeError('no attribute Transform')",
        "raise ImportError('libcamera.so: undefined symbol: _ZN')",
        "raise OSError(12, 'Cannot allocate memory')",
        "raise SystemExit(3)",
        "def",
        "pass",
    ],
)
def test_a_library_that_does_not_load(monkeypatch, tmp_path, line):
    """pip's numpy beside apt's picamera2, and whatever else it may raise."""
    monkeypatch.delitem(sys.modules, "picamera2", raising=False)
    (tmp_path / "picamera2.py").write_text(line + "\n")
    monkeypatch.syspath_prepend(str(tmp_path))
    with pytest.raises(CameraError, match=r"does not load: .*pip uninstall") as caught:
        load_library()
    sys.modules.pop("picamera2", None)
    assert "\n" not in str(caught.value)
    assert "apt install" not in str(caught.value)


def test_a_library_of_which_a_part_is_absent(monkeypatch, tmp_path):
    (tmp_path / "picamera2.py").write_text("import simplejpeg_that_is_absent\n")
    monkeypatch.syspath_prepend(str(tmp_path))
    with pytest.raises(CameraError, match="picamera2 is installed, but not simplejpeg_that"):
        load_library()
