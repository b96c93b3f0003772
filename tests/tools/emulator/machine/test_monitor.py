"""QEMU's sockets, played."""

from __future__ import annotations

import socket
import threading

import pytest

from tools.emulator.machine.monitor import Monitor, Qtest, parse_word


def serve(path, replies, greeting=b""):
    """Answer each line that comes with the next reply."""
    listener = socket.socket(socket.AF_UNIX)
    listener.bind(str(path))
    listener.listen(1)
    lines = []

    def run():
        connection, _ = listener.accept()
        with connection, listener:
            connection.sendall(greeting)
            for reply in replies:
                lines.append(connection.recv(4096))
                connection.sendall(reply)

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    return lines, thread


def test_a_word_is_read_through_the_monitor(tmp_path):
    answer = b"xp /1wx 0x20200034\r\n0000000020200034: 0x08020060\r\n(qemu) "
    lines, thread = serve(tmp_path / "m", [answer], b"QEMU 7.2 monitor\r\n(qemu) ")
    monitor = Monitor(tmp_path / "m")
    assert monitor.word(0x20200034) == 0x08020060
    monitor.close()
    thread.join(10)
    assert lines == [b"xp /1wx 0x20200034\n"]


def test_no_word_is_an_error():
    with pytest.raises(ValueError, match="no word"):
        parse_word("unknown command: 'xp'")


def test_a_register_is_written_through_qtest(tmp_path):
    lines, thread = serve(tmp_path / "q", [b"OK\n", b"FAIL unknown\n"])
    qtest = Qtest(tmp_path / "q")
    qtest.write(0x2020001C, 1 << 17)
    with pytest.raises(ConnectionError, match="refuses writel 0x0"):
        qtest.write(0, 0)
    qtest.close()
    thread.join(10)
    assert lines[0] == b"writel 0x2020001c 0x20000\n"


def test_a_register_is_read_through_qtest(tmp_path):
    lines, thread = serve(tmp_path / "q", [b"OK 0x000000002a3451b6\n"])
    qtest = Qtest(tmp_path / "q")
    assert qtest.read(0x20003004) == 0x2A3451B6
    qtest.close()
    thread.join(10)
    assert lines == [b"readl 0x20003004\n"]


def test_a_machine_that_is_gone_is_told(tmp_path):
    _, thread = serve(tmp_path / "q", [b""])
    qtest = Qtest(tmp_path / "q")
    with pytest.raises(ConnectionError):
        qtest.write(0, 0)
    qtest.close()
    thread.join(10)


def test_an_answer_that_comes_too_late_is_not_the_next_ones(tmp_path):
    go = threading.Event()
    listener = socket.socket(socket.AF_UNIX)
    listener.bind(str(tmp_path / "q"))
    listener.listen(1)

    def run():
        connection, _ = listener.accept()
        with connection, listener:
            go.wait(10)
            connection.sendall(b"OK 0x1\n")
            # The first command is still to be fetched.
            heard = b""
            while heard.count(b"\n") < 2:
                heard += connection.recv(4096)
            connection.sendall(b"OK 0x2\n")

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    qtest = Qtest(tmp_path / "q", timeout_s=0.2)
    with pytest.raises(TimeoutError):
        qtest.read(0x20003000)
    go.set()
    qtest._socket.settimeout(10)
    assert qtest.read(0x20003004) == 2
    qtest.close()
    thread.join(10)
