"""The serial line is read while nobody asks, as QEMU needs it."""

from __future__ import annotations

import socket

import pytest

from tools.emulator.machine.drain import DrainedLine


@pytest.fixture
def ends():
    ours, theirs = socket.socketpair()
    line = DrainedLine(ours)
    theirs.settimeout(10)
    yield line, theirs
    line.close()
    theirs.close()


def test_single_bytes_do_not_fill_it_while_nobody_reads(ends):
    line, theirs = ends
    sent = bytes(range(256)) * 40
    # A socket that nobody reads takes some hundreds of these.
    for number in sent:
        theirs.sendall(bytes([number]))
    line.settimeout(10)
    heard = b""
    while len(heard) < len(sent):
        heard += line.recv(1000)
    assert heard == sent


def test_silence_is_a_time_out(ends):
    line, _ = ends
    line.settimeout(0.01)
    with pytest.raises(TimeoutError):
        line.recv(1)


def test_what_is_sent_arrives(ends):
    line, theirs = ends
    line.sendall(b"true\n")
    assert theirs.recv(100) == b"true\n"


def test_a_line_that_ends_gives_what_came_and_then_nothing(ends):
    line, theirs = ends
    theirs.sendall(b"last words")
    theirs.close()
    line.settimeout(10)
    heard = b""
    while data := line.recv(100):
        heard += data
    assert heard == b"last words"
    line.close()
    line.close()
