"""What counts as lost after a power cut, and as a slow boot; without either."""

from __future__ import annotations

import pytest

from tools.acceptance.checks import power
from tools.acceptance.checks.power import weights_problem
from tools.emulator.testbed import Failed

FILES = ["0001.npz", "0002.npz", "0003.npz", "current"]


def said(*lines):
    return [line.split() for line in lines]


def test_what_was_acknowledged_reads():
    told = said("TRY new", "ACK 0002 0001 0002", "LABEL 5 1", "TRY 0001", "ACK 0001 0001 0002")
    assert weights_problem(told, FILES, ["0001", "0002"]) is None


def test_nothing_acknowledged_is_nothing_lost():
    assert weights_problem(said("TRY new"), [], []) is None


@pytest.mark.parametrize(
    ("tried", "pointer"),
    [("shipped", ["shipped", "0002"]), ("0001", ["0001"]), ("new", ["0003", "0002"])],
)
def test_what_was_under_way_may_have_been_made_or_not(tried, pointer):
    told = said("TRY 0002", "ACK 0002 0001 0002", f"TRY {tried}")
    assert weights_problem(told, FILES, pointer) is None
    assert weights_problem(told, FILES, ["0002", *pointer]) is None


def test_no_pointer_is_the_shipped_version():
    told = said("TRY shipped", "ACK shipped 0001")
    assert weights_problem(told, FILES, []) is None
    problem = weights_problem(said("TRY 0001", "ACK 0001 0001"), FILES, [])
    assert problem == "shipped reads, and neither 0001, acknowledged, nor 0001, then tried"


@pytest.mark.parametrize("tried", ["0003", "new"])
def test_an_older_version_that_reads_again_is_a_loss(tried):
    told = said("TRY 0002", "ACK 0002 0001 0002 0003", f"TRY {tried}")
    assert weights_problem(told, FILES, ["0001"]) is not None


def test_one_old_version_may_go_for_a_new_one_and_no_more():
    told = said("TRY 0003", "ACK 0003 0001 0002 0003")
    assert weights_problem(told, ["0002.npz", "0003.npz"], ["0003"]) is None
    assert weights_problem(told, ["0003.npz"], ["0003"]) == (
        "versions are gone: ['0001', '0002'] of ['0001', '0002', '0003']"
    )
    assert weights_problem(told, ["0001.npz", "0002.npz"], ["0003"]) is not None


class Pi:
    """Took so many seconds to get ready, boot after boot, with such a share of a processor."""

    def __init__(self, *boots):
        self.left = list(boots)
        self.boots = 2
        self.restarted = False
        self.pi = self

    def start(self):
        self.left.pop(0)

    def power_off(self):
        pass

    def wait_until_active(self):
        pass

    def share(self):
        return self.left[0][1]

    def property(self, name):
        assert name == "ActiveEnterTimestampMonotonic"
        return str(int(self.left[0][0] * 1e6))


def test_a_boot_that_waited_for_a_processor_is_not_slow():
    said = power.boot_time(Pi((80.0, 0.5)))
    assert said.startswith("ready 40 s after the kernel began (emulated; 80 s here")


def test_a_slow_boot_is_tried_once_more():
    assert power.boot_time(Pi((70.0, 1.0), (50.0, 1.0))).startswith("ready 50 s")


def test_two_slow_boots_are_a_failure():
    with pytest.raises(Failed, match="it took 65 s"):
        power.boot_time(Pi((70.0, 1.0), (65.0, 1.0)))


def test_a_restart_since_the_boot_asks_for_another():
    pi = Pi((10.0, 1.0), (20.0, 1.0))
    pi.restarted = True
    assert power.boot_time(pi).startswith("ready 20 s")
