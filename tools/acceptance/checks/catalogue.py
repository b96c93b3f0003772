"""The checks, in the order in which they are made: what each is called, and what it does."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from tools.acceptance.checks import (
    endurance,
    faults,
    installing,
    lessons,
    members,
    nights,
    power,
    seeing,
    storage,
    training,
)
from tools.bench import emulated
from tools.emulator.testbed import Testbed


@dataclass(frozen=True)
class Check:
    """A check: it returns what it saw, in a line, or raises.

    Attributes
    ----------
    name : for people and for the command line.
    run : makes it, on a Pi with zerodigit that shows an empty page.
    quick : whether ``--quick`` makes it too.
    as_it_is : on the Pi as the check before left it.
    """

    name: str
    run: Callable[[Testbed], str]
    quick: bool = True
    as_it_is: bool = False


INSTALL = Check("install from nothing", installing.from_nothing)

ALL = (
    INSTALL,
    Check("second install changes nothing", installing.second, quick=False, as_it_is=True),
    Check("units verified and confined", installing.units, quick=False, as_it_is=True),
    Check("owners and modes as the table says", members.tree),
    Check("ten digits and an empty page", seeing.digits),
    Check("a button pressed", seeing.buttons),
    Check("journal fields", seeing.journal_fields),
    Check("status, look and doctor", seeing.commands),
    Check("memory of labelled examples", seeing.memory),
    Check("watchdog", faults.watchdog, quick=False),
    Check("camera vanishes and returns", faults.camera_vanishes, quick=False),
    Check("pin in use", faults.pin_in_use, quick=False),
    Check("state file system full", storage.full, quick=False),
    Check("state file system read-only", storage.read_only, quick=False),
    Check("clock in 1970", faults.clock, quick=False),
    Check("new weights without a gap", storage.new_weights, quick=False),
    Check("a class offers", storage.offered, quick=False),
    Check("weights torn", storage.torn_weights, quick=False),
    Check("memory limit", faults.memory_limit, quick=False),
    Check("plants of a member of the group", members.planted, quick=False),
    Check("upgrade and rollback", installing.upgrade, quick=False),
    Check("uninstall", installing.uninstall, quick=False),
    Check("resident memory", endurance.memory),
    Check("journal growth", endurance.journal, quick=False),
    Check("lessons", lessons.every, quick=False),
    Check("training on the device", training.training, quick=False),
    Check("nights", nights.nights),
    Check("power cuts", power.cuts),
    Check("instruction times", emulated.check, as_it_is=True),
    # The last, for the Pi is off after it.
    Check("soon ready after boot", power.boot_time, as_it_is=True),
)


def chosen(names: list[str], quick: bool) -> list[Check]:
    """The checks that are meant: those whose name has one of ``names`` in it, or all.

    Raises
    ------
    ValueError : a name that is in none.
    """
    for name in names:
        if not any(name.lower() in check.name for check in ALL):
            there = "\n  ".join(check.name for check in ALL)
            raise ValueError(f"no check is called {name!r}; there are\n  {there}")
    return [
        check
        for check in ALL
        if (not quick or check.quick or names)
        and (not names or any(name.lower() in check.name for name in names))
    ]
