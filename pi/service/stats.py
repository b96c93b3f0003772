"""Counters of the service: written by the loop, read by the control socket.

Bounded, whatever the years: a few counters, the last readings, the last frame.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from core.exemplars.memory import Recollection
    from core.reading.reader import Reading
    from pi.devices.cameras.base import Frame

LAST = 10
"""``status`` lists so many of the digits shown."""

RATE_FRAMES = 64
"""The rate is that of the last 64 frames."""

NEWEST_SHARE = 0.1
"""Share of the newest reading in the running mean of milliseconds."""

STALE_S = 30.0
"""The rate is 0 when the last frame is older."""


@dataclass(frozen=True)
class ShownDigit:
    """A digit that was shown.

    Attributes
    ----------
    since, until : seconds of the loop's clock; ``until`` is None while it is being shown.
    ms : how long its last frame took to read.
    frames : how many it took from the first sight of it.
    recollection : the labelled example by which it was read; None if by none.
    """

    digit: int
    confidence: float
    ms: float
    frames: int
    since: float
    until: float | None = None
    recollection: Recollection | None = None


@dataclass(frozen=True)
class Seen:
    """A frame, uint8 (h, w), and the reading that holds for it.

    Attributes
    ----------
    number : of the frame, counted from 1.
    taken_s : seconds of the loop's clock.
    reading : its own, or of an earlier frame that looked the same; None if none was read yet.
    read_number : of the frame that the reading was made from.
    """

    number: int
    taken_s: float
    frame: Frame
    reading: Reading | None
    read_number: int


class ServiceStats:
    """Counts frames, readings and troubles. ``clock`` : seconds that never go backwards."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._times: deque[float] = deque(maxlen=RATE_FRAMES)
        self._shown: deque[ShownDigit] = deque(maxlen=LAST)
        self._seen: Seen | None = None
        self.started_s = clock()
        self.frames = 0
        self.readings = 0
        self.troubles = 0
        self.ms: float | None = None
        """Milliseconds that a reading takes, as a running mean."""

    def frame(
        self, frame: Frame, taken_s: float, reading: Reading | None, ms: float | None
    ) -> None:
        """A frame came, and was read in ``ms``, or was not worth it (None)."""
        with self._lock:
            self.frames += 1
            self._times.append(taken_s)
            read_number = self._seen.read_number if self._seen is not None else 0
            if ms is not None:
                self.readings += 1
                read_number = self.frames
                self.ms = ms if self.ms is None else self.ms + NEWEST_SHARE * (ms - self.ms)
            self._seen = Seen(self.frames, taken_s, frame, reading, read_number)

    def trouble(self) -> None:
        """A try to get a frame failed."""
        with self._lock:
            self.troubles += 1
            self._times.clear()

    def shown(
        self,
        digit: int,
        confidence: float,
        ms: float,
        frames: int,
        time: float,
        recollection: Recollection | None = None,
    ) -> None:
        """A digit is shown from ``time`` (s) on, instead of what was before."""
        self.dark(time)
        with self._lock:
            self._shown.append(
                ShownDigit(digit, confidence, ms, frames, time, recollection=recollection)
            )

    def dark(self, time: float) -> None:
        """No digit is shown from ``time`` (s) on."""
        with self._lock:
            if self._shown and self._shown[-1].until is None:
                self._shown[-1] = replace(self._shown[-1], until=time)

    @property
    def last(self) -> list[ShownDigit]:
        """The last digits shown, the newest first."""
        with self._lock:
            return list(self._shown)[::-1]

    @property
    def seen(self) -> Seen | None:
        """The last frame; None before the first."""
        return self._seen

    @property
    def rate(self) -> float:
        """Frames a second lately; 0 when there are none."""
        with self._lock:
            if len(self._times) < 2 or self._clock() - self._times[-1] > STALE_S:
                return 0.0
            span = self._times[-1] - self._times[0]
            return (len(self._times) - 1) / span if span > 0 else 0.0
