"""Tickets of labels: what has become of each, for whoever gave it to ask.

A label is given in the thread of the loop or of the control socket, stored in that of the
writer, and asked about in any. It is stored, lost, or waits; no other has it as done.
"""

from __future__ import annotations

import os
import threading
from dataclasses import dataclass

from core.errors import ServiceError

MOST_WAITING = 64
"""While so many labels wait for the card, a further one is refused, so that memory does not
fill."""

MOST_SETTLED = 256
"""Tickets of labels that are stored or lost, the last ones, can be asked about."""


@dataclass(eq=False)
class Ticket:
    """A label's: it waits until it has a sample's number, or a reason why it is lost.

    Attributes
    ----------
    number : by which it is asked for.
    sample : number of the sample that has the label, on the card.
    lost : why the label will not be stored.
    """

    number: int
    sample: int | None = None
    lost: str | None = None

    @property
    def waits(self) -> bool:
        """Whether it is neither stored nor lost."""
        return self.sample is None and self.lost is None


class LabelTickets:
    """The tickets of a running service. All of it may be used from any thread.

    Numbers begin anywhere, so that one of an earlier run is not taken for one of this.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._next = int.from_bytes(os.urandom(5), "big") + 1
        self._known: dict[int, Ticket] = {}

    @property
    def waiting(self) -> int:
        """How many labels wait for the card."""
        with self._lock:
            return sum(ticket.waits for ticket in self._known.values())

    def issue(self) -> Ticket:
        """A ticket for another label. Raises ServiceError while MOST_WAITING wait."""
        if self.waiting >= MOST_WAITING:
            raise ServiceError(
                f"{MOST_WAITING} labels wait for the card already; `zerodigit status` says why"
            )
        with self._lock:
            ticket = Ticket(self._next)
            self._next += 1
            self._known[ticket.number] = ticket
            settled = [number for number, each in self._known.items() if not each.waits]
            for number in settled[:-MOST_SETTLED]:
                del self._known[number]
        return ticket

    def find(self, number: object) -> Ticket | None:
        """The ticket of that number; None if there is none, or not any more."""
        return self._known.get(number) if type(number) is int else None
