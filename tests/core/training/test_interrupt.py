"""Ctrl-C is delayed within the block, and in no other case."""

from __future__ import annotations

import signal
import threading

import pytest

from core.training.interrupt import delayed_interrupt


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
