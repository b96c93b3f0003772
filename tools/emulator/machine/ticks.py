"""Wakes an emulated Pi whose clock has missed a tick.

Linux asks the system timer for its next tick by the count at which it wants it. Where QEMU is
kept from running between the reading of the count and the asking, that count is over already;
no interrupt comes until the counter has gone round, 71 minutes later, and all stands still.
Seen with QEMU 7.2 beside other work on two processors. A real timer cannot be held up so.
Source of the registers: BCM2835 ARM Peripherals, section 12.1.
"""

from __future__ import annotations

from tools.emulator.machine.monitor import Qtest

STATUS = 0x20003000
COUNT = 0x20003004
COMPARE = 0x20003018
"""Of the system timer: what is due, microseconds so far, and Linux's next tick."""

_DUE = 1 << 3
_LATE_US = 1_000_000
_SOON_US = 20_000
_ROUND = 1 << 32


def is_missed(status: int, count: int, compare: int) -> bool:
    """Whether the next tick lies more than a second back, and is not being handled."""
    # Zero until Linux has begun with it.
    if not compare:
        return False
    late = (count - compare) % _ROUND
    return not status & _DUE and _LATE_US < late < _ROUND // 2


def wake(qtest: Qtest) -> bool:
    """Ask for a tick if one was missed; whether that was so."""
    status, count, compare = (qtest.read(each) for each in (STATUS, COUNT, COMPARE))
    if not is_missed(status, count, compare):
        return False
    qtest.write(COMPARE, (qtest.read(COUNT) + _SOON_US) % _ROUND)
    return True
