"""A Raspberry Pi's camera, by the Picamera2 library.

Made for a Pi Zero: the smallest picture, in YUV420, of which the brightness plane alone is
copied, once; two buffers; no raw stream, no preview. Needs Picamera2 0.3.20 or later, the
first whose waiting for a frame can end (``captured_request(wait=...)``).
"""

from __future__ import annotations

import contextlib
import errno
import logging
import time
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

from core.errors import CameraError
from pi.devices.cameras.base import Camera
from pi.devices.cameras.picamera2_errors import (
    Library,
    close,
    create,
    explained,
    is_errno,
    load_library,
)
from pi.devices.cameras.transform import Transform

if TYPE_CHECKING:
    from pi.devices.cameras.base import Frame

_log = logging.getLogger(__name__)

MEMORY_PAUSES_S = (1.0, 2.0, 3.0, 5.0, 5.0)
"""Pauses in s after each start for which there was no memory; then the error is final. The
kernel needs one contiguous piece of it, and frees one by moving pages meanwhile."""

PLANAR = ("YUV420", "YVU420", "NV12", "NV21")
"""Formats that begin with the plane of brightness, a byte a pixel."""

AF_CONTINUOUS = 2
"""``libcamera.controls.AfModeEnum.Continuous``."""

MANUAL = 1
"""``Manual`` of the enumerations ``AeFlickerModeEnum`` and ``ExposureTimeModeEnum``."""

AF_MANUAL = 0
"""``libcamera.controls.AfModeEnum.Manual``."""

AE_CONVERGED = 2
"""``libcamera.controls.AeStateEnum.Converged``, of a libcamera that has ``AeState``."""


