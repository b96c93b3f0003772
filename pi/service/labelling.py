"""Turns button presses and labels from the socket into samples, for the nights to learn."""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING, Any

from core.errors import ServiceError
from pi import config as configuration
from pi.devices.displays.base import State
from pi.retraining import progress
from pi.service.feedback import NOTHING, Feedback
from pi.service.sample_writer import SampleWriter
from pi.system.logs import say

if TYPE_CHECKING:
    from pi.config import Config
    from pi.devices.buttons import Press
    from pi.devices.cameras.base import Frame
    from pi.devices.displays.status_led import Answer
    from pi.models.loaded import LoadedModel
    from pi.service.pipeline import FrameResult
    from pi.service.recent import LastShown

NIGHT_CHECK_S = 2.0
"""Every two seconds it is checked whether a night is at work."""


class LabellingSession:
    """Remembers what was shown, applies right, wrong and labels, hands samples to the writer.

    Attributes
    ----------
    writer : writes the samples; its thread is started here.
    night : progress of the night that is at work, see :func:`pi.retraining.progress.at_work`;
        None while none is.
    """

    def __init__(self, config: Config) -> None:
        self._config = config
        # From the socket to the loop: a presentation's number, and its label.
        self._labels: deque[tuple[int, int]] = deque()
        self._run_folder = configuration.run_folder(config)
        self._night_checked_s = float("-inf")
        self.night: dict[str, Any] | None = None
        self.writer = SampleWriter(config)
        self._feedback = Feedback(
            self.writer.write, config.samples.keep, config.buttons.remember_s
        )
        self.writer.start()

    def instead_of(self, state: int | State) -> int | State | None:
        """What to show instead of ``state``; None for ``state`` itself.

        A guess that is offered, or a label that was taken; LEARNING while a night is at work
        and the display would be dark.
        """
        if self._feedback.shows is not None:
            return self._feedback.shows
        return State.LEARNING if self.night is not None and state is State.DARK else None

    def see(
        self, frame: Frame, result: FrameResult, weights: LoadedModel | None, now: float
    ) -> None:
        """Take the result of a frame at ``now`` (s)."""
        self._take_labels(now)
        version = "" if weights is None else weights.version or weights.path
        self._feedback.see(frame, result, version, now)

    def press(self, press: Press, last: LastShown | None, now: float) -> Answer:
        """Take a press about ``last``; the answer for the status LED."""
        said = NOTHING if last is None else self._feedback.press(press, last, now)
        digit = None if last is None else last.digit
        say(said, button=press.button, long=int(press.long), digit=digit)
        return "nothing" if said == NOTHING else press.button

    def label(self, label: int) -> int | None:
        """Take a label, from any thread, for what is shown or was last. Returns its digit, None
        if it is unsure.

        Raises
        ------
        ServiceError : there is nothing to label, or no samples are kept.
        """
        if self._config.samples.keep == "none":
            raise ServiceError("no samples are kept: samples.keep is none")
        target = self._feedback.target
        if target is None:
            raise ServiceError(
                "there is nothing to label: nothing was shown in the last "
                f"{self._config.buttons.remember_s:g} s; label older ones by their numbers: "
                "`zerodigit label`"
            )
        self._labels.append((target.number, label))
        return target.digit

    def tick(self, now: float) -> None:
        """Take labels that came by the socket, and let go what has had its time."""
        self._take_labels(now)
        self._feedback.tick(now)
        if now - self._night_checked_s >= NIGHT_CHECK_S:
            self._night_checked_s = now
            self.night = progress.at_work(self._run_folder)

    def forget(self, now: float) -> None:
        """End what is shown now: no label can be for it any more."""
        self._take_labels(now)
        self._feedback.close()

    def close(self) -> None:
        """Write what is in memory, and end."""
        self._feedback.close()
        self.writer.close()

    def _take_labels(self, now: float) -> None:
        """Before anything ends what they are about."""
        while self._labels:
            number, label = self._labels.popleft()
            target = self._feedback.target
            # Another sheet may have come between the question and the answer.
            same = target is not None and target.number == number
            say(self._feedback.label(label, now, "label") if same else NOTHING, by="label")
