"""What counts as lost after a power cut, and as a slow boot; without either."""

from __future__ import annotations

from types import SimpleNamespace

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


class Counting:
    """A Pi that was ready at these moments of its clock, the first time after its start."""

    def __init__(self, *ready_us, began_us=9_000_000):
        self.ready, self.began = list(ready_us), began_us
        self.done = []

    def start(self):
        self.done.append("start")

    def cut_power(self):
        self.done.append("cut")

    def shell(self, command, timeout_s=120.0):
        if "ActiveEnter" in command:
            return SimpleNamespace(text=f"{self.ready.pop(0)}\n")
        if "ExecMainStart" in command:
            return SimpleNamespace(text=f"{self.began}\n")
        return self.done.append(command)


@pytest.fixture
def boot(monkeypatch, tmp_path):
    """The check, of a Pi that was ready at these moments."""

    def check(*ready_us):
        counting = Counting(*ready_us)
        done = counting.done
        off = SimpleNamespace(
            image=None, folder=tmp_path, disk=tmp_path / "card.img",
            shell=lambda command, timeout_s: done.append(command),
            power_off=lambda: done.append("off"),
        )  # fmt: skip
        monkeypatch.setattr(power, "CountingMachine", lambda image, folder, disk: counting)
        try:
            return power.boot_time(SimpleNamespace(pi=off))
        finally:
            assert done[1:3] == ["off", "start"]
            assert done[-1] == "cut"

    return check


def test_a_boot_and_a_restart_are_counted_on_the_same_card(boot):
    said = boot(4_500_000, 10_100_000)
    assert said.startswith("ready 4.50 s after the kernel began, 1.10 s after a restart")


@pytest.mark.parametrize("ready_us", [(9_000_000, 10_100_000), (4_500_000, 10_650_000)])
def test_a_boot_or_a_start_half_as_long_again_is_a_failure(boot, ready_us):
    with pytest.raises(Failed, match="are the most"):
        boot(*ready_us)
