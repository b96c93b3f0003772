"""A missed tick is told from one to come, and asked for again."""

from __future__ import annotations

import pytest

from tools.emulator.machine import ticks

SECOND = 1_000_000


class Timer:
    """The system timer's registers, by address."""

    def __init__(self, status, count, compare):
        self.registers = {ticks.STATUS: status, ticks.COUNT: count, ticks.COMPARE: compare}

    def read(self, address):
        return self.registers[address]

    def write(self, address, value):
        self.registers[address] = value


@pytest.mark.parametrize(
    ("status", "count", "compare", "missed"),
    [
        (0, 0x2A3451B6, 0x196E8B8D, True),  # as seen
        (8, 0x2A3451B6, 0x196E8B8D, False),  # being handled
        (0, 10 * SECOND, 10 * SECOND + 4000, False),  # to come
        (0, 10 * SECOND, 10 * SECOND - 4000, False),  # just now
        (0, SECOND, 2**32 - SECOND, True),  # the counter has gone round since
        (0, 2**32 - SECOND, SECOND, False),  # and will before
        (0, 10 * SECOND, 0, False),  # not in use yet
    ],
)
def test_what_counts_as_missed(status, count, compare, missed):
    assert ticks.is_missed(status, count, compare) == missed


def test_a_missed_tick_is_asked_for_again():
    timer = Timer(0, 2**32 - 10, 2**32 - 5 * SECOND)
    assert ticks.wake(timer)
    assert timer.registers[ticks.COMPARE] == ticks._SOON_US - 10
    assert not ticks.wake(timer)


def test_no_other_is_touched():
    timer = Timer(0, SECOND, SECOND + 1)
    assert not ticks.wake(timer)
    assert timer.registers[ticks.COMPARE] == SECOND + 1
