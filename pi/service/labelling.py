"""Turns button presses and labels from the socket into samples, for the nights to learn."""

from __future__ import annotations

import logging
from collections import deque
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from core.errors import ServiceError
from pi import config as configuration
from pi.devices.displays.base import State
from pi.retraining import progress
from pi.service.feedback import NOTHING, Feedback, Outcome
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
    from pi.service.tickets import Ticket

NIGHT_CHECK_S = 2.0
"""Every two seconds it is checked whether a night is at work."""

GONE = Outcome("nothing to label: what it was for was gone before it was taken", useless=True)


@dataclass(eq=False)
class _Pending:
    """A press, or a label by the socket, that came to something.

    fields : for the log.
    press : button and whether it was a long press; None for a label by the socket.
    waits : whether the status LED has said that it is not yet on the card.
    """

    outcome: Outcome
    fields: dict[str, Any]
    press: tuple[Answer, bool] | None
    waits: bool = False


class LabellingSession:
    """Remembers what was shown, applies right, wrong and labels, hands samples to the writer.

    What is labelled is said to be, in the log and by the status LED, once it is on the card.

    Attributes
    ----------
    writer : writes the samples; one that is made here is started, too.
    night : progress of the night that is at work, see :func:`pi.retraining.progress.at_work`;
        None while none is.
    """

    def __init__(self, config: Config, writer: SampleWriter | None = None) -> None:
        self._config = config
        # From the socket to the loop: a presentation's number, its label, the label's ticket.
        self._labels: deque[tuple[int, int, Ticket]] = deque()
        self._pending: list[_Pending] = []
        self._answers: list[tuple[Answer, bool]] = []
        self._closed = False
        self._run_folder = configuration.run_folder(config)
        self._night_checked_s = float("-inf")
        self.night: dict[str, Any] | None = None
        self.writer = SampleWriter(config) if writer is None else writer
        self._feedback = Feedback(
            self.writer.write, config.samples.keep, config.buttons.remember_s
        )
        if writer is None:
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

    def press(self, press: Press, last: LastShown | None, now: float) -> None:
        """Take a press about ``last``."""
        outcome = NOTHING if last is None else self._feedback.press(press, last, now)
        digit = None if last is None else last.digit
        fields = {"button": press.button, "long": int(press.long), "digit": digit}
        self._follow(_Pending(outcome, fields, (press.button, press.long)))

    def take_answers(self) -> list[tuple[Answer, bool]]:
        """Answers for the status LED since the last call; each with whether the press was a
        long one."""
        taken, self._answers = self._answers, []
        return taken

    @property
    def blocked(self) -> bool:
        """Whether labels wait since the card does not take them."""
        return bool(self.writer.why) and self.writer.tickets.waiting > 0

    def label(self, label: int) -> tuple[int | None, int]:
        """Take a label, from any thread, for what is shown or was last.

        Returns its digit, None if it is unsure, and the number of a ticket: see
        :meth:`ticket`.

        Raises
        ------
        ServiceError : there is nothing to label, no samples are kept, or too many labels wait.
        """
        if self._config.samples.keep == "none":
            raise ServiceError("no samples are kept: samples.keep is none")
        if self._closed:
            raise ServiceError("it is being stopped")
        target = self._feedback.target
        if target is None:
            raise ServiceError(
                "there is nothing to label: nothing was shown in the last "
                f"{self._config.buttons.remember_s:g} s; label older ones by their numbers: "
                "`zerodigit label`"
            )
        ticket = self.writer.tickets.issue()
        self._labels.append((target.number, label, ticket))
        return target.digit, ticket.number

    def ticket(self, number: object) -> dict[str, Any]:
        """What has become of a label, from any thread.

        ``state`` is "stored", "lost" or "waiting"; ``sample`` is its sample's number, or None;
        ``why`` is the reason why it is lost or waits, None while no try has failed.

        Raises
        ------
        ServiceError : there is no such ticket.
        """
        ticket = self.writer.tickets.find(number)
        if ticket is None:
            raise ServiceError("there is no such ticket; it may have been started anew")
        if ticket.waits:
            return {"state": "waiting", "sample": None, "why": self.writer.why or None}
        state = "lost" if ticket.sample is None else "stored"
        return {"state": state, "sample": ticket.sample, "why": ticket.lost}

    def tick(self, now: float) -> None:
        """Take labels that came by the socket, and let go what has had its time."""
        self._take_labels(now)
        self._feedback.tick(now)
        self.writer.check(now)
        self._settle()
        if now - self._night_checked_s >= NIGHT_CHECK_S:
            self._night_checked_s = now
            self.night = progress.at_work(self._run_folder)

    def forget(self, now: float) -> None:
        """End what is shown now: no label can be for it any more."""
        self._take_labels(now)
        self._feedback.close()

    def configure(self, config: Config) -> None:
        """Take other settings; what was shown is forgotten before, and what waits is kept."""
        if (config.samples, config.memory) != (self._config.samples, self._config.memory):
            self.writer.configure(config)
        self._config = config
        self._feedback.configure(config.samples.keep, config.buttons.remember_s)

    def close(self) -> None:
        """Write what is in memory, and end. May be called again."""
        self._closed = True
        while self._labels:
            _, _, ticket = self._labels.popleft()
            ticket.lost = "the service is being stopped"
        self._feedback.close()
        self.writer.close()
        self._settle()

    def _take_labels(self, now: float) -> None:
        """Before anything ends what they are about."""
        while self._labels:
            number, label, ticket = self._labels.popleft()
            target = self._feedback.target
            # Another sheet may have come between the question and the answer.
            same = target is not None and target.number == number
            outcome = self._feedback.label(label, now, "label", ticket) if same else GONE
            if outcome.useless:
                ticket.lost = outcome.said
            self._follow(_Pending(outcome, {"by": "label"}, None))

    def _follow(self, pending: _Pending) -> None:
        """Say what came of a press or a label; of one that is to be stored, when it is."""
        outcome = pending.outcome
        if outcome.ticket is not None:
            self._pending.append(pending)
            return
        say(outcome.said, **pending.fields)
        if pending.press is not None:
            self._answers.append(("nothing", False) if outcome.useless else pending.press)

    def _settle(self) -> None:
        """Say which labels are stored by now, and which are not yet."""
        for each in self._pending[:]:
            ticket = each.outcome.ticket
            assert ticket is not None
            answer: tuple[Answer, bool] | None = None
            if not ticket.waits:
                self._pending.remove(each)
                if ticket.sample is None:
                    said = f"not {each.outcome.said}: {ticket.lost}"
                    say(said, logging.WARNING, **each.fields)
                    answer = "nothing", False
                else:
                    say(each.outcome.said, **each.fields, sample=ticket.sample)
                    answer = each.press
            elif self.writer.why and not each.waits:
                each.waits = True
                answer = "not yet", False
            if answer is not None and each.press is not None:
                self._answers.append(answer)
