"""The thread that calls into a camera: opens it, captures on request, closes it.

It shares a :class:`Mailbox` with the loop, whose side is :mod:`pi.devices.cameras.source`.
"""

from __future__ import annotations

import contextlib
import logging
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, TypeAlias

from core.errors import CameraError
from pi.devices.cameras.base import EndOfFrames

if TYPE_CHECKING:
    from pi.devices.cameras.base import Camera
    from pi.devices.cameras.base import Frame as Pixels
    from pi.system.clock import Clock

_log = logging.getLogger(__name__)

THREAD_NAME = "zerodigit-frames"

SMALLEST_SIDE = 8
"""A frame of fewer pixels on a side is refused, as :mod:`core.vision.digitise` would."""


@dataclass(frozen=True)
class TimedFrame:
    """A frame, uint8 (h, w), 0 = black, and when it was taken, in seconds of the clock."""

    frame: Pixels
    taken_s: float


@dataclass(frozen=True)
class CameraTrouble:
    """Why a try to get a frame failed, and in how many seconds the next try begins."""

    message: str
    retry_in_s: float


Event: TypeAlias = TimedFrame | CameraTrouble


@dataclass
class Mailbox:
    """What the loop and the thread share. All that changes is guarded by ``condition``.

    Attributes
    ----------
    open, clock, timeout_s, open_timeout_s, retry : those of
        :class:`pi.devices.cameras.source.FrameSource`.
    wanted : whether a frame is requested.
    event : the answer, until it is taken.
    end : set once there are no more frames.
    retry_at : when to open the camera, in seconds of the clock; None for at once.
    delay_s : the pause before that, s; 0 if the last try went well.
    traced : the last error whose traceback was logged, so that each is logged once.
    """

    open: Callable[[], Camera]
    clock: Clock
    timeout_s: float
    open_timeout_s: float
    retry: tuple[float, float]
    condition: threading.Condition = field(default_factory=threading.Condition)
    wanted: bool = False
    event: Event | None = None
    end: EndOfFrames | None = None
    retry_at: float | None = None
    delay_s: float = 0.0
    traced: str = ""

    def reset(self) -> None:
        """Go back to before the first try. The caller holds the condition."""
        self.wanted = False
        self.event = self.end = self.retry_at = None
        self.delay_s = 0.0

    def deliver(self, frame: Pixels, opened_s: float) -> None:
        """Hand over a frame of the camera opened then. The caller holds the condition."""
        now = self.clock.monotonic()
        if now - opened_s >= self.delay_s:
            self.delay_s = 0.0
        self.retry_at = None
        self.event = TimedFrame(frame, now)
        self.wanted = False
        self.condition.notify_all()

    def fail(self, message: str) -> None:
        """Report a failure, and put the next try off. The caller holds the condition."""
        first, longest = self.retry
        self.delay_s = min(2 * self.delay_s, longest) if self.delay_s else first
        self.retry_at = self.clock.monotonic() + self.delay_s
        self.event = CameraTrouble(message, self.delay_s)
        self.condition.notify_all()


