"""Writes samples in a background thread: an fsync on an SD card can take a second."""

from __future__ import annotations

import logging
import queue
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from typing import TYPE_CHECKING

from core.errors import StorageError
from pi.samples.database import DamagedError, NoSampleError
from pi.samples.store import Sample, SampleStore
from pi.system import wallclock

if TYPE_CHECKING:
    from pi.config import Config

_log = logging.getLogger(__name__)

COUNT_S = 60.0
"""Samples are counted again every minute without a write: other processes label them, too."""

MOST_WAITING = 8
"""While so many samples wait for the card, further ones without a label are dropped, so that
memory does not fill."""

CLOSE_S = 10.0
"""Closing waits at most so long for the card."""


class SampleWriter:
    """Takes samples from the loop, from :meth:`start` to :meth:`close`.

    Parameters
    ----------
    config : says where, and how many.
    trusted : whether the clock is right.
    """

    def __init__(
        self, config: Config, trusted: Callable[[], bool] = wallclock.is_trusted
    ) -> None:
        self._config = config
        self._trusted = trusted
        self._waiting: queue.Queue[tuple[int, Sample] | None] = queue.Queue()
        self._store: SampleStore | None = None
        self._complained = ""
        self._last = (0, 0)
        self.counts: dict[str, int] | None = None
        """Of the file: ``all``, ``labelled``, ``corrected``; None while it cannot be used."""
        self._thread = threading.Thread(target=self._run, name="zerodigit-samples", daemon=True)

    def start(self) -> None:
        """Begin: prove the file, and set it aside if it is damaged."""
        self._thread.start()

    def close(self) -> None:
        """Write what is waiting, and end."""
        self._waiting.put(None)
        if self._thread.is_alive():
            self._thread.join(CLOSE_S)

    def write(self, number: int, sample: Sample) -> None:
        """Take a presentation's sample; the same number again is another label for it."""
        if sample.label is None and self._waiting.qsize() >= MOST_WAITING:
            _log.warning("a sample is lost: the card takes too long to write the ones before")
            return
        self._waiting.put((number, replace(sample, time=time.time(), trusted=self._trusted())))

    def _run(self) -> None:
        self._try(self._count)
        while True:
            try:
                taken = self._waiting.get(timeout=COUNT_S)
            except queue.Empty:
                self._try(self._count)
                continue
            if taken is None:
                break
            number, sample = taken
            self._try(lambda: self._write(number, sample))  # noqa: B023
        if self._store is not None:
            self._store.close()

    def _write(self, number: int, sample: Sample) -> None:
        store = self._opened()
        known, row = self._last
        relabelled = False
        if known == number:
            # Others delete, too: then it is added anew.
            with suppress(NoSampleError):
                store.label(row, sample.label, sample.origin)
                relabelled = True
        if not relabelled:
            self._last = number, store.add(sample)
        self.counts = store.counts()

    def _count(self) -> None:
        self.counts = self._opened().counts()

    def _opened(self) -> SampleStore:
        if self._store is None:
            self._store = SampleStore.of(self._config, set_aside=True)
        return self._store

    def _try(self, act: Callable[[], None]) -> None:
        """Do it; a damaged file is set aside and it is done again, all else is said once."""
        for again in (True, False):
            try:
                act()
            except StorageError as error:
                if self._store is not None:
                    self._store.close()
                self._store = None
                self.counts = None
                if again and isinstance(error, DamagedError):
                    self._last = (0, 0)
                    continue
                if str(error) != self._complained:
                    self._complained = str(error)
                    _log.warning("no samples are kept: %s", error)
            else:
                self._complained = ""
            return
