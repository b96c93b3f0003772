"""From a frame to a decision: detect change, read if it is worth it, let the frame vote."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

from pi.devices.displays.base import State
from pi.service.change_detector import ChangeDetector
from pi.service.voting import Decision, FrameVote

if TYPE_CHECKING:
    from core.exemplars.memory import Recollection
    from core.reading.reader import Reader, Reading
    from pi.config.schema import RecogniserSection
    from pi.devices.cameras.base import Frame


@dataclass(frozen=True)
class FrameResult:
    """Result of a frame.

    Attributes
    ----------
    shown : what should be shown now.
    reading : its own, or that of the last frame read; None if none was yet.
    ms : how long reading it took; None if it was not worth reading.
    frames : for how many frames in a row there has been something to read.
    """

    shown: Decision
    reading: Reading | None
    ms: float | None
    frames: int

    @property
    def recollection(self) -> Recollection | None:
        """The labelled example by which the digit shown was read; None if by none."""
        reading = self.reading
        if reading is None or reading.digit is None or reading.digit != self.shown.digit:
            return None
        return reading.recollection


class FramePipeline:
    """Reads frames as the settings say, with ``reader``, which may be replaced at any time."""

    def __init__(self, section: RecogniserSection, reader: Reader) -> None:
        self.reader = reader
        self._vote = FrameVote(
            agree=section.agree,
            window=section.window,
            sure=section.sure,
            lead=section.lead,
            dark_after=section.dark_after,
            unsure_after_s=section.unsure_after_s,
        )
        self._changes = ChangeDetector(section.fast_s, section.slow_s, reads=section.window)
        self.reset()

    def reset(self) -> Decision:
        """Forget everything seen; what should be shown then."""
        self._vote.reset()
        self._changes.reset()
        self._reading: Reading | None = None
        self._frames = 0
        return Decision(State.DARK)

    def read_again(self) -> None:
        """Read the next frames, though they may be the picture that was read already."""
        self._changes.read_again()

    @property
    def interval_s(self) -> float:
        """How long to wait from the last frame to the next, s."""
        return self._changes.interval_s

    def see(self, frame: Frame, taken_s: float) -> FrameResult:
        """Take a frame, uint8 (h, w), taken at ``taken_s`` (s). Raises ImageError."""
        ms = None
        if self._changes.worth_reading(frame, taken_s):
            began = time.perf_counter()
            reading = self.reader.read(frame)
            ms = (time.perf_counter() - began) * 1000
            self._changes.note(reading)
            self._reading = reading
            shown = self._vote.see(reading, taken_s)
            empty = reading.state == "empty"
        else:
            empty = self._changes.empty
            shown = self._vote.see_unread(taken_s, empty=empty)
            if empty:
                self._reading = None
        self._frames = 0 if empty else self._frames + 1
        return FrameResult(shown, self._reading, ms, self._frames)
