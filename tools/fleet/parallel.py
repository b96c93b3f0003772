"""The heads of a night trained side by side, each in a process of its own."""

from __future__ import annotations

import multiprocessing
import os
import signal
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from multiprocessing import connection
from typing import TypeVar

Result = TypeVar("Result")


class SideBySide:
    """In place of ``map`` for work that leaves its result in a checkpoint.

    A process does the work of an item for its checkpoint alone. Then this process does all of
    them again, from checkpoints that are complete; what died on the way is done here.

    processes : at a time; by default one for each core.
    report : called with how many are done, and how many there are.
    """

    def __init__(
        self, report: Callable[[int, int], object], processes: int | None = None
    ) -> None:
        self._report = report
        self._most = processes or os.cpu_count() or 1

    def __call__(self, work: Callable[[int], Result], items: Iterable[int]) -> Iterator[Result]:
        """The results, in the order of the items."""
        waiting = list(items)
        if self._most > 1:
            self._in_processes(work, waiting)
        return map(work, waiting)

    def _in_processes(self, work: Callable[[int], object], items: list[int]) -> None:
        # Forked: what the work is done on is in memory, and is neither copied nor sent.
        context = multiprocessing.get_context("fork")
        waiting, running, total = (
            list(items),
            list[multiprocessing.process.BaseProcess](),
            len(items),
        )
        try:
            while waiting or running:
                while waiting and len(running) < self._most:
                    process = context.Process(target=_do, args=(work, waiting.pop(0)))
                    process.start()
                    running.append(process)
                connection.wait([each.sentinel for each in running])
                running = [each for each in running if each.is_alive()]
                self._report(total - len(waiting) - len(running), total)
        finally:
            for each in running:
                each.terminate()
            for each in running:
                each.join()


def _do(work: Callable[[int], object], item: int) -> None:
    """In a process of its own: SIGTERM saves and stops, Ctrl-C is for who started it."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    with suppress(KeyboardInterrupt):
        work(item)
