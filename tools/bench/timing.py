"""Races: contestants that take turns, so that what disturbs a round disturbs all of them."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass, field

Contestant = Callable[[], float]
"""Does its work once; the seconds of processor time that it took. With one thread these are the
seconds on the wall without those that other programs had."""


def processor_s(work: Callable[[], object]) -> float:
    """Seconds of processor time that some work takes."""
    started = time.process_time()
    work()
    return time.process_time() - started


@dataclass
class Race:
    """Some contestants at the same ``work`` (samples, frames), and how long each took."""

    work: int
    seconds: dict[str, list[float]] = field(default_factory=dict)

    def rates(self, name: str) -> list[float]:
        """Work a second, of each round."""
        return [self.work / taken for taken in self.seconds[name]]

    def ratios(self, name: str, rival: str) -> list[float]:
        """How many times as fast as a rival, of each round: in turns, so they are pairs."""
        pairs = zip(self.seconds[name], self.seconds[rival], strict=True)
        return [theirs / ours for ours, theirs in pairs]


def race(contestants: dict[str, Contestant], work: int, rounds: int) -> Race:
    """Let them take turns; a first round, in which buffers and caches are made, is not kept."""
    result = Race(work, {name: [] for name in contestants})
    for number in range(rounds + 1):
        for name, contestant in contestants.items():
            taken = contestant()
            if number:
                result.seconds[name].append(taken)
    return result


def spread(values: list[float]) -> tuple[float, float]:
    """The quartiles; of fewer than four values the least and the greatest."""
    if len(values) < 4:
        return min(values), max(values)
    lower, _, upper = statistics.quantiles(values, n=4, method="inclusive")
    return lower, upper
