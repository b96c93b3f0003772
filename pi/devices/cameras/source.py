"""One thread that gets frames, so that no camera, however ill, can stop the loop.

Every call into a camera (open, capture, close) is made in that thread. The loop asks for a
frame and waits as long as it likes; what fails is told in words, closed, and opened again
after a pause that doubles. A frame is only taken when it is asked for: so it is always the
newest there is, none is copied, none is taken for nothing, and a folder of pictures loses none.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from pi.devices.cameras.thread import (
    THREAD_NAME,
    CameraThread,
    CameraTrouble,
    Event,
    Mailbox,
    TimedFrame,
)
from pi.system.clock import Clock, SystemClock

if TYPE_CHECKING:
    from pi.devices.cameras.base import Camera

__all__ = ["MOST_THREADS", "THREAD_NAME", "CameraTrouble", "Event", "FrameSource", "TimedFrame"]

MOST_THREADS = 2
"""A thread that hangs in a camera cannot be ended, only left behind; one more takes its place,
and no further one before either has come back."""


class FrameSource:
    """Frames of a camera that may fail, hang, come and go.

    Parameters
    ----------
    open : opens the camera; called in the thread, again after each failure.
    clock : see :mod:`pi.system.clock`.
    timeout_s : a capture or a close that takes longer hangs. Above the camera's own limit.
    open_timeout_s : the same for opening: on a Zero, importing picamera2 alone takes many
        seconds, and memory that is short is tried for several times.
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
        self._exchange = Mailbox(
            open, SystemClock() if clock is None else clock, timeout_s, open_timeout_s, retry
        )
        self._clock = self._exchange.clock
        self._condition = self._exchange.condition
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
                self._exchange.reset()
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
        exchange = self._exchange
        with self._condition:
            deadline = self._clock.monotonic() + timeout_s
            exchange.wanted = exchange.event is None
            self._condition.notify_all()
            while self._running:
                self._tend()
                if exchange.event is not None:
                    event, exchange.event = exchange.event, None
                    exchange.wanted = False
                    return event
                if exchange.end is not None:
                    raise exchange.end
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
            self._exchange.event = None
            thread, self._thread = self._thread, None
            if thread is not None:
                thread.dismissed = True
                self._condition.notify_all()
                self._clock.wait_for(self._condition, lambda: thread.done, grace_s)
                self._hanging.append(thread)
            self._hanging = [each for each in self._hanging if not each.done]
            return not self._hanging

    @property
    def trouble(self) -> CameraTrouble | None:
        """Why there are no frames now; None while all is well or nothing was tried yet."""
        return self._exchange.trouble

    @property
    def stuck(self) -> bool:
        """Whether as many threads hang as may: only another process could open the camera."""
        with self._condition:
            return sum(not each.done for each in self._hanging) >= MOST_THREADS

    @property
    def stuck_s(self) -> float:
        """For how long it has been stuck, s; 0 while it is not."""
        with self._condition:
            if not self.stuck or self._stuck_since is None:
                return 0.0
            return self._clock.monotonic() - self._stuck_since

    def _wait(self, seconds: float) -> None:
        """Wait for an answer, or for another limit to reckon with."""
        check = self._next_check()
        exchange = self._exchange

        def news() -> bool:
            answered = exchange.event is not None or exchange.end is not None
            return answered or not self._running or self._next_check() != check

        self._clock.wait_for(self._condition, news, max(0.0, seconds))

    def _next_check(self) -> float:
        """When :meth:`_tend` next has something to do, in seconds of the clock."""
        limit = self._exchange.retry_at if self._thread is None else self._thread.limit
        return float("inf") if limit is None else limit

    def _tend(self) -> None:
        """Leave a thread behind that hangs; have one that works, if there may be one."""
        now = self._clock.monotonic()
        exchange, thread = self._exchange, self._thread
        if thread is not None and thread.limit is not None and now >= thread.limit:
            thread.dismissed = True
            self._hanging.append(thread)
            self._thread = None
            exchange.fail(f"the camera hangs {thread.doing}: no answer in {thread.allowed:g} s")
        elif thread is not None and thread.done and exchange.end is None:
            self._thread = None
            exchange.fail("the thread of the camera ended by a fault; the log says which")
        self._hanging = [each for each in self._hanging if not each.done]
        if self._thread is not None or exchange.end is not None:
            return
        if len(self._hanging) < MOST_THREADS:
            self._stuck_since = None
            self._thread = CameraThread(exchange)
            self._thread.start()
            return
        if self._stuck_since is None:
            self._stuck_since = now
        if exchange.retry_at is not None and now >= exchange.retry_at:
            exchange.fail(
                "the camera hangs, and hung again when opened anew; restart the service, "
                "and the Pi if that does not help"
            )
