"""Signals are delayed within the block, and in no other case; SIGTERM is like Ctrl-C."""

from __future__ import annotations

import signal
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from core.interrupt import delayed_interrupt, ending_like_ctrl_c

ROOT = Path(__file__).parents[2]

ENDING = (signal.SIGTERM, signal.SIGHUP)


def test_ctrl_c_waits_until_it_is_asked_for():
    reached = []

    def work():
        with delayed_interrupt() as raise_if_pressed:
            raise_if_pressed()
            signal.raise_signal(signal.SIGINT)
            reached.append("after")
            raise_if_pressed()
            reached.append("never")

    with pytest.raises(KeyboardInterrupt):
        work()
    assert reached == ["after"]
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


def test_ctrl_c_is_not_lost_when_nobody_asks():
    with pytest.raises(KeyboardInterrupt), delayed_interrupt():
        signal.raise_signal(signal.SIGINT)


def test_an_error_is_not_hidden_by_ctrl_c():
    def work():
        with delayed_interrupt():
            signal.raise_signal(signal.SIGINT)
            raise ValueError("first")

    with pytest.raises(ValueError, match="first"):
        work()


def test_the_programs_own_handler_stays():
    seen = []
    before = signal.signal(signal.SIGINT, lambda number, frame: seen.append(number))
    try:
        with delayed_interrupt() as raise_if_pressed:
            signal.raise_signal(signal.SIGINT)
            raise_if_pressed()
    finally:
        signal.signal(signal.SIGINT, before)
    assert seen == [signal.SIGINT]


def test_other_threads_may_train():
    done = []

    def work():
        with delayed_interrupt() as raise_if_pressed:
            raise_if_pressed()
            done.append(True)

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    assert done == [True]


def program(body):
    """How a program with these lines in the block ends, and what it prints."""
    lines = "".join(f"\n    {line}" for line in body.splitlines())
    code = (
        "import signal\n"
        "from core.interrupt import delayed_interrupt, ending_like_ctrl_c\n"
        f"with ending_like_ctrl_c():{lines}\n"
        "print('end')"
    )
    command = [sys.executable, "-c", code]
    done = subprocess.run(command, capture_output=True, text=True, cwd=ROOT)
    assert done.stderr == ""
    return done.returncode, done.stdout


@pytest.mark.parametrize("number", ENDING)
def test_a_signal_that_ends_the_process_lets_it_put_things_in_order(number):
    body = """
try:
    signal.raise_signal({number})
except KeyboardInterrupt:
    print("in order", flush=True)
"""
    assert program(body.replace("{number}", str(int(number)))) == (-number, "in order\n")


@pytest.mark.parametrize("number", ENDING)
def test_a_signal_waits_for_the_end_of_the_batch(number):
    body = """
try:
    with delayed_interrupt() as raise_if_received:
        signal.raise_signal({number})
        print("batch")
        raise_if_received()
except KeyboardInterrupt:
    print("in order", flush=True)
"""
    body = body.replace("{number}", str(int(number)))
    assert program(body) == (-number, "batch\nin order\n")


def test_nohup_and_own_handlers_stay():
    seen = []
    before = [signal.signal(signal.SIGHUP, signal.SIG_IGN)]
    before.append(signal.signal(signal.SIGTERM, lambda number, frame: seen.append(number)))
    try:
        with ending_like_ctrl_c(), delayed_interrupt():
            for number in ENDING:
                signal.raise_signal(number)
            assert seen == [signal.SIGTERM]
            assert signal.getsignal(signal.SIGHUP) is signal.SIG_IGN
    finally:
        signal.signal(signal.SIGHUP, before[0])
        signal.signal(signal.SIGTERM, before[1])


def test_the_handlers_are_as_before_in_the_end():
    before = [signal.getsignal(number) for number in ENDING]
    with ending_like_ctrl_c():
        assert [signal.getsignal(number) for number in ENDING] != before
    assert [signal.getsignal(number) for number in ENDING] == before