class CameraThread:
    """The thread. A dismissed one changes nothing any more: it closes its camera, and ends.

    Attributes
    ----------
    dismissed : set, with the condition held, to end it.
    done : whether it has ended.
    doing, allowed_s, limit : the call into the camera that it is in, how long that may take
        (s), and until when in seconds of the clock; None between calls.
    """

    def __init__(self, mailbox: Mailbox) -> None:
        self._mailbox = mailbox
        self._camera: Camera | None = None
        self._opened_s = 0.0
        self._shape: tuple[int, ...] | None = None
        self.dismissed = False
        self.done = False
        self.doing = ""
        self.allowed_s = 0.0
        self.limit: float | None = None

    def start(self) -> None:
        """Begin; returns at once."""
        threading.Thread(target=self._run, name=THREAD_NAME, daemon=True).start()

    def _run(self) -> None:
        try:
            while self._step():
                pass
        finally:
            self._close()
            with self._mailbox.condition:
                self.done = True
                self._mailbox.condition.notify_all()

    def _step(self) -> bool:
        """Open, or capture; whether to go on."""
        if self._camera is None:
            return self._wait_for_retry() and self._open()
        with self._mailbox.condition:
            self._mailbox.clock.wait_for(
                self._mailbox.condition, lambda: self.dismissed or self._mailbox.wanted, None
            )
            if self.dismissed:
                return False
        return self._capture(self._camera)

    def _wait_for_retry(self) -> bool:
        with self._mailbox.condition:
            if self._mailbox.retry_at is not None:
                wait_s = max(0.0, self._mailbox.retry_at - self._mailbox.clock.monotonic())
                self._mailbox.clock.wait_for(
                    self._mailbox.condition, lambda: self.dismissed, wait_s
                )
            return not self.dismissed

    def _open(self) -> bool:
        try:
            with self._call("while it is opened", self._mailbox.open_timeout_s):
                self._camera = self._mailbox.open()
        except Exception as error:
            return self._fail(error)
        self._opened_s = self._mailbox.clock.monotonic()
        self._shape = None
        return not self.dismissed

    def _capture(self, camera: Camera) -> bool:
        try:
            with self._call("over a frame", self._mailbox.timeout_s):
                frame = camera.capture()
                self._check(camera, frame)
        except EndOfFrames as end:
            with self._mailbox.condition:
                if not self.dismissed:
                    self._mailbox.end = end
                    self._mailbox.condition.notify_all()
            return False
        except Exception as error:
            return self._fail(error)
        with self._mailbox.condition:
            if not self.dismissed:
                self._mailbox.deliver(frame, self._opened_s)
            return not self.dismissed

    def _check(self, camera: Camera, frame: Pixels) -> None:
        """Refuse what is no frame. Without numpy, which may still be loading."""
        kind, shape = getattr(frame, "dtype", type(frame).__name__), getattr(frame, "shape", ())
        if len(shape) != 2 or min(shape) < SMALLEST_SIDE or kind != "uint8":
            raise CameraError(f"the camera gave {kind} of shape {shape}, not a frame")
        if self._shape not in (None, shape) and not camera.varies:
            raise CameraError(f"the camera gave a frame of {shape} after one of {self._shape}")
        self._shape = shape

    @contextlib.contextmanager
    def _call(self, doing: str, allowed_s: float) -> Iterator[None]:
        """A call into the camera, which has its limit while it lasts."""
        with self._mailbox.condition:
            self.doing = doing
            self.allowed_s = allowed_s
            self.limit = self._mailbox.clock.monotonic() + allowed_s
            # A loop that waits already does not know this limit.
            self._mailbox.condition.notify_all()
        try:
            yield
        finally:
            with self._mailbox.condition:
                self.limit = None

    def _fail(self, error: Exception) -> bool:
        """Close, and report the error; whether to go on."""
        message = _in_words(error)
        # A fault of ours or of a library: its traceback, once, not at each try.
        if not isinstance(error, OSError | MemoryError) and self._mailbox.traced != message:
            self._mailbox.traced = message
            _log.warning("the camera failed in an unexpected way", exc_info=error)
        self._close()
        with self._mailbox.condition:
            if not self.dismissed:
                self._mailbox.fail(message)
            return not self.dismissed

    def _close(self) -> None:
        camera, self._camera = self._camera, None
        if camera is None:
            return
        try:
            with self._call("while it is closed", self._mailbox.timeout_s):
                camera.close()
        except Exception as error:
            _log.warning("the camera did not close: %s", _in_words(error))


def _in_words(error: Exception) -> str:
    """One line for an error; with its class if it is none of the cameras' own."""
    text = " ".join(str(error).split())
    if isinstance(error, CameraError):
        return text
    if isinstance(error, MemoryError):
        return "not enough memory for a frame"
    return f"{type(error).__name__}: {text}" if text else type(error).__name__
