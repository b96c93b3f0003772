"""The part of the service that is taught: what was shown, what is said of it, the samples."""

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


LOOK_S = 2.0
"""How often to look whether a night is at work."""


class LabellingSession:
    """Sees what the loop sees, and is told what the buttons say. Opens the samples."""

    def __init__(self, config: Config) -> None:
        self._config = config
        # From the socket to the loop: a presentation's number, and its label.
        self._labels: deque[tuple[int, int]] = deque()
        self._run_folder = configuration.run_folder(config)
        self._looked_s = float("-inf")
        self.night: dict[str, Any] | None = None
        """Where the night is that is at work: see :func:`pi.retraining.progress.at_work`."""
        self.keeper = SampleWriter(config)
        self._teaching = Feedback(
            self.keeper.write, config.samples.keep, config.buttons.remember_s
        )
        self.keeper.start()

    def instead_of(self, state: int | State) -> int | State | None:
        """What the display shall show instead: a guess that is offered; while a night is at
        work, that it learns, where nothing else is to be shown."""
        if self._teaching.shows is not None:
            return self._teaching.shows
        return State.LEARNING if self.night is not None and state is State.DARK else None

    def see(
        self, frame: Frame, sight: FrameResult, weights: LoadedModel | None, now: float
    ) -> None:
        """Take what came of a frame at ``now`` (s)."""
        self._take_labels(now)
        version = "" if weights is None else weights.version or weights.path
        self._teaching.see(frame, sight, version, now)

    def judge(self, press: Press, last: LastShown | None, now: float) -> Answer:
        """Take a press about ``last``; what the status LED shall answer."""
        said = NOTHING if last is None else self._teaching.press(press, last, now)
        digit = None if last is None else last.digit
        say(said, button=press.button, long=int(press.long), digit=digit)
        return "nothing" if said == NOTHING else press.button

    def label(self, label: int) -> int | None:
        """Take a label, from any thread, for what can be judged now: the digit that is shown
        or was last, None if it is unsure.

        Raises
        ------
        ServiceError : there is nothing to label, or no samples are kept.
        """
        if self._config.samples.keep == "none":
            raise ServiceError("no samples are kept: samples.keep is none")
        judged = self._teaching.judgeable
        if judged is None:
            raise ServiceError(
                "there is nothing to label: nothing was shown in the last "
                f"{self._config.buttons.remember_s:g} s; label older ones by their numbers: "
                "`zerodigit label`"
            )
        self._labels.append((judged.number, label))
        return judged.digit

    def tick(self, now: float) -> None:
        """Take labels that came by the socket, and let go what has had its time."""
        self._take_labels(now)
        self._teaching.tick(now)
        if now - self._looked_s >= LOOK_S:
            self._looked_s = now
            self.night = progress.at_work(self._run_folder)

    def forget(self, now: float) -> None:
        """What was seen until now is over."""
        self._take_labels(now)
        self._teaching.close()

    def close(self) -> None:
        """Write what is in memory, and end."""
        self._teaching.close()
        self.keeper.close()

    def _take_labels(self, now: float) -> None:
        """Before anything ends what they are about."""
        while self._labels:
            number, label = self._labels.popleft()
            judged = self._teaching.judgeable
            # Another sheet may have come between the question and the answer.
            same = judged is not None and judged.number == number
            say(self._teaching.label(label, now, "label") if same else NOTHING, by="label")
