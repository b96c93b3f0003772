"""History of what was shown: which digit a button press is about."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from pi.devices.displays.base import State

if TYPE_CHECKING:
    from pi.service.voting import Decision

REMEMBER_S = 20.0
"""A digit that went dark longer ago can no longer be called right or wrong."""

KEPT = 16
"""Older ones are forgotten. A press counts when the button is let go, and by then others may
have been shown."""


@dataclass(frozen=True)
class LastShown:
    """A digit, or UNSURE, that was shown: what a press is about.

    Attributes
    ----------
    shown : the digit that was shown, or UNSURE with its guesses.
    since : when it was first shown, s.
    until : when it was gone, s; None while it is being shown.
    """

    shown: Decision
    since: float
    until: float | None = None

    @property
    def digit(self) -> int | None:
        """The digit, or None if all that was shown was that it is unsure."""
        return self.shown.digit


class RecentlyShown:
    """History of what was shown, since nobody can press a button while holding paper still.

    A press is about what is shown now. When it is dark, it is about the last digit, for
    ``remember_s`` seconds: the last since it was dark before, so that a sheet that became
    unreadable on its way out is still known by its digit, and a sheet that never was read
    hides an older one.
    """

    def __init__(self, remember_s: float = REMEMBER_S) -> None:
        self._remember_s = remember_s
        # Each with the number of the bright spell, between dark and dark, that it was shown in.
        self._spells: deque[tuple[int, LastShown]] = deque(maxlen=KEPT)
        self._spell = 0

    def see(self, shown: Decision, time: float) -> None:
        """Take what is shown from ``time`` (s) on; with every frame or with every change."""
        last = self._spells[-1][1] if self._spells else None
        lit = last is not None and last.until is None
        if last is not None and lit:
            if last.shown.state == shown.state:
                self._spells[-1] = (self._spell, replace(last, shown=shown))
                return
            self._spells[-1] = (self._spell, replace(last, until=time))
        if isinstance(shown.state, State) and shown.state is not State.UNSURE:
            self._spell += lit
            return
        self._spells.append((self._spell, LastShown(shown, time)))

    def at(self, time: float) -> LastShown | None:
        """What a press at ``time`` (s) is about; None if nothing was shown, or too long ago."""
        known = [(spell, last) for spell, last in self._spells if last.since <= time]
        if not known:
            return None
        newest_spell, newest = known[-1]
        if newest.until is None or newest.until > time:
            return newest
        if time - newest.until > self._remember_s:
            return None
        spell = [last for number, last in known if number == newest_spell]
        digits = [last for last in spell if last.digit is not None]
        return digits[-1] if digits else newest
