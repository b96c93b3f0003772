"""Asking the service: its answer, or one line that says what to do."""

from __future__ import annotations

import socket
import threading

import pytest

from core.errors import ServiceError
from pi.control.client import ask

PATIENCE_S = 60.0


@pytest.fixture
def path(tmp_path):
    return tmp_path / "control"


def test_nobody_listens(path):
    with pytest.raises(
        ServiceError, match=r"is not running \(nobody listens .*systemctl start"
    ):
        ask(path, {"do": "status"})


def test_who_may_not_is_told_the_group(path, monkeypatch):
    class Forbidden(socket.socket):
        def connect(self, address):
            raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(socket, "socket", Forbidden)
    monkeypatch.setenv("LOGNAME", "ann")
    with pytest.raises(ServiceError, match=r"you may not ask .*sudo usermod -aG zerodigit ann"):
        ask(path, {"do": "status"})


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        (b"", "broke off its answer"),
        (b'{"ok": tr', "broke off its answer"),
        (b"[]\n", "broke off its answer"),
        (b'{"ok": false}\n', "no reason given"),
        (None, "does not answer within 0.1 s"),
    ],
)
def test_a_service_that_answers_badly(path, answer, said):
    listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    listener.bind(str(path))
    listener.listen()
    over = threading.Event()

    def serve():
        client, _ = listener.accept()
        client.recv(100)
        if answer is None:
            over.wait(PATIENCE_S)
        else:
            client.sendall(answer)
        client.close()

    thread = threading.Thread(target=serve)
    thread.start()
    try:
        with pytest.raises(ServiceError, match=said):
            ask(path, {"do": "status"}, timeout_s=0.1 if answer is None else PATIENCE_S)
    finally:
        over.set()
        thread.join()
        listener.close()
