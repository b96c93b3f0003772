"""The adapter against a stand-in that behaves as Picamera2 0.3.25 was seen to behave.

The stand-in has buffers that run out when a request is not released, jobs that block what
follows until they are cancelled, mapped memory that must not be viewed when the mapping ends,
and a constructor that forgets its pipe when it fails.
"""

from __future__ import annotations

import contextlib
import errno
import gc
import logging
import os

import numpy as np
import pytest

from core.errors import CameraError
from pi.devices.cameras.base import Camera
from pi.devices.cameras.picamera2 import MEMORY_PAUSES_S, Picamera2Camera
from pi.devices.cameras.picamera2_errors import Library
from pi.devices.cameras.registry import open_camera
from pi.devices.cameras.transform import Transform

STRIDE = 384


class Board:
    """What the stand-in's cameras share: the sensor, time, and what was done."""

    def __init__(self):
        self.now = 50.0
        self.slept = []
        self.log = []
        self.cameras = [{"Model": "imx219", "Num": 0}]
        self.controls = {"FrameDurationLimits": (1, 2, 3), "AeEnable": (0, 1, 1)}
        self.metadata = []
        self.fail = {}  # method name -> exceptions to raise, one a call
        self.format = "YUV420"
        self.short = 0
        self.silent = False
        self.made = []
        self.frames = 0

    def clock(self):
        return self.now

    def sleep(self, seconds):
        self.slept.append(seconds)
        self.now += seconds

    def step(self, name):
        self.log.append(name)
        errors = self.fail.get(name)
        if errors:
            error = errors.pop(0)
            if error is not None:
                raise error

    def luma(self, height=240, width=320):
        return (np.arange(height * width) % 251).reshape(height, width).astype(np.uint8)