class Picamera2Camera(Camera):
    """Grey frames of a Raspberry Pi camera, each taken after the call that asks for it.

    Opening takes seconds: the exposure has settled when the constructor returns.

    Parameters
    ----------
    size : height and width of a frame in pixels, before ``transform``.
    number : the number of the camera, from 0.
    rate : frames a second of the sensor; down to half of it in dim light.
    mains_hz : the frequency of the mains, whose lamps flicker twice as fast. Exposures last
        whole flickers where libcamera can do that; 0 leaves them alone.
    exposure : of each frame, in s; 0 leaves it to the camera.
    lens_position : 1 / distance of what is sharp, in 1/m; None for continuous autofocus.
    buffers : 1 or 2; with 2 the sensor goes on while a frame is copied.
    timeout_s : a frame that takes longer is an error.
    settle_s : how long to wait for the exposure to settle, at most.
    transform : applied before the one copy is made, so that it costs nothing.
    library : a function that gives the classes of ``picamera2``.
    clock, sleep : a clock that never goes back, and waiting, both in seconds.

    Attributes
    ----------
    model : the sensor's name, as ``imx219``.

    Raises
    ------
    CameraError
        Picamera2 is not installed, there is no camera, another program has it, memory is
        short, the camera does not offer that exposure or lens position, or (later) no frame
        came; always with the remedy.
    """

    transforms = True

    def __init__(
        self,
        *,
        size: tuple[int, int] = (240, 320),
        number: int = 0,
        rate: float = 15.0,
        mains_hz: int = 0,
        exposure: float = 0.0,
        lens_position: float | None = None,
        buffers: int = 2,
        timeout_s: float = 5.0,
        settle_s: float = 2.0,
        transform: Transform | None = None,
        library: Callable[[], Library] = load_library,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        if buffers not in (1, 2):
            raise ValueError(f"buffers must be 1 or 2, not {buffers}")
        if rate <= 0:
            raise ValueError(f"rate must be above 0 frames a second, not {rate}")
        self._size = size
        self._rate = rate
        self._mains_hz = mains_hz
        self._exposure = exposure
        self._lens_position = lens_position
        self._buffers = buffers
        self._timeout_s = timeout_s
        self._transform = Transform() if transform is None else transform
        self._clock = clock
        self._sleep = sleep
        self._library = library()
        self._stride = 0
        self.model = ""
        self._camera = self._start(number)
        try:
            self._settle(settle_s)
        except BaseException:
            self.close()
            raise
        _log.info("camera %s: %dx%d", self.model, self._size[1], self._size[0])

    def capture(self) -> Frame:
        self._check_open()
        with self._request() as request:
            return self._brightness(request)

    def close(self) -> None:
        if not self._closed:
            super().close()
            camera, self._camera = self._camera, None
            close(camera)

    def _start(self, number: int) -> Any:
        """Open, configure and start; again if memory is short."""
        pauses_s = iter(MEMORY_PAUSES_S)
        while True:
            try:
                return self._start_once(number)
            except Exception as error:
                pause_s = next(pauses_s, None)
                if pause_s is None or not is_errno(error, errno.ENOMEM):
                    raise explained(error) from error
                _log.info("no memory for the camera; trying again in %g s", pause_s)
            self._sleep(pause_s)

    def _start_once(self, number: int) -> Any:
        camera = create(self._library.Picamera2, number)
        try:
            self._configure(camera)
            camera.start()
        except BaseException:
            close(camera)
            raise
        return camera

    def _configure(self, camera: Any) -> None:
        height, width = self._size
        camera.configure(
            camera.create_video_configuration(
                main={"size": (width, height), "format": "YUV420"},
                lores=None,
                raw=None,
                buffer_count=self._buffers,
                # No frame is kept for the next call: it would be as old as the last one.
                queue=False,
                display=None,
                encode=None,
                controls=self._controls(camera.camera_controls),
            )
        )
        main = camera.camera_configuration()["main"]
        if main["format"] not in PLANAR:
            raise CameraError(
                f"the camera gives {main['format']}, not YUV420; is it a USB camera? "
                "Only cameras on the camera connector are supported"
            )
        # libcamera may have adjusted the size.
        width, height = main["size"]
        self._size = height, width
        self._stride = main["stride"]
        self.model = str(camera.camera_properties.get("Model", "unknown"))

    def _controls(self, known: Any) -> dict[str, Any]:
        """Values for the controls that the camera offers. Raises CameraError if it does not
        offer what is asked for."""
        controls: dict[str, Any] = {}
        frame_us = round(1e6 / self._rate)
        longest_us = 2 * frame_us
        if self._exposure:
            exposure_us = offered(known, "exposure", self._exposure, "ExposureTime", 1e6, " s")
            controls["ExposureTime"] = round(exposure_us)
            if "ExposureTimeMode" in known:
                controls["ExposureTimeMode"] = MANUAL
            longest_us = max(longest_us, round(exposure_us))
        elif self._mains_hz and {"AeFlickerMode", "AeFlickerPeriod"} <= set(known):
            controls["AeFlickerMode"] = MANUAL
            controls["AeFlickerPeriod"] = round(1e6 / (2 * self._mains_hz))
        if "FrameDurationLimits" in known:
            controls["FrameDurationLimits"] = (frame_us, longest_us)
        if self._lens_position is not None:
            position = offered(known, "lens_position", self._lens_position, "LensPosition")
            controls["LensPosition"] = position
        if "AfMode" in known:
            controls["AfMode"] = AF_CONTINUOUS if self._lens_position is None else AF_MANUAL
        return controls

    def _settle(self, settle_s: float) -> None:
        """Throw frames away until the exposure no longer changes."""
        exposure = _Exposure()
        until = self._clock() + settle_s
        settled = False
        while not settled and self._clock() < until:
            with self._request() as request:
                settled = exposure.settled(request.get_metadata())

    @contextlib.contextmanager
    def _request(self) -> Iterator[Any]:
        """One frame in the camera's own memory, given back in every case."""
        camera = self._camera
        try:
            with camera.captured_request(wait=self._timeout_s) as request:
                yield request
        except CameraError:
            raise
        except TimeoutError as error:
            # Or the request would wait in front of all that follow, the one to stop included.
            camera.cancel_all_and_flush()
            raise CameraError(
                f"no frame from the camera within {self._timeout_s:g} s: see that its cable "
                "sits well at both ends"
            ) from error
        except Exception as error:
            raise explained(error) from error

    def _brightness(self, request: Any) -> Frame:
        """Copy the brightness plane out of the camera's memory, without its rows' padding."""
        with self._library.MappedArray(request, "main", reshape=False, write=False) as mapped:
            frame = self._copied(mapped.array)
        if frame is None:
            height, width = self._size
            raise CameraError(
                f"the camera gave fewer bytes than {width}x{height} pixels in rows of "
                f"{self._stride} take: the frame is cut short"
            )
        return frame

    def _copied(self, memory: Frame) -> Frame | None:
        """The copy; None if the memory is too short for it.

        A function of its own that does not raise: a view that is alive when the mapping ends,
        be it in the frame of a traceback, is an error there.
        """
        import numpy as np

        height, width = self._size
        if memory.size < height * self._stride or self._stride < width:
            return None
        plane = memory[: height * self._stride].reshape(height, self._stride)[:, :width]
        return np.array(self._transform.apply(plane), dtype=np.uint8, order="C")


def offered(
    known: Any, setting: str, value: float, control: str, scale: float = 1.0, unit: str = ""
) -> float:
    """A setting as the value of a control of libcamera, which counts in 1 / `scale`.

    known : the least value, the largest and the default of each control that the camera has;
        None where it does not tell.

    Raises CameraError if the camera has no such control, or not that value.
    """
    if control not in known:
        raise CameraError(
            f"this camera does not offer camera.{setting}; take it out of the settings"
        )
    bounds = [None if each is None else each / scale for each in tuple(known[control])[:2]]
    low, high = (*bounds, None, None)[:2]
    if (low is not None and value < low) or (high is not None and value > high):
        said = " to ".join("?" if each is None else f"{each:g}" for each in (low, high))
        raise CameraError(f"camera.{setting} is {value:g}; this camera offers {said}{unit}")
    return value * scale


class _Exposure:
    """Whether the exposure has settled, from the metadata of one frame after another.

    The camera's own word goes first; without it, the exposure is steady once it has stayed
    within 3 % for three frames.
    """

    _STEADY_FRAMES = 3
    _STEADY_SHARE = 0.03

    def __init__(self) -> None:
        self._last = 0.0
        self._steady = 0

    def settled(self, metadata: dict[str, Any]) -> bool:
        if "AeLocked" in metadata or "AeState" in metadata:
            return bool(metadata.get("AeLocked")) or metadata.get("AeState") == AE_CONVERGED
        if "ExposureTime" not in metadata:
            return True
        now = float(metadata["ExposureTime"]) * float(metadata.get("AnalogueGain", 1.0))
        same = abs(now - self._last) <= self._STEADY_SHARE * now
        self._steady = self._steady + 1 if same else 1
        self._last = now
        return self._steady >= self._STEADY_FRAMES
