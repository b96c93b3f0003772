"""Temporal voting: from the readings of single frames to what the display shows.

One frame proves little: a sheet on its way in is cut by the frame, a hand throws a shadow, the
lens hunts. So frames vote. A digit is shown when several of the last frames agree on it and no
other digit comes near; what is shown stays until something else is as certain.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, replace
from typing import Any, Protocol

from pi.devices.displays.base import State


class Probabilities(Protocol):
    """Ten numbers or more, those of the digits first; an array will do."""

    def __getitem__(self, digit: int, /) -> Any: ...


class ReadingLike(Protocol):
    """The part of a :class:`core.reading.reader.Reading` that is voted on."""

    @property
    def state(self) -> str:
        """``"digit"``, ``"unsure"`` or ``"empty"``."""

    @property
    def digit(self) -> int | None: ...

    @property
    def confidence(self) -> float: ...

    @property
    def probabilities(self) -> Probabilities | None: ...


@dataclass(frozen=True)
class Decision:
    """Outcome of the vote: what to show now.

    Attributes
    ----------
    state : what :meth:`pi.devices.displays.base.Display.show` takes: a digit, ``DARK`` or
        ``UNSURE``.
    confidence : mean confidence, 0 to 1, of the frames that voted for the digit; 0 without one.
    changed : whether ``state`` is another than after the frame before.
    guesses : when unsure, the one or two likeliest digits, the likelier first.
    """

    state: int | State
    confidence: float = 0.0
    changed: bool = False
    guesses: tuple[int, ...] = ()

    @property
    def digit(self) -> int | None:
        """The digit shown, if one is."""
        return None if isinstance(self.state, State) else self.state

    @property
    def detail(self) -> str:
        """Text that a display of words adds: ``0.98`` or ``4 or 9?``."""
        if self.digit is not None:
            return f"{self.confidence:.2f}"
        return " or ".join(map(str, self.guesses)) + "?" if self.guesses else ""


@dataclass(frozen=True)
class _Empty:
    """The reading of a frame that shows nothing."""

    state: str = "empty"
    digit: int | None = None
    confidence: float = 0.0
    probabilities: Probabilities | None = None


@dataclass(frozen=True)
class _Vote:
    time: float
    reading: ReadingLike


class FrameVote:
    """Lets frames vote, so that the digit shown is right and does not flicker.

    - A frame has a vote when its confidence is at least ``sure``: a light stays on for as long
      as a sheet is held, so it must be surer than the answer to one photograph.
    - A digit is shown when at least ``agree`` of the last ``window`` frames vote for it and
      their confidences add up to at least ``lead`` more than those of any other digit.
    - A digit that is to replace another must have all of the last ``agree`` frames besides, so
      two digits that take turns change nothing.
    - ``dark_after`` empty frames in a row darken.
    - When something has been there for ``unsure_after_s`` seconds and no digit wins, it is
      unsure, and a digit shown until then goes.
    - A digit that none of the last ``window`` frames as much as guesses goes at once: before a
      room, frames need not be empty when the sheet has gone.

    It has no clock: ``time`` comes with every reading, in seconds that never go backwards
    (``time.monotonic()``, or a film's own time). Votes older than ``forget_after_s`` are
    forgotten, so that a camera that paused does not resume in the middle of an old sheet.

    Examples
    --------
    Two frames of a 7 are not enough, a third is; a stray 1 changes nothing, nor do two empty
    frames, and the third darkens.

    >>> from types import SimpleNamespace
    >>> def frame(digit, confidence):
    ...     state = "empty" if digit is None else "digit"
    ...     return SimpleNamespace(
    ...         state=state, digit=digit, confidence=confidence, probabilities=None)
    >>> seven, one, empty = frame(7, 0.9), frame(1, 0.6), frame(None, 0.0)
    >>> vote = FrameVote()
    >>> for number, seen in enumerate([seven, seven, seven, one, empty, empty, empty]):
    ...     shown = vote.see(seen, time=number / 10)
    ...     print(shown.state, "changed" if shown.changed else "as before")
    State.DARK as before
    State.DARK as before
    7 changed
    7 as before
    7 as before
    7 as before
    State.DARK changed
    """

    def __init__(
        self,
        *,
        agree: int = 3,
        window: int = 5,
        sure: float = 0.7,
        lead: float = 2.0,
        dark_after: int = 3,
        unsure_after_s: float = 1.0,
        forget_after_s: float = 5.0,
    ) -> None:
        if not 1 <= agree <= window:
            raise ValueError(f"agree must be from 1 to window, which is {window}, not {agree}")
        if dark_after < 1:
            raise ValueError(f"dark_after must be at least 1, not {dark_after}")
        self._agree = agree
        self._sure = sure
        self._lead = lead
        self._dark_after = dark_after
        self._unsure_after_s = unsure_after_s
        self._forget_after_s = forget_after_s
        self._votes: deque[_Vote] = deque(maxlen=window)
        self.reset()

    def reset(self) -> None:
        """Forget every frame; the decision is dark again."""
        self._votes.clear()
        self._shown = Decision(State.DARK)
        self._empty_in_a_row = 0
        self._unread_since: float | None = None

    def see(self, reading: ReadingLike, time: float) -> Decision:
        """Take the reading of the next frame, seen at ``time`` (s); returns what to show."""
        while self._votes and time - self._votes[0].time > self._forget_after_s:
            self._votes.popleft()
        self._votes.append(_Vote(time, reading))
        now = self._decide(reading, time)
        self._shown = replace(now, changed=now.state != self._shown.state)
        return self._shown

    def see_unread(self, time: float, *, empty: bool) -> Decision:
        """Take the next frame, which was not worth reading (see `pi.service.change_detector`).

        An ``empty`` one counts as empty. Any other is the same picture as those before it and
        votes as the frame ``window`` frames earlier did: a majority stays one, none arises,
        and what has been unsure for long enough is called so.
        """
        if empty:
            return self.see(_Empty(), time)
        if not self._votes:
            self._shown = replace(self._shown, changed=False)
            return self._shown
        again = self._votes.popleft().reading
        readings = [vote.reading for vote in self._votes]
        self._votes.clear()
        self._votes.extend(_Vote(time, reading) for reading in readings)
        return self.see(again, time)

    def _decide(self, reading: ReadingLike, time: float) -> Decision:
        empty = reading.state == "empty"
        self._empty_in_a_row = self._empty_in_a_row + 1 if empty else 0
        if self._empty_in_a_row >= self._dark_after:
            self._votes.clear()
            self._unread_since = None
            return Decision(State.DARK)

        winner = self._winner()
        if winner is not None and (
            self._shown.digit in (None, winner.digit) or self._all_lately(winner.state)
        ):
            self._unread_since = None
            return winner
        shown = Decision(State.DARK) if self._is_gone() else self._shown
        if empty:
            return shown
        if self._unread_since is None:
            self._unread_since = time
        present = sum(vote.reading.state != "empty" for vote in self._votes)
        if time - self._unread_since >= self._unsure_after_s and present >= self._agree:
            return Decision(State.UNSURE, guesses=self._guesses())
        return shown

    def _winner(self) -> Decision | None:
        """The digit that has enough votes and a large enough lead, if there is one."""
        weights: dict[int, list[float]] = {}
        for vote in self._votes:
            digit = self._voted_for(vote)
            if digit is not None:
                weights.setdefault(digit, []).append(vote.reading.confidence)
        if not weights:
            return None
        ranked = sorted(weights, key=lambda digit: sum(weights[digit]), reverse=True)
        best = weights[ranked[0]]
        second = sum(weights[ranked[1]]) if len(ranked) > 1 else 0.0
        if len(best) < self._agree or sum(best) - second < self._lead:
            return None
        return Decision(ranked[0], confidence=sum(best) / len(best))

    def _all_lately(self, digit: int | State) -> bool:
        latest = list(self._votes)[-self._agree :]
        return all(self._voted_for(vote) == digit for vote in latest)

    def _voted_for(self, vote: _Vote) -> int | None:
        return vote.reading.digit if vote.reading.confidence >= self._sure else None

    def _is_gone(self) -> bool:
        """Whether a digit is shown that no frame of a whole window as much as guesses."""
        shown = self._shown.digit
        full = len(self._votes) == self._votes.maxlen
        return shown is not None and full and all(_guess(vote) != shown for vote in self._votes)

    def _guesses(self) -> tuple[int, ...]:
        """The likeliest digit of all frames in the window, and the next if it comes near."""
        seen = [vote.reading.probabilities for vote in self._votes]
        known = [probabilities for probabilities in seen if probabilities is not None]
        if not known:
            return ()
        totals = [sum(float(each[digit]) for each in known) for digit in range(10)]
        first, second = sorted(range(10), key=lambda digit: -totals[digit])[:2]
        return (first, second) if totals[second] >= totals[first] / 3 else (first,)


def _guess(vote: _Vote) -> int | None:
    """The likeliest digit of a frame that is not empty."""
    reading = vote.reading
    if reading.state == "empty" or reading.probabilities is None:
        return reading.digit
    return max(range(10), key=reading.probabilities.__getitem__)
