"""One thread that gets frames, so that no camera, however ill, can stop the loop.

Every call into a camera (open, capture, close) is made in that thread. The loop asks for a
frame and waits as long as it likes; what fails is told in words, closed, and opened again
after a pause that doubles. A frame is only taken when it is asked for: so it is always the
newest there is, none is copied, none is taken for nothing, and a folder of pictures loses none.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

from core.errors import CameraError
from pi.camera import EndOfFrames
from pi.clock import Clock, SystemClock

if TYPE_CHECKING:
    from pi.camera import Camera
    from pi.camera import Frame as Pixels

_log = logging.getLogger(__name__)

THREAD_NAME = "zerodigit-frames"

MOST_THREADS = 2
"""A thread that hangs in a camera cannot be ended, only left behind; one more takes its place,
and no further one before either has come back."""

SMALLEST_SIDE = 8
"""Of a frame, in pixels: what ``core.digitise`` takes."""


@dataclass(frozen=True)
class Frame:
    """A frame, uint8 (h, w), 0 = black, and when it was taken, in seconds of the clock."""

    frame: Pixels
    taken_s: float


@dataclass(frozen=True)
class CameraTrouble:
    """A try to get a frame failed: why, and in how many seconds the next try begins."""

    message: str
    retry_in_s: float


Event: TypeAlias = Frame | CameraTrouble


class FrameSource:
    """Frames of a camera that may fail, hang, come and go.

    Parameters
    ----------
    open : opens the camera; called in the thread, again after each failure.
    clock : see :mod:`pi.clock`.
    timeout_s : a capture or a close that takes longer hangs. Above the camera's own limit.
    open_timeout_s : the same for opening: on a Zero, importing picamera2 alone takes many
        seconds, and memory that is short is tried for several times.
    retry : the first pause and the longest, s. The pause doubles with each failure, and is
        the first again once the camera ran well for longer than the last one.

    Attributes
    ----------
    trouble : why there are no frames now; None while all is well or nothing was tried yet.

    Examples
    --------
    >>> import numpy
    >>> from types import SimpleNamespace
    >>> def open_grey():
    ...     return SimpleNamespace(
    ...         capture=lambda: numpy.full((240, 320), 99, numpy.uint8), close=lambda: None)
    >>> source = FrameSource(open_grey)
    >>> source.start()
    >>> source.next(10.0).frame.shape
    (240, 320)
    >>> source.stop()
    True
    """

    def __init__(
        self,
        open: Callable[[], Camera],
        *,
        clock: Clock | None = None,
        timeout_s: float = 10.0,
        open_timeout_s: float = 60.0,
        retry: tuple[float, float] = (1.0, 60.0),
    ) -> None:
        if not 0 < retry[0] <= retry[1]:
            raise ValueError(f"retry must be two pauses above 0, the longer last, not {retry}")
        self._open = open
        self._clock = SystemClock() if clock is None else clock
        self._timeout_s = timeout_s
        self._open_timeout_s = open_timeout_s
        self._retry = retry
        self._condition = threading.Condition()
        # Everything below is guarded by the condition.
        self._running = False
        self._worker: _Worker | None = None
        self._hanging: list[_Worker] = []
        self._wanted = False
        self._event: Event | None = None
        self._end: EndOfFrames | None = None
        self._delay_s = 0.0
        self._retry_at: float | None = None
        self._traced = ""
        self.trouble: CameraTrouble | None = None

    def start(self) -> None:
        """Begin to open the camera, in the thread; returns at once."""
        with self._condition:
            if not self._running:
                self._running = True
                self._wanted = False
                self._event = self._end = self._retry_at = self.trouble = None
                self._delay_s = 0.0
            self._tend()

    def next(self, timeout_s: float) -> Event | None:
        """Ask for a frame, and wait for it at most ``timeout_s`` seconds.

        Returns
        -------
        The frame; or the camera's trouble, once for each try that failed; or None if there
        is neither yet. The frame that was asked for then comes with the next call.

        Raises
        ------
        EndOfFrames
            The camera played something and has come to its end.
        """
        with self._condition:
            deadline = self._clock.monotonic() + timeout_s
            self._wanted = self._event is None
            self._condition.notify_all()
            while self._running:
                self._tend()
                if self._event is not None:
                    event, self._event = self._event, None
                    self._wanted = False
                    return event
                if self._end is not None:
                    raise self._end
                now = self._clock.monotonic()
                if now >= deadline:
                    break
                self._wait(min(deadline, self._next_check()) - now)
            return None

    def stop(self, grace_s: float = 2.0) -> bool:
        """Close the camera and end the thread; may be called again.

        Waits at most ``grace_s`` seconds for the camera to close, and not at all for one that
        is known to hang. Says whether all is closed.
        """
        with self._condition:
            self._running = False
            self._event = None
            worker, self._worker = self._worker, None
            if worker is not None:
                worker.dismissed = True
                self._condition.notify_all()
                self._clock.wait_for(self._condition, lambda: worker.done, grace_s)
                self._hanging.append(worker)
            self._hanging = [each for each in self._hanging if not each.done]
            return not self._hanging

    @property
    def stuck(self) -> bool:
        """Whether as many threads hang as may: only another process could open the camera."""
        with self._condition:
            return sum(not each.done for each in self._hanging) >= MOST_THREADS

    def _wait(self, seconds: float) -> None:
        """Wait for an answer, or for another limit to reckon with."""
        check = self._next_check()

        def news() -> bool:
            answered = self._event is not None or self._end is not None
            return answered or not self._running or self._next_check() != check

        self._clock.wait_for(self._condition, news, max(0.0, seconds))

    def _next_check(self) -> float:
        """When :meth:`_tend` next has something to do, in seconds of the clock."""
        limit = self._retry_at if self._worker is None else self._worker.limit
        return float("inf") if limit is None else limit

    def _tend(self) -> None:
        """Leave a thread behind that hangs; have one that works, if there may be one."""
        now = self._clock.monotonic()
        worker = self._worker
        if worker is not None and worker.limit is not None and now >= worker.limit:
            worker.dismissed = True
            self._hanging.append(worker)
            self._worker = None
            self._fail(f"the camera hangs {worker.doing}: no answer in {worker.allowed:g} s")
        elif worker is not None and worker.done and self._end is None:
            self._worker = None
            self._fail("the thread of the camera ended by a fault; the log says which")
        self._hanging = [each for each in self._hanging if not each.done]
        if self._worker is not None or self._end is not None:
            return
        if len(self._hanging) < MOST_THREADS:
            self._worker = _Worker(self)
            self._worker.start()
        elif self._retry_at is not None and now >= self._retry_at:
            self._fail(
                "the camera hangs, and hung again when opened anew; restart the service, "
                "and the Pi if that does not help"
            )

    def _fail(self, message: str) -> None:
        """Tell of a failure, and put the next try off. Holds the condition."""
        first, longest = self._retry
        self._delay_s = min(2 * self._delay_s, longest) if self._delay_s else first
        self._retry_at = self._clock.monotonic() + self._delay_s
        self._event = self.trouble = CameraTrouble(message, self._delay_s)
        self._condition.notify_all()


class _Worker:
    """The thread: opens, captures when asked, closes. One that was dismissed changes nothing
    any more; it closes what it has when it comes back, and ends."""

    def __init__(self, source: FrameSource) -> None:
        self._source = source
        self._camera: Camera | None = None
        self._opened_s = 0.0
        self._shape: tuple[int, ...] | None = None
        self.dismissed = False
        self.done = False
        # What it is doing in the camera, how long that may take, and until when; s.
        self.doing = ""
        self.allowed = 0.0
        self.limit: float | None = None

    def start(self) -> None:
        threading.Thread(target=self._run, name=THREAD_NAME, daemon=True).start()

    def _run(self) -> None:
        source = self._source
        try:
            while self._step():
                pass
        finally:
            self._close()
            with source._condition:
                self.done = True
                source._condition.notify_all()

    def _step(self) -> bool:
        """Open, or capture; whether to go on."""
        source = self._source
        if self._camera is None:
            return self._wait_for_retry() and self._open()
        with source._condition:
            source._clock.wait_for(
                source._condition, lambda: self.dismissed or source._wanted, None
            )
            if self.dismissed:
                return False
        return self._capture(self._camera)

    def _wait_for_retry(self) -> bool:
        source = self._source
        with source._condition:
            if source._retry_at is not None:
                wait_s = max(0.0, source._retry_at - source._clock.monotonic())
                source._clock.wait_for(source._condition, lambda: self.dismissed, wait_s)
            return not self.dismissed

    def _open(self) -> bool:
        source = self._source
        self._begin("while it is opened", source._open_timeout_s)
        try:
            self._camera = source._open()
        except Exception as error:
            return self._failed(error)
        with source._condition:
            self.limit = None
            self._opened_s = source._clock.monotonic()
            self._shape = None
            return not self.dismissed

    def _capture(self, camera: Camera) -> bool:
        source = self._source
        self._begin("over a frame", source._timeout_s)
        try:
            frame = camera.capture()
            self._check(camera, frame)
        except EndOfFrames as end:
            with source._condition:
                if not self.dismissed:
                    source._end = end
                    source._condition.notify_all()
            return False
        except Exception as error:
            return self._failed(error)
        with source._condition:
            self.limit = None
            if self.dismissed:
                return False
            now = source._clock.monotonic()
            if now - self._opened_s >= source._delay_s:
                source._delay_s = 0.0
            source._retry_at = source.trouble = None
            source._event = Frame(frame, now)
            source._wanted = False
            source._condition.notify_all()
            return True

    def _check(self, camera: Camera, frame: Pixels) -> None:
        """Refuse what is no frame; without numpy, which may still be loading."""
        kind, shape = getattr(frame, "dtype", type(frame).__name__), getattr(frame, "shape", ())
        if len(shape) != 2 or min(shape) < SMALLEST_SIDE or kind != "uint8":
            raise CameraError(f"the camera gave {kind} of shape {shape}, not a frame")
        if self._shape not in (None, shape) and not getattr(camera, "varies", False):
            raise CameraError(f"the camera gave a frame of {shape} after one of {self._shape}")
        self._shape = shape

    def _begin(self, doing: str, allowed_s: float) -> None:
        source = self._source
        with source._condition:
            self.doing = doing
            self.allowed = allowed_s
            self.limit = source._clock.monotonic() + allowed_s
            # A loop that waits already has not reckoned with this limit.
            source._condition.notify_all()

    def _failed(self, error: Exception) -> bool:
        """Close, and tell; whether to go on."""
        source = self._source
        # A fault of ours or of a library: its trace, once, not at each try.
        if not isinstance(error, OSError) and source._traced != str(error):
            source._traced = str(error)
            _log.warning("the camera failed in an unexpected way", exc_info=error)
        self._close()
        with source._condition:
            self.limit = None
            if not self.dismissed:
                source._fail(_in_words(error))
            return not self.dismissed

    def _close(self) -> None:
        camera, self._camera = self._camera, None
        if camera is None:
            return
        self._begin("while it is closed", self._source._timeout_s)
        try:
            camera.close()
        except Exception as error:
            _log.warning("the camera did not close: %s", _in_words(error))
        with self._source._condition:
            self.limit = None


def _in_words(error: Exception) -> str:
    """One line; of an error that is not ours, with its kind."""
    text = " ".join(str(error).split())
    if isinstance(error, CameraError):
        return text
    return f"{type(error).__name__}: {text}" if text else type(error).__name__
