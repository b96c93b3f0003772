"""The thread that calls into a camera: opens, captures when asked, closes.

What it shares with the loop is an :class:`Mailbox`; the loop's side is
:mod:`pi.devices.cameras.source`.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
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
"""Of a frame, in pixels: what ``core.vision.digitise`` takes."""


@dataclass(frozen=True)
class TimedFrame:
    """A frame, uint8 (h, w), 0 = black, and when it was taken, in seconds of the clock."""

    frame: Pixels
    taken_s: float


@dataclass(frozen=True)
class CameraTrouble:
    """A try to get a frame failed: why, and in how many seconds the next try begins."""

    message: str
    retry_in_s: float


Event: TypeAlias = TimedFrame | CameraTrouble


@dataclass
class Mailbox:
    """What the loop and the thread share. All that changes is guarded by ``condition``.

    ``open``, ``clock``, ``timeout_s``, ``open_timeout_s`` and ``retry`` : see
    :class:`pi.devices.cameras.source.FrameSource`. ``wanted`` : a frame is asked for. ``event``
    : the answer.
    ``end`` : there are no more. ``retry_at`` : when to open the camera, None for at once.
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
    trouble: CameraTrouble | None = None
    retry_at: float | None = None
    delay_s: float = 0.0
    traced: str = ""

    def reset(self) -> None:
        """As before the first try. Holds the condition."""
        self.wanted = False
        self.event = self.end = self.trouble = self.retry_at = None
        self.delay_s = 0.0

    def deliver(self, frame: Pixels, opened_s: float) -> None:
        """Hand over a frame of a camera that was opened then. Holds the condition."""
        now = self.clock.monotonic()
        if now - opened_s >= self.delay_s:
            self.delay_s = 0.0
        self.retry_at = self.trouble = None
        self.event = TimedFrame(frame, now)
        self.wanted = False
        self.condition.notify_all()

    def fail(self, message: str) -> None:
        """Tell of a failure, and put the next try off. Holds the condition."""
        first, longest = self.retry
        self.delay_s = min(2 * self.delay_s, longest) if self.delay_s else first
        self.retry_at = self.clock.monotonic() + self.delay_s
        self.event = self.trouble = CameraTrouble(message, self.delay_s)
        self.condition.notify_all()


class CameraThread:
    """The thread. One that was dismissed changes nothing any more: when it comes back it
    closes what it has, and ends.

    Attributes
    ----------
    dismissed : set, holding the condition, to end it.
    done : it has ended.
    doing, allowed, limit : what it is doing in the camera, how long that may take (s), and
        until when; no limit outside the camera.
    """

    def __init__(self, exchange: Mailbox) -> None:
        self._exchange = exchange
        self._camera: Camera | None = None
        self._opened_s = 0.0
        self._shape: tuple[int, ...] | None = None
        self.dismissed = False
        self.done = False
        self.doing = ""
        self.allowed = 0.0
        self.limit: float | None = None

    def start(self) -> None:
        """Begin; returns at once."""
        threading.Thread(target=self._run, name=THREAD_NAME, daemon=True).start()

    def _run(self) -> None:
        exchange = self._exchange
        try:
            while self._step():
                pass
        finally:
            self._close()
            with exchange.condition:
                self.done = True
                exchange.condition.notify_all()

    def _step(self) -> bool:
        """Open, or capture; whether to go on."""
        exchange = self._exchange
        if self._camera is None:
            return self._wait_for_retry() and self._open()
        with exchange.condition:
            exchange.clock.wait_for(
                exchange.condition, lambda: self.dismissed or exchange.wanted, None
            )
            if self.dismissed:
                return False
        return self._capture(self._camera)

    def _wait_for_retry(self) -> bool:
        exchange = self._exchange
        with exchange.condition:
            if exchange.retry_at is not None:
                wait_s = max(0.0, exchange.retry_at - exchange.clock.monotonic())
                exchange.clock.wait_for(exchange.condition, lambda: self.dismissed, wait_s)
            return not self.dismissed

    def _open(self) -> bool:
        exchange = self._exchange
        self._begin("while it is opened", exchange.open_timeout_s)
        try:
            self._camera = exchange.open()
        except Exception as error:
            return self._failed(error)
        with exchange.condition:
            self.limit = None
            self._opened_s = exchange.clock.monotonic()
            self._shape = None
            return not self.dismissed

    def _capture(self, camera: Camera) -> bool:
        exchange = self._exchange
        self._begin("over a frame", exchange.timeout_s)
        try:
            frame = camera.capture()
            self._check(camera, frame)
        except EndOfFrames as end:
            with exchange.condition:
                if not self.dismissed:
                    exchange.end = end
                    exchange.condition.notify_all()
            return False
        except Exception as error:
            return self._failed(error)
        with exchange.condition:
            self.limit = None
            if self.dismissed:
                return False
            exchange.deliver(frame, self._opened_s)
            return True

    def _check(self, camera: Camera, frame: Pixels) -> None:
        """Refuse what is no frame; without numpy, which may still be loading."""
        kind, shape = getattr(frame, "dtype", type(frame).__name__), getattr(frame, "shape", ())
        if len(shape) != 2 or min(shape) < SMALLEST_SIDE or kind != "uint8":
            raise CameraError(f"the camera gave {kind} of shape {shape}, not a frame")
        if self._shape not in (None, shape) and not camera.varies:
            raise CameraError(f"the camera gave a frame of {shape} after one of {self._shape}")
        self._shape = shape

    def _begin(self, doing: str, allowed_s: float) -> None:
        exchange = self._exchange
        with exchange.condition:
            self.doing = doing
            self.allowed = allowed_s
            self.limit = exchange.clock.monotonic() + allowed_s
            # A loop that waits already has not reckoned with this limit.
            exchange.condition.notify_all()

    def _failed(self, error: Exception) -> bool:
        """Close, and tell; whether to go on."""
        exchange = self._exchange
        # A fault of ours or of a library: its trace, once, not at each try.
        if not isinstance(error, OSError | MemoryError) and exchange.traced != str(error):
            exchange.traced = str(error)
            _log.warning("the camera failed in an unexpected way", exc_info=error)
        self._close()
        with exchange.condition:
            self.limit = None
            if not self.dismissed:
                exchange.fail(_in_words(error))
            return not self.dismissed

    def _close(self) -> None:
        camera, self._camera = self._camera, None
        if camera is None:
            return
        self._begin("while it is closed", self._exchange.timeout_s)
        try:
            camera.close()
        except Exception as error:
            _log.warning("the camera did not close: %s", _in_words(error))
        with self._exchange.condition:
            self.limit = None


def _in_words(error: Exception) -> str:
    """One line; of an error that is not ours, with its kind."""
    text = " ".join(str(error).split())
    if isinstance(error, CameraError):
        return text
    if isinstance(error, MemoryError):
        return "not enough memory for a frame"
    return f"{type(error).__name__}: {text}" if text else type(error).__name__
