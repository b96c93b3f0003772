"""Work side by side: all is done once, and once more from what it left."""

from __future__ import annotations

import os
import signal

import pytest

from tools.fleet.parallel import SideBySide


@pytest.fixture
def left(tmp_path):
    """A function that leaves a file for an item, and gives who made it."""

    def work(item):
        path = tmp_path / str(item)
        if not path.exists():
            path.write_text(str(os.getpid()))
        return int(path.read_text())

    return work


def test_processes_of_their_own(left):
    told = []
    found = list(SideBySide(lambda *done: told.append(done), 2)(left, range(5)))
    assert len(set(found)) == 5
    assert os.getpid() not in found
    assert told[-1] == (5, 5)


def test_one_process_is_this_one(left):
    assert set(SideBySide(print, 1)(left, range(2))) == {os.getpid()}


def test_what_dies_is_done_here(left):
    here = os.getpid()

    def work(item):
        if item == 1 and os.getpid() != here:
            os.kill(os.getpid(), signal.SIGKILL)
        return left(item)

    found = list(SideBySide(lambda *done: None, 2)(work, range(3)))
    assert [each == here for each in found] == [False, True, False]


def test_an_interrupt_ends_the_others(tmp_path):
    def work(item):
        signal.pause()

    def interrupt(done, total):
        raise KeyboardInterrupt

    def first(item):
        if item:
            work(item)

    with pytest.raises(KeyboardInterrupt):
        list(SideBySide(interrupt, 2)(first, range(2)))
