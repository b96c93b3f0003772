"""Labels from button presses: makes one sample of each sheet that was held up.

The best frame of a presentation stays in memory until it is labelled, or can no longer be: so
the card has one write for each sheet, with its label if there is one. A presentation ends when
it gets dark, when another digit is shown, and when the same digit looks otherwise: sheets may
follow each other with no empty frame between.

``right`` means that the digit last shown is right. ``wrong`` shows the next guess, and the next
one at each further press; ``right`` takes it. A long press of ``wrong`` says that there is no
digit at all.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Protocol

from core.classes import NO_DIGIT
from core.errors import ServiceError
from pi.devices.displays.base import State
from pi.samples.store import Sample, word

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from core.reading.reader import Reading
    from pi.devices.buttons import Press
    from pi.devices.cameras.base import Frame
    from pi.service.pipeline import FrameResult
    from pi.service.recent import LastShown
    from pi.service.tickets import Ticket

PROPOSED_S = 15.0
"""A guess that nobody takes goes from the display after so long."""

TAKEN_S = 2.0
"""A label that was taken is shown for so long, to be seen."""

CROP_SIDE = 64
"""Longer side, in pixels, of the piece of photograph that is kept."""

MARGIN = 0.25
"""Around the digit, as a share of its box: shows whether the digit was cut too tightly."""


LASTED_S = 1.0
"""What was shown for so long before another digit took its place, with no dark frame between,
is a sample of its own; for less it is a flicker."""

ALIKE = 0.85
"""Two crops with less correlation may be of two sheets. Of 60 drawn presentations, of which 56
were lit, it makes 61 samples; 0.75 makes 60 and 0.92 makes 74."""

UNALIKE_FRAMES = 3
"""So many frames in a row that are unlike the surest one begin another presentation."""


class Write(Protocol):
    """Takes a presentation's number and its sample; the same number again is another label.

    Returns the ticket of the label, the one that is given if one is; None if it has no label.
    Raises ServiceError if no more labels can wait.
    """

    def __call__(
        self, number: int, sample: Sample, ticket: Ticket | None = None
    ) -> Ticket | None: ...


@dataclass(frozen=True)
class Outcome:
    """What came of a press or a label.

    Attributes
    ----------
    said : for the log; if there is a ticket, it holds once that has a sample.
    ticket : of the label that waits to be stored; None if there is no label.
    useless : whether nothing came of it.
    """

    said: str
    ticket: Ticket | None = None
    useless: bool = False


NOTHING = Outcome("nothing to label", useless=True)
NOT_KEPT = Outcome("not kept: samples.keep is none", useless=True)


@dataclass(frozen=True)
class LabelTarget:
    """What a label is for: presentation ``number``, shown as ``digit``, None if unsure."""

    number: int
    digit: int | None


@dataclass
class _Draft:
    """Best reading so far of the presentation that can be labelled.

    digit : what is shown; None if it is unsure.
    since : when it was first seen, s.
    until : when it went dark; None while it is in sight.
    unalike : for how many frames in a row it has looked otherwise.
    """

    number: int
    reading: Reading
    frame: Frame
    model: str
    digit: int | None
    since: float
    until: float | None = None
    unalike: int = 0
    written: bool = False

    def sample(self, label: int | None = None, origin: str | None = None) -> Sample:
        return sample_of(self.reading, self.frame, self.model, label, origin)


class Feedback:
    """Follows what is shown and pressed, and makes samples of it.

    Parameters
    ----------
    write : takes each sample; once for a presentation, and again if it is labelled anew.
    keep : "all", "labelled" or "none": see ``samples.keep``.
    remember_s : for how long after it went dark a digit may be labelled.
    """

    def __init__(self, write: Write, keep: str = "all", remember_s: float = 20.0) -> None:
        self._write = write
        self._keep = keep
        self._remember_s = remember_s
        self._number = 0
        self._draft: _Draft | None = None
        self._guesses: list[int] = []
        self._step = 0
        self._taken: int | State | None = None
        self._until = 0.0
        # The crop of the unsure sample that was kept last. A thing in a room that it is unsure
        # of now and again is one sample.
        self._unsure: NDArray[np.float32] | None = None

    @property
    def proposal(self) -> int | None:
        """The guess that is offered on the display; None if none is."""
        return self._guesses[self._step] if self._guesses else None

    @property
    def shows(self) -> int | State | None:
        """What the display shows instead of what is read: a guess, or the label taken."""
        return self._taken if self.proposal is None else self.proposal

    @property
    def target(self) -> LabelTarget | None:
        """What a label would be for now. May be read from any thread."""
        draft = self._draft
        return None if draft is None else LabelTarget(draft.number, draft.digit)

    def see(self, frame: Frame, result: FrameResult, model: str, now: float) -> None:
        """Take the result of a frame, read with the weights ``model``, at ``now`` (s)."""
        shown, reading, draft = result.shown, result.reading, self._draft
        if shown.digit is None and shown.state is not State.UNSURE:
            if draft is not None and draft.until is None:
                draft.until = now
            return
        if draft is not None and draft.until is not None:
            self._over()
            draft = None
        if reading is None or reading.candidate is None or reading.guess is None:
            return
        if shown.digit is None:
            # A digit that was sure before it became unsure is what can be labelled.
            if draft is None or draft.digit is None:
                self._keep_better(draft, reading, frame, model, None, now)
        elif reading.digit == shown.digit:
            if draft is not None and draft.digit != shown.digit:
                if draft.digit is not None and now - draft.since >= LASTED_S:
                    self._over()
                draft = None
                self._stop_showing()
            # A frame that was not worth reading is no other sheet.
            elif (
                draft is not None
                and result.ms is not None
                and self._is_another_sheet(draft, reading)
            ):
                self._over()
                draft = None
            self._keep_better(draft, reading, frame, model, shown.digit, now)

    def configure(self, keep: str, remember_s: float) -> None:
        """Take other settings, from the next presentation on."""
        self._keep, self._remember_s = keep, remember_s

    def press(self, press: Press, last: LastShown, now: float) -> Outcome:
        """Take a press about ``last``."""
        draft = self._draft
        if draft is None or last.digit not in (None, draft.digit):
            return NOTHING
        if press.button == "wrong":
            return self.label(NO_DIGIT, now) if press.long else self._propose(draft, now)
        if self.proposal is not None:
            return self.label(self.proposal, now)
        if last.digit is None:
            return NOTHING
        return self.label(last.digit, now)

    def label(
        self, label: int, now: float, origin: str | None = None, ticket: Ticket | None = None
    ) -> Outcome:
        """Take a label for what was last shown; with a ticket if it was promised one."""
        draft = self._draft
        if draft is None:
            return NOTHING
        self._guesses = []
        if self._keep == "none":
            return NOT_KEPT
        by_button = "right" if label == draft.digit else "wrong"
        sample = draft.sample(label, origin or by_button)
        try:
            ticket = self._write(draft.number, sample, ticket)
        except ServiceError as error:
            return Outcome(f"not labelled {word(label)}: {error}", useless=True)
        self._taken = State.DARK if label == NO_DIGIT else label
        self._until = now + TAKEN_S
        draft.written = True
        return Outcome(f"labelled {word(label)}", ticket)

    def tick(self, now: float) -> None:
        """End what has been shown or remembered for long enough, at ``now`` (s)."""
        if self.shows is not None and now > self._until:
            self._stop_showing()
        draft = self._draft
        if draft is None or draft.until is None or self._guesses:
            return
        if now - draft.until > self._remember_s:
            self._over()

    def close(self) -> None:
        """Write what is in memory."""
        self._over()

    def _keep_better(
        self,
        draft: _Draft | None,
        reading: Reading,
        frame: Frame,
        model: str,
        digit: int | None,
        now: float,
    ) -> None:
        if draft is None:
            self._number += 1
            self._draft = _Draft(self._number, reading, frame, model, digit, now)
        elif not draft.written and reading.confidence > draft.reading.confidence:
            draft.reading, draft.frame, draft.model = reading, frame, model

    def _is_another_sheet(self, draft: _Draft, reading: Reading) -> bool:
        """Whether a digit has long looked otherwise than the surest frame: the next sheet has
        the same digit. Not while somebody presses buttons about it."""
        assert reading.candidate is not None
        assert draft.reading.candidate is not None
        unalike = correlation(reading.candidate.image, draft.reading.candidate.image) < ALIKE
        draft.unalike = draft.unalike + 1 if unalike else 0
        return draft.unalike >= UNALIKE_FRAMES and self.shows is None

    def _propose(self, draft: _Draft, now: float) -> Outcome:
        self._until = now + PROPOSED_S
        if self._guesses:
            self._step = (self._step + 1) % len(self._guesses)
        else:
            shares = draft.reading.probabilities
            ranked = list(range(10))
            if shares is not None:
                ranked.sort(key=lambda digit: -float(shares[digit]))
            # In the end what was shown comes round, for whoever pressed by mistake.
            self._guesses = sorted(ranked, key=lambda digit: digit == draft.digit)
            self._step = 0
        return Outcome(f"proposed {self.proposal}")

    def _stop_showing(self) -> None:
        """Show what is read again, no guess and no label."""
        self._guesses, self._taken = [], None

    def _over(self) -> None:
        """End the presentation; one that was never labelled is kept without a label, unless
        it is unsure of the same thing again."""
        self._stop_showing()
        draft, self._draft = self._draft, None
        if draft is None or draft.written or self._keep != "all":
            return
        if draft.digit is None:
            assert draft.reading.candidate is not None
            image, known = draft.reading.candidate.image, self._unsure
            if known is not None and correlation(image, known) >= ALIKE:
                return
            self._unsure = image
        self._write(draft.number, draft.sample())


def correlation(one: NDArray[np.float32], other: NDArray[np.float32]) -> float:
    """Pearson's correlation of two crops, float32 of one shape: -1 to 1. 1 where one is plain
    and has nothing to tell them apart by."""
    a, b = one - one.mean(), other - other.mean()
    size = float((a * a).sum() * (b * b).sum()) ** 0.5
    return float((a * b).sum()) / size if size else 1.0


def sample_of(
    reading: Reading, frame: Frame, model: str, label: int | None, origin: str | None
) -> Sample:
    """The sample of a reading; its time is set when it is written."""
    assert reading.candidate is not None
    shares = reading.probabilities
    sample = Sample(
        image=(reading.candidate.image * 255).round().astype("uint8").tobytes(),
        guess=reading.guess,
        confidence=round(reading.confidence, 4),
        probabilities=() if shares is None else tuple(map(float, shares)),
        model=model,
        label=label,
        origin=origin,
    )
    crop = small_crop(frame, reading.candidate.box)
    return replace(sample, crop=crop.tobytes(), crop_width=crop.shape[1])


def small_crop(frame: Frame, box: tuple[int, int, int, int]) -> Frame:
    """The frame around a box, at most CROP_SIDE pixels wide and high."""
    left, top, right, bottom = box
    margin = round(MARGIN * max(right - left, bottom - top)) + 1
    part = frame[max(0, top - margin) : bottom + margin, max(0, left - margin) : right + margin]
    step = max(1, -(-max(part.shape) // CROP_SIDE))
    return part[::step, ::step].copy()
