from __future__ import annotations

import logging
import os
import socket
import threading
import time

import pytest

from pi.system.systemd import Notifier, hidden, sealed


class Systemd:
    """The other end: a real socket."""

    def __init__(self, address):
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.socket.bind(address)
        self.socket.settimeout(5)

    def told(self):
        return self.socket.recv(4096).decode()

    def is_silent(self):
        self.socket.setblocking(False)
        with pytest.raises(BlockingIOError):
            self.socket.recv(1)
        return True


@pytest.fixture
def systemd(tmp_path):
    made = Systemd(str(tmp_path / "notify"))
    yield made
    made.socket.close()


@pytest.fixture
def notifier(systemd, tmp_path):
    now = [5_000_000]
    made = Notifier(
        {"NOTIFY_SOCKET": str(tmp_path / "notify"), "WATCHDOG_USEC": "60000000"}, lambda: now[0]
    )
    made.now = now
    yield made
    made.close()


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda notifier: notifier.ready(), "READY=1"),
        (lambda notifier: notifier.stopping(), "STOPPING=1"),
        (lambda notifier: notifier.alive(), "WATCHDOG=1"),
        (lambda notifier: notifier.reloading(), "RELOADING=1\nMONOTONIC_USEC=5000000"),
        (lambda notifier: notifier.extend_timeout(2.5), "EXTEND_TIMEOUT_USEC=2500000"),
        (lambda notifier: notifier.status("shows 7"), "STATUS=shows 7"),
        (lambda notifier: notifier.status("a\nREADY=1"), "STATUS=a READY=1"),
    ],
)
def test_messages(systemd, notifier, call, message):
    call(notifier)
    assert systemd.told() == message


def test_a_status_is_told_once(systemd, notifier):
    notifier.status("dark")
    notifier.status("dark")
    notifier.status("shows 7")
    assert [systemd.told(), systemd.told()] == ["STATUS=dark", "STATUS=shows 7"]
    assert systemd.is_silent()


def test_the_watchdog_is_not_fed_more_often_than_needed(systemd, notifier):
    """Every six of its sixty seconds at most, however many frames there are."""
    for _ in range(1000):
        notifier.alive()
        notifier.now[0] += 10_000
    assert [systemd.told(), systemd.told()] == ["WATCHDOG=1"] * 2
    assert systemd.is_silent()


def test_nobody_watches(systemd, tmp_path):
    notifier = Notifier({"NOTIFY_SOCKET": str(tmp_path / "notify")})
    notifier.alive()
    assert notifier.watchdog_s is None
    assert systemd.is_silent()
    notifier.close()


def test_children_do_not_inherit_it(systemd, tmp_path):
    environ = {
        "NOTIFY_SOCKET": str(tmp_path / "notify"),
        "WATCHDOG_USEC": "30000000",
        "WATCHDOG_PID": str(os.getpid()),
        "HOME": "/",
    }
    notifier = Notifier(environ)
    assert notifier.enabled
    assert notifier.watchdog_s == 30
    assert environ == {"HOME": "/"}
    notifier.close()


@pytest.mark.parametrize(
    ("environ", "period"),
    [
        ({}, None),
        ({"WATCHDOG_USEC": "0"}, None),
        ({"WATCHDOG_USEC": "x"}, None),
        ({"WATCHDOG_USEC": "1500000"}, 1.5),
        ({"WATCHDOG_USEC": "1500000", "WATCHDOG_PID": "1"}, None),
    ],
)
def test_watchdog_period(environ, period):
    assert Notifier(environ).watchdog_s == period


def test_without_a_socket_nothing_happens():
    notifier = Notifier({})
    notifier.ready()
    notifier.alive()
    notifier.close()
    assert not notifier.enabled


def test_abstract_socket():
    name = f"zerodigit-test-{os.getpid()}"
    systemd = Systemd(f"\0{name}")
    notifier = Notifier({"NOTIFY_SOCKET": f"@{name}"})
    notifier.ready()
    assert systemd.told() == "READY=1"
    notifier.close()
    systemd.socket.close()


def test_an_address_of_another_kind(caplog):
    notifier = Notifier({"NOTIFY_SOCKET": "vsock:2:1234"})
    assert not notifier.enabled
    assert "vsock:2:1234" in caplog.text


def test_nobody_there_is_said_once(tmp_path, caplog):
    notifier = Notifier({"NOTIFY_SOCKET": str(tmp_path / "gone")})
    with caplog.at_level(logging.WARNING):
        notifier.ready()
        notifier.stopping()
    assert [record.getMessage() for record in caplog.records] == [
        "systemd could not be told READY=1 (No such file or directory)"
    ]
    notifier.close()


def test_a_full_queue_does_not_stop_the_loop(systemd, notifier):
    for number in range(2000):
        notifier.status(f"frame {number}")
    assert systemd.told() == "STATUS=frame 0"


def test_a_message_that_must_not_be_lost_waits_for_room_and_does_nothing_else(
    systemd, notifier
):
    for number in range(2000):
        notifier.status(f"frame {number}")

    def read():
        threading.Event().wait(0.1)
        while systemd.told() != "READY=1":
            pass

    reader = threading.Thread(target=read)
    reader.start()
    began, used = time.monotonic(), time.thread_time()
    notifier.ready()
    assert time.thread_time() - used < 0.2 * (time.monotonic() - began)
    reader.join()


def test_closed_it_is_silent(systemd, notifier):
    notifier.close()
    notifier.ready()
    notifier.close()
    assert systemd.is_silent()


def test_a_system_that_systemd_seals(tmp_path):
    unit = {"INVOCATION_ID": "1", "STATE_DIRECTORY": f"{tmp_path}:/else"}
    assert f"write into {tmp_path} alone (ProtectSystem" in sealed(unit)
    assert sealed({**unit, "STATE_DIRECTORY": str(tmp_path / "none")}) == ""
    assert sealed({"STATE_DIRECTORY": str(tmp_path)}) == ""
    assert sealed({"INVOCATION_ID": "1"}) == ""


def test_a_home_folder_that_systemd_hides(monkeypatch):
    def refuse(path):
        raise PermissionError(13, "Permission denied", path)

    unit = {"INVOCATION_ID": "1"}
    assert hidden("/", unit) == ""
    assert hidden("/root/../tmp", unit) == ""
    monkeypatch.setattr(os, "stat", refuse)
    for path in ("/home/pi/photos", "/root/x", "/run/user/1000/x"):
        assert "ProtectHome" in hidden(path, unit)
        assert hidden(path, {}) == ""
    assert hidden("/var/lib/zerodigit", unit) == ""
