"""Frames from a thread of their own, so that no camera that hangs can stop the loop.

Every call into a camera (open, capture, close) is made in that thread. The loop requests a
frame and waits as long as it likes; a camera that fails is closed, and opened again after a
pause that doubles each time. A frame is taken only on request: so it is always the newest, none
is copied or taken in vain, and a folder of pictures loses none.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from pi.devices.cameras.thread import CameraThread, CameraTrouble, Event, Mailbox, TimedFrame
from pi.system.clock import Clock, SystemClock

if TYPE_CHECKING:
    from pi.devices.cameras.base import Camera

__all__ = ["MOST_THREADS", "CameraTrouble", "Event", "FrameSource", "TimedFrame"]

MOST_THREADS = 2
"""Threads at most. One that hangs in a camera cannot be ended, only left behind: a second takes
its place, and a third may not before one of them has come back."""


class FrameSource:
    """Frames of a camera that may fail, hang, come and go.

    Parameters
    ----------
    open : a function that opens the camera; called in the thread, again after each failure.
    clock : see :mod:`pi.system.clock`.
    timeout_s : a capture or a close that takes longer is taken to hang. Must be above the
        camera's own limit.
    open_timeout_s : the same for opening: on a Zero, importing picamera2 alone takes many
        seconds, and it is tried several times while memory is short.
    retry : the first pause and the longest, s. The pause doubles with each failure, and is
        the first again once the camera ran well for longer than the last one.

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
        self._mailbox = Mailbox(
            open, SystemClock() if clock is None else clock, timeout_s, open_timeout_s, retry
        )
        self._clock = self._mailbox.clock
        self._condition = self._mailbox.condition
        # Guarded by the condition.
        self._running = False
        self._thread: CameraThread | None = None
        self._hanging: list[CameraThread] = []
        self._stuck_since: float | None = None

    def start(self) -> None:
        """Begin to open the camera, in the thread; returns at once."""
        with self._condition:
            if not self._running:
                self._running = True
                self._mailbox.reset()
            self._tend()

    def next(self, timeout_s: float) -> Event | None:
        """Request a frame, and wait for it at most ``timeout_s`` seconds.

        Returns
        -------
        The frame; or the camera's trouble, once for each try that failed; or None if there
        is neither yet. The frame requested then comes with a later call.

        Raises
        ------
        EndOfFrames
            The camera has played its last picture.
        """
        with self._condition:
            deadline = self._clock.monotonic() + timeout_s
            self._mailbox.wanted = self._mailbox.event is None
            self._condition.notify_all()
            while self._running:
                self._tend()
                if self._mailbox.event is not None:
                    event, self._mailbox.event = self._mailbox.event, None
                    self._mailbox.wanted = False
                    return event
                if self._mailbox.end is not None:
                    raise self._mailbox.end
                now = self._clock.monotonic()
                if now >= deadline:
                    break
                self._wait(min(deadline, self._next_check()) - now)
            return None

    def stop(self, grace_s: float = 2.0) -> bool:
        """Close the camera and end the thread; may be called again.

        Waits at most ``grace_s`` seconds for the camera to close, and not at all for one that
        is known to hang. Gives whether all is closed.
        """
        with self._condition:
            self._running = False
            self._mailbox.event = None
            thread, self._thread = self._thread, None
            if thread is not None:
                thread.dismissed = True
                self._condition.notify_all()
                self._clock.wait_for(self._condition, lambda: thread.done, grace_s)
                self._hanging.append(thread)
            self._hanging = [each for each in self._hanging if not each.done]
            return not self._hanging

    @property
    def stuck_s(self) -> float:
        """For how long as many threads hang as may, s; 0 while fewer do.

        Only another process can open the camera then.
        """
        with self._condition:
            stuck = sum(not each.done for each in self._hanging) >= MOST_THREADS
            if not stuck or self._stuck_since is None:
                return 0.0
            return self._clock.monotonic() - self._stuck_since

    def _wait(self, seconds: float) -> None:
        """Wait for an answer, or for the next check to be at another time."""
        check = self._next_check()

        def news() -> bool:
            answered = self._mailbox.event is not None or self._mailbox.end is not None
            return answered or not self._running or self._next_check() != check

        self._clock.wait_for(self._condition, news, max(0.0, seconds))

    def _next_check(self) -> float:
        """When :meth:`_tend` has to act next, in seconds of the clock."""
        limit = self._mailbox.retry_at if self._thread is None else self._thread.limit
        return float("inf") if limit is None else limit

    def _tend(self) -> None:
        """Leave a thread that hangs behind, and start another if there may be one."""
        now = self._clock.monotonic()
        thread = self._thread
        if thread is not None and thread.limit is not None and now >= thread.limit:
            thread.dismissed = True
            self._hanging.append(thread)
            self._thread = None
            self._mailbox.fail(
                f"the camera hangs {thread.doing}: no answer in {thread.allowed_s:g} s"
            )
        elif thread is not None and thread.done and self._mailbox.end is None:
            self._thread = None
            self._mailbox.fail("the thread of the camera ended by a fault; the log says which")
        self._hanging = [each for each in self._hanging if not each.done]
        if self._thread is not None or self._mailbox.end is not None:
            return
        if len(self._hanging) < MOST_THREADS:
            self._stuck_since = None
            self._thread = CameraThread(self._mailbox)
            self._thread.start()
            return
        if self._stuck_since is None:
            self._stuck_since = now
        if self._mailbox.retry_at is not None and now >= self._mailbox.retry_at:
            self._mailbox.fail(
                "the camera hangs, and hung again when opened anew; restart the service, "
                "and the Pi if that does not help"
            )
