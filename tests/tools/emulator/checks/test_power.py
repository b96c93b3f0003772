"""What counts as lost after a power cut, without one."""

from __future__ import annotations

import pytest

from tools.emulator.checks.power import weights_problem

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
