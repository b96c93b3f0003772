"""Writes samples in a background thread: an fsync on an SD card can take a second.

What cannot be written for a reason that may pass (another process holds the file, the card is
full or read-only, the folder may not be written) waits, in order, and is tried again for as
long as the service runs. Each label has a ticket that says what has become of it.
"""

from __future__ import annotations

import logging
import os
import threading
import time
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from core.errors import StorageError
from pi.samples.database import BusyError, DamagedError, FullError, NoSampleError
from pi.samples.store import LabelledImages, Sample, SampleStore, path_of
from pi.service.tickets import LabelTickets, Ticket
from pi.system import wallclock

if TYPE_CHECKING:
    from pathlib import Path

    from pi.config import Config

_log = logging.getLogger(__name__)

CHECK_S = 0.5
"""The file is looked at twice a second: what others label is to be used within a second."""

SETTLED_S = 0.1
"""A file that was written so short a time before it was read is read once more: the clock of a
file system is no finer, and a second write would not show."""

MOST_USED = 512
"""Labelled samples that the running service reads by, at most."""

COUNT_S = 60.0
"""Samples are counted again every minute without a write: other processes label them, too."""

MOST_UNLABELLED = 8
"""While so many samples without a label wait for the card, further ones are dropped."""

LOCK_S = 1.0
"""Time to wait for a process that holds the file; after it the reason can be said."""

RETRY_S, IDLE_RETRY_S = 1.0, 10.0
"""Pause between two tries while a label waits, and while none does."""

REST = 4.0
"""The pause is at least so many times as long as the try: to open the file again, all of it is
read, and a Zero has other work to do."""

CLOSE_S = 15.0
"""Closing tries to store labels for so long; systemd gives the service 30 s to end."""


@dataclass
class _Waiting:
    """A sample in the queue; with a ticket if it has a label. ``tried``: it failed before."""

    number: int
    sample: Sample
    ticket: Ticket | None
    tried: bool = False


def _state(path: Path) -> tuple[int, ...] | None:
    """What changes when the file is written to; None if it is not there.

    Not by opening it: closing it would let go the locks that SQLite holds on it.
    """
    try:
        found = os.stat(path)
    except OSError:
        return None
    return found.st_ino, found.st_size, found.st_mtime_ns


def open_store(config: Config) -> SampleStore:
    """The store of the settings; a damaged file is set aside. Raises StorageError."""
    return SampleStore.of(config, set_aside=True, wait_s=LOCK_S)