class Request:
    def __init__(self, camera):
        self.camera = camera
        self.released = False
        height, width = camera.size
        planes = np.full((height * 3 // 2, max(STRIDE, width)), 7, np.uint8)
        planes[:height, :width] = camera.board.luma(height, width)
        self.memory = bytearray(planes.tobytes()[: planes.size - camera.board.short])

    def get_metadata(self):
        metadata = self.camera.board.metadata
        return metadata.pop(0) if len(metadata) > 1 else dict(*metadata)

    def release(self):
        assert not self.released
        self.released = True
        self.camera.free += 1


class MappedArray:
    def __init__(self, request, stream, reshape=True, write=True):
        assert stream == "main"
        assert not write
        assert not reshape
        self._request = request

    def __enter__(self):
        assert not self._request.released
        self.array = np.frombuffer(self._request.memory, np.uint8)
        self._request.camera.board.step("map")
        return self

    def __exit__(self, *_):
        del self.array
        # A view that is still there makes this a BufferError, as with libcamera's allocator.
        self._request.memory.extend(b"x")


def stand_in(board):
    class Picamera2:
        @staticmethod
        def global_camera_info():
            board.step("look")
            return board.cameras

        def __init__(self, camera_num=0):
            reading, self.notifyme_w = os.pipe2(os.O_NONBLOCK)
            self.notifymeread = os.fdopen(reading, "rb")
            self.board = board
            self.is_open = False
            self.started = False
            self.jobs = []
            board.made.append(self)
            board.step("acquire")
            self.is_open = True
            board.step("allocator")

        camera_properties = property(lambda self: {"Model": "imx219"})
        camera_controls = property(lambda self: board.controls)

        def create_video_configuration(self, **configuration):
            return configuration

        def configure(self, configuration):
            board.step("configure")
            self.configuration = configuration
            width, height = configuration["main"]["size"]
            self.size = height, width
            self.free = configuration["buffer_count"]

        def camera_configuration(self):
            main = self.configuration["main"] | {
                "format": board.format,
                "stride": max(STRIDE, self.size[1]),
            }
            return {"main": main}

        def start(self):
            board.step("start")
            self.started = True

        @contextlib.contextmanager
        def captured_request(self, wait=None, flush=None):
            assert self.started
            assert wait is not None, "would wait for ever"
            assert not self.jobs, "waits behind a job that was never cancelled"
            assert self.free > 0, "no request was released"
            board.step("capture")
            board.now += 0.05
            if board.silent:
                self.jobs.append("capture")
                board.now += wait
                raise TimeoutError
            self.free -= 1
            board.frames += 1
            request = Request(self)
            try:
                yield request
            finally:
                request.release()

        def cancel_all_and_flush(self):
            board.step("flush")
            self.jobs = []

        def close(self):
            if not self.is_open:
                return
            assert not self.jobs, "hangs"
            board.step("close")
            self.is_open = self.started = False
            self.notifymeread.close()
            os.close(self.notifyme_w)

    return Library(Picamera2, MappedArray)


@pytest.fixture
def board():
    board = Board()
    yield board
    for camera in board.made:
        assert not camera.is_open, "left open"
        assert camera.notifymeread.closed, "its pipe was left open"


def opened(board, **options):
    return Picamera2Camera(
        library=lambda: stand_in(board), clock=board.clock, sleep=board.sleep, **options
    )


def test_a_frame_is_the_brightness_without_the_padding(board):
    with opened(board) as camera:
        assert isinstance(camera, Camera)
        frame = camera.capture()
        assert np.array_equal(frame, board.luma())
        assert frame.dtype == np.uint8
        assert frame.flags.c_contiguous
        assert frame.flags.owndata
        assert camera.model == "imx219"


def test_the_configuration_that_libcamera_gets(board):
    with opened(board, size=(480, 640), rate=10.0, buffers=1):
        configuration = board.made[0].configuration
    assert configuration == {
        "main": {"size": (640, 480), "format": "YUV420"},
        "lores": None,
        "raw": None,
        "buffer_count": 1,
        "queue": False,
        "display": None,
        "encode": None,
        "controls": {"FrameDurationLimits": (100_000, 200_000)},
    }


def test_two_buffers_by_default(board):
    with opened(board):
        assert board.made[0].configuration["buffer_count"] == 2


def test_focus_is_kept_where_the_lens_moves(board):
    board.controls["AfMode"] = (0, 2, 0)
    with opened(board):
        assert board.made[0].configuration["controls"]["AfMode"] == 2


@pytest.mark.parametrize(("mains_hz", "period_us"), [(50, 10_000), (60, 8_333)])
def test_exposures_last_whole_flickers_of_lamps(board, mains_hz, period_us):
    board.controls = {"AeFlickerMode": (0, 1, 0), "AeFlickerPeriod": (100, 1_000_000, None)}
    with opened(board, mains_hz=mains_hz):
        controls = board.made[0].configuration["controls"]
    assert controls == {"AeFlickerMode": 1, "AeFlickerPeriod": period_us}


def test_exposures_are_left_alone_without_mains(board):
    board.controls = {"AeFlickerMode": (0, 1, 0), "AeFlickerPeriod": (100, 1_000_000, None)}
    with opened(board, mains_hz=0):
        assert board.made[0].configuration["controls"] == {}


def test_no_control_is_set_that_the_camera_lacks(board):
    board.controls = {}
    with opened(board, mains_hz=50):
        assert board.made[0].configuration["controls"] == {}


def test_a_fixed_exposure_and_focus(board):
    board.controls |= {
        "AfMode": (0, 2, 0), "LensPosition": (0.0, 15.0, 1.0), "AeFlickerMode": (0, 1, 0),
        "AeFlickerPeriod": (100, 1_000_000, None), "ExposureTime": (75, 11_766_829, 20_000),
    }  # fmt: skip
    with opened(board, mains_hz=50, exposure=0.2, lens_position=5.0):
        controls = board.made[0].configuration["controls"]
    assert controls == {
        "ExposureTime": 200_000, "FrameDurationLimits": (66_667, 200_000), "AfMode": 0,
        "LensPosition": 5.0,
    }  # fmt: skip
    board.controls["ExposureTimeMode"] = (0, 1, 0)
    with opened(board, exposure=0.004, lens_position=0.0):
        controls = board.made[1].configuration["controls"]
    assert (controls["ExposureTime"], controls["ExposureTimeMode"]) == (4_000, 1)
    assert (controls["LensPosition"], controls["AfMode"]) == (0.0, 0)


@pytest.mark.parametrize(
    ("control", "options", "said"),
    [
        ({}, {"lens_position": 5.0}, "this camera does not offer camera.lens_position; "),
        ({}, {"exposure": 0.01}, "this camera does not offer camera.exposure; take it out"),
        (
            {"LensPosition": (0.0, 15.0, 1.0)},
            {"lens_position": 20.0},
            "camera.lens_position is 20; this camera offers 0 to 15",
        ),
        (
            {"ExposureTime": (75, 66_666, None)},
            {"exposure": 1.0},
            "camera.exposure is 1; this camera offers 7.5e-05 to 0.066666 s",
        ),
        ({"ExposureTime": (75, None, None)}, {"exposure": 1e-6}, "offers 7.5e-05 to ? s"),
    ],
)
def test_what_the_camera_does_not_offer_is_refused(board, control, options, said):
    board.controls = control
    with pytest.raises(CameraError, match=said.replace("?", r"\?")):
        opened(board, **options)
    assert board.slept == []


def test_the_size_that_libcamera_chose_is_taken(board):
    library = stand_in(board)
    configure = library.Picamera2.configure

    def adjust(self, configuration):
        configuration["main"]["size"] = (160, 120)
        configure(self, configuration)

    library.Picamera2.configure = adjust
    with Picamera2Camera(library=lambda: library, clock=board.clock) as camera:
        assert camera.capture().shape == (120, 160)


def test_a_thousand_frames_from_one_buffer(board):
    with opened(board, buffers=1) as camera:
        for _ in range(1000):
            camera.capture()
        assert board.made[0].free == 1


@pytest.mark.parametrize("buffers", [1, 2])
def test_a_request_is_released_in_every_path(board, buffers):
    with opened(board, buffers=buffers) as camera:
        for failure in ("map", "short", "time-out", "none"):
            board.silent = failure == "time-out"
            board.short = 100_000 if failure == "short" else 0
            board.fail["map"] = [OSError("no sync")] if failure == "map" else []
            with contextlib.suppress(CameraError):
                camera.capture()
            assert board.made[0].free == buffers, failure
        assert np.array_equal(camera.capture(), board.luma())


def test_transformed_in_the_one_copy(board):
    for transform in (Transform(rotate=90), Transform(180, "vertical", (0.2, 0.0, 1.0, 0.7))):
        with opened(board, transform=transform) as camera:
            frame = camera.capture()
            assert np.array_equal(frame, transform.apply(board.luma()))
            assert frame.flags.c_contiguous
            assert frame.flags.owndata


def test_opened_by_name_with_its_transform(board):
    with open_camera(
        "picamera2",
        rotate=180,
        library=lambda: stand_in(board),
        clock=board.clock,
        sleep=board.sleep,
    ) as camera:
        assert isinstance(camera, Picamera2Camera)
        assert np.array_equal(camera.capture(), board.luma()[::-1, ::-1])


def exposures(*values, **more):
    return [{"ExposureTime": value, "AnalogueGain": 2.0} | more for value in values]


def test_frames_are_thrown_away_until_the_exposure_is_locked(board):
    board.metadata = [{"AeLocked": False}, {"AeLocked": False}, {"AeLocked": True}]
    with opened(board):
        assert board.frames == 3


def test_a_newer_libcamera_has_a_state(board):
    board.metadata = [{"AeState": 0}, {"AeState": 1}, {"AeState": 1}, {"AeState": 2}]
    with opened(board):
        assert board.frames == 4


def test_steady_exposure_is_believed_only_of_a_camera_that_gives_nothing_else(board):
    board.metadata = exposures(9000, 5000, 5000, 5000, 5000)
    with opened(board):
        assert board.frames == 4
    board.metadata = [*exposures(*[5000] * 6, AeLocked=False), {"AeLocked": True}]
    board.frames = 0
    with opened(board):
        assert board.frames == 7


def test_exposure_that_never_settles_is_waited_for_two_seconds(board):
    board.metadata = [{"AeLocked": False}]
    before = board.now
    with opened(board):
        assert 2.0 <= board.now - before < 2.1


def test_a_camera_that_gives_no_exposure_is_ready(board):
    board.metadata = [{"SensorTimestamp": 1}]
    with opened(board):
        assert board.frames == 1


def no_memory():
    return OSError(errno.ENOMEM, os.strerror(errno.ENOMEM))


def libcamera_no_memory():
    return RuntimeError("Failed to start camera: Cannot allocate memory")


@pytest.mark.parametrize("error", [no_memory, libcamera_no_memory])
@pytest.mark.parametrize("where", ["start", "configure"])
def test_no_memory_is_tried_again(board, where, error):
    board.fail[where] = [error() for _ in range(5)]
    with opened(board) as camera:
        camera.capture()
    assert board.slept == list(MEMORY_PAUSES_S)
    assert len(board.made) == 6


def test_no_memory_six_times_is_an_error_with_the_remedy(board):
    board.fail["start"] = [no_memory() for _ in range(6)]
    with pytest.raises(CameraError, match=r"no memory.*Errno 12.*doctor") as caught:
        opened(board)
    assert "\n" not in str(caught.value)
    assert len(board.slept) == 5


def test_other_errors_are_not_tried_again(board):
    board.fail["start"] = [RuntimeError("Failed to start camera: Input/output error")]
    with pytest.raises(CameraError, match="Input/output error"):
        opened(board)
    assert board.slept == []


def test_no_camera(board):
    board.cameras = []
    with pytest.raises(
        CameraError, match=r"no camera was found.*cable.*rpicam-hello"
    ) as caught:
        opened(board)
    assert "\n" not in str(caught.value)
    assert board.made == []


def test_a_number_too_high(board):
    with pytest.raises(CameraError, match="no camera 1 among 1"):
        opened(board, number=1)


def initialisation_error(cause):
    """As Picamera2's constructor raises it: its own words, the cause behind them."""
    error = RuntimeError("Camera __init__ sequence did not complete.")
    error.__context__ = cause
    return error


def test_a_camera_in_use(board):
    busy = RuntimeError("Failed to acquire camera: Device or resource busy")
    board.fail["acquire"] = [initialisation_error(busy)]
    with pytest.raises(CameraError, match=r"in use by another program.*fuser") as caught:
        opened(board)
    assert "\n" not in str(caught.value)


def test_no_permission(board):
    board.fail["allocator"] = [PermissionError(errno.EACCES, os.strerror(errno.EACCES))]
    with pytest.raises(CameraError, match=r"usermod -aG video"):
        opened(board)


def test_an_unknown_error_is_reported_with_its_cause(board):
    board.fail["acquire"] = [initialisation_error(ValueError("odd"))]
    with pytest.raises(CameraError, match=r"__init__ sequence did not complete\.; odd"):
        opened(board)


@pytest.mark.parametrize("where", ["acquire", "allocator", "configure", "start", "capture"])
def test_failing_for_a_day_leaks_nothing(board, where):
    # What earlier tests have left may hold descriptors until it is collected.
    gc.collect()
    before = len(os.listdir("/proc/self/fd"))
    for _ in range(100):
        board.fail[where] = [RuntimeError("odd")]
        with pytest.raises(CameraError):
            opened(board)
    assert len(os.listdir("/proc/self/fd")) == before


def test_no_frame_in_time(board):
    with opened(board, timeout_s=5.0) as camera:
        board.silent = True
        before = board.now
        with pytest.raises(CameraError, match=r"no frame from the camera within 5 s.*cable"):
            camera.capture()
        assert board.now - before == pytest.approx(5.05)
        assert board.log[-1] == "flush"
        board.silent = False
        camera.capture()


def test_no_frame_while_the_exposure_settles(board):
    board.silent = True
    with pytest.raises(CameraError, match="no frame"):
        opened(board)


@pytest.mark.parametrize("short", [1, 46_080, 46_081, 130_000])
def test_bytes_beyond_the_brightness_do_not_matter_and_those_of_it_do(board, short):
    with opened(board) as camera:
        board.short = short
        if short <= 120 * STRIDE:
            assert np.array_equal(camera.capture(), board.luma())
        else:
            with pytest.raises(CameraError, match="cut short"):
                camera.capture()


def test_a_format_without_a_plane_of_brightness(board):
    board.format = "MJPEG"
    with pytest.raises(CameraError, match=r"MJPEG, not YUV420.*USB"):
        opened(board)


def test_closing_twice_and_capturing_after_it(board):
    camera = opened(board)
    camera.close()
    camera.close()
    assert board.log.count("close") == 1
    with pytest.raises(CameraError, match="closed"):
        camera.capture()


def test_an_error_in_closing_is_not_raised(board, caplog):
    camera = opened(board)
    board.fail["flush"] = [RuntimeError("gone")]
    with caplog.at_level(logging.DEBUG):
        camera.close()
    assert "gone" in caplog.text
    board.made[0].close()


@pytest.mark.parametrize("option", [{"buffers": 0}, {"buffers": 3}, {"rate": 0.0}])
def test_impossible_options_are_refused(option):
    with pytest.raises(ValueError, match="must be"):
        Picamera2Camera(**option)