class SampleWriter:
    """Takes samples from the loop, from :meth:`start` to :meth:`close`.

    Parameters
    ----------
    config : says where, and how many.
    trusted : whether the clock is right.
    open_store : opens the file.
    close_s : how long :meth:`close` tries, s.

    Attributes
    ----------
    tickets : of the labels.
    counts : of the file: ``all``, ``labelled``, ``corrected``; None while they are not known.
    follow : whether labelled samples are read whenever the file has changed.
    """

    def __init__(
        self,
        config: Config,
        trusted: Callable[[], bool] = wallclock.is_trusted,
        open_store: Callable[[Config], SampleStore] = open_store,
        close_s: float = CLOSE_S,
    ) -> None:
        self._config = config
        self._trusted = trusted
        self._open_store = open_store
        self._close_s = close_s
        self._queue: deque[_Waiting] = deque()
        self._wake = threading.Condition()
        self._called = False
        self._until: float | None = None
        self._store: SampleStore | None = None
        self._moved = False
        self._said: set[str] = set()
        self._dropped = 0
        # The presentation that was written last, in which file, and its sample there.
        self._last: tuple[Path | None, int, int] = (None, 0, 0)
        self._error: Exception | None = None
        self._checked_s = float("-inf")
        self._state: tuple[int, ...] | None = None
        self._labelled: LabelledImages | None = None
        self.tickets = LabelTickets()
        self.follow = config.memory.enabled
        self.counts: dict[str, int] | None = None
        self._thread = threading.Thread(target=self._run, name="zerodigit-samples", daemon=True)

    @property
    def why(self) -> str:
        """Reason why the last try failed; "" if it did not."""
        error = self._error
        if error is None:
            return ""
        return str(getattr(error, "reason", error)) or "not enough memory"

    def start(self) -> None:
        """Begin: prove the file, and set it aside if it is damaged."""
        self._thread.start()

    def write(self, number: int, sample: Sample, ticket: Ticket | None = None) -> Ticket | None:
        """Take a presentation's sample; the same number again is another label for it.

        Returns the ticket of the label, a new one if none is given; None if it has no label.

        Raises
        ------
        ServiceError : too many labels wait.
        """
        if sample.label is not None and ticket is None:
            ticket = self.tickets.issue()
        elif ticket is None and self._unlabelled() >= MOST_UNLABELLED:
            self._dropped += 1
            why = self.why or "the card is too slow"
            self._say_once("dropped", "samples without a label are lost: %s", why)
            return None
        sample = replace(sample, time=time.time(), trusted=self._trusted())
        self._queue.append(_Waiting(number, sample, ticket))
        self._call()
        return ticket

    def configure(self, config: Config) -> None:
        """Take other settings; what waits is stored where they say."""
        self._moved |= config.samples != self._config.samples
        self._config, self.follow = config, config.memory.enabled
        self.read_again()

    def check(self, now: float) -> None:
        """See, at ``now`` (s), whether the file was written to. Cheap: call it often."""
        if self.follow and now - self._checked_s >= CHECK_S:
            self._checked_s = now
            if _state(path_of(self._config)) != self._state:
                self._call()

    def read_again(self) -> None:
        """Give the labelled samples once more, though the file is as it was."""
        self._state = None
        self._call()

    def take_labelled(self) -> LabelledImages | None:
        """As of :meth:`SampleStore.most_useful`, once after each change; None without one."""
        taken, self._labelled = self._labelled, None
        return taken

    def status(self) -> dict[str, Any]:
        """Counts of the file, how many labels wait, and why; None for what is not known."""
        counts = self.counts or dict.fromkeys(("all", "labelled", "corrected"))
        return {**counts, "waiting": self.tickets.waiting, "why": self.why or None}

    def close(self) -> None:
        """Store what waits, and end; labels that cannot be stored are logged, and lost."""
        self._until = time.monotonic() + self._close_s
        self._call()
        if self._thread.is_alive():
            self._thread.join(self._close_s + 2 * LOCK_S)
        tickets = [each.ticket for each in list(self._queue) if each.ticket is not None]
        lost = [ticket for ticket in tickets if ticket.waits]
        for ticket in lost:
            ticket.lost = self.why or "the card is too slow"
        if lost:
            _log.error("labels lost at the end: %d (%s)", len(lost), lost[0].lost)

    def work(self) -> float:
        """Store what waits, in its order, until that fails, and count; seconds to wait then."""
        began = time.monotonic()
        while self._queue:
            waiting = self._queue[0]
            if not self._try(lambda: self._write(waiting)):  # noqa: B023
                return self._pause(time.monotonic() - began)
            self._queue.popleft()
            if waiting.ticket is not None and waiting.ticket.waits:
                waiting.ticket.lost = "an error of zerodigit itself; its log has the rest"
        if not (self._try(self._read_labelled) and self._try(self._count)):
            return IDLE_RETRY_S
        self._over()
        return COUNT_S

    def _run(self) -> None:
        while True:
            # What came before it was to end is tried once, and labels until the end.
            until = self._until
            pause = self.work()
            if until is not None:
                left = until - time.monotonic()
                if not self._labels() or left <= 0:
                    break
                pause = min(pause, left)
            with self._wake:
                self._wake.wait_for(lambda: self._called, pause)
                self._called = False
        self._close_store()

    def _call(self) -> None:
        with self._wake:
            self._called = True
            self._wake.notify()

    def _labels(self) -> int:
        return sum(each.ticket is not None for each in list(self._queue))

    def _unlabelled(self) -> int:
        return len(self._queue) - self._labels()

    def _pause(self, took_s: float) -> float:
        if not self._labels():
            return IDLE_RETRY_S
        # Nothing was read again, or another process was waited for.
        cheap = self._store is not None or isinstance(self._error, BusyError)
        return RETRY_S if cheap else max(RETRY_S, REST * took_s)

    def _write(self, waiting: _Waiting) -> None:
        store = self._opened()
        try:
            row = self._row(waiting, store)
        except StorageError:
            waiting.tried = True
            raise
        self._last = store.path, waiting.number, row
        if waiting.ticket is not None:
            waiting.ticket.sample = row

    def _row(self, waiting: _Waiting, store: SampleStore) -> int:
        """Store it; the sample's number."""
        sample = waiting.sample
        path, number, row = self._last
        if (path, number) == (store.path, waiting.number):
            # Others delete, too: then it is added anew.
            with suppress(NoSampleError):
                store.label(row, sample.label, sample.origin)
                return row
        if waiting.tried:
            # A commit that fails may have been made all the same.
            there = store.select("time = ? AND image = ?", (sample.time, sample.image), last=1)
            if there:
                return there[0].id
        return store.add(sample)

    def _count(self) -> None:
        self.counts = self._opened().counts()

    def _read_labelled(self) -> None:
        """Read what the running service reads by, unless it was read as it is now."""
        store = self._opened()
        state, now = _state(store.path), time.time()
        if self.follow and state != self._state:
            self._labelled = store.most_useful(MOST_USED)
            settled = state is None or abs(now - state[-1] / 1e9) > SETTLED_S
            self._state = state if settled else None

    def _opened(self) -> SampleStore:
        if self._moved:
            self._moved = False
            self._close_store()
        if self._store is None:
            self._store = self._open_store(self._config)
        return self._store

    def _close_store(self) -> None:
        if self._store is not None:
            self._store.close()
        self._store = None

    def _try(self, act: Callable[[], None]) -> bool:
        """Do it; whether it need not be tried again. A damaged file is set aside first."""
        for again in (True, False):
            try:
                act()
            except (StorageError, MemoryError) as error:
                if not isinstance(error, BusyError | FullError):
                    # It may be another file by now, or open for reading alone.
                    self._close_store()
                    self.counts = None
                if again and isinstance(error, DamagedError):
                    self._last = (None, 0, 0)
                    continue
                self._failed(error)
                return False
            except Exception:
                _log.exception("a sample cannot be stored")
            self._error = None
            return True
        return False

    def _failed(self, error: Exception) -> None:
        self._error = error
        if self._labels():
            said = "labels are not yet on the card, and tried again until they are: %s"
            self._say_once("labels", said, self.why)
        else:
            self._say_once("samples", "no samples are kept: %s", error)

    def _over(self) -> None:
        """All is stored: say so, if it was said that something is not."""
        if "labels" in self._said:
            _log.info("all labels that waited are on the card")
        elif self._said:
            _log.info("samples are kept again")
        if self._dropped:
            _log.warning("samples without a label lost meanwhile: %d", self._dropped)
        self._dropped = 0
        self._said.clear()

    def _say_once(self, kind: str, message: str, *values: object) -> None:
        """Log a warning, the first of its kind since all was well."""
        if kind not in self._said:
            self._said.add(kind)
            _log.warning(message, *values)
