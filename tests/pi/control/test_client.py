"""Asking the service: its answer, or one line that says what to do."""

from __future__ import annotations

import socket
import threading
import tracemalloc
from contextlib import contextmanager, suppress

import pytest

from core.errors import ConfigError, ServiceError
from pi.control.client import NoAnswerError, ask, understood

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
    ("answer", "said", "kind"),
    [
        (b"", "broke off its answer", NoAnswerError),
        (b'{"ok": tr', "broke off its answer", NoAnswerError),
        (b"[]\n", "broke off its answer", NoAnswerError),
        (b'{"ok": false}\n', "no reason given", ServiceError),
        (None, "does not answer within 0.1 s", NoAnswerError),
    ],
)
def test_a_service_that_answers_badly(path, answer, said, kind):
    with served(path, answer), pytest.raises(ServiceError, match=said) as caught:
        ask(path, {"do": "status"}, timeout_s=0.1 if answer is None else PATIENCE_S)
    assert caught.type is kind


@contextmanager
def served(path, answer):
    """A service that answers one request by these bytes, or by silence until the end."""
    listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    listener.bind(str(path))
    listener.listen()
    over = threading.Event()

    def serve():
        client, _ = listener.accept()
        with client, suppress(OSError):
            client.recv(100)
            if answer is None:
                over.wait(PATIENCE_S)
            else:
                client.sendall(answer)

    thread = threading.Thread(target=serve)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()
        listener.close()


HOSTILE = [
    b"[" * 1_000_000,
    b'{"a":' * 200_000,
    b"{" * 1_000_000,
    b'{"ok": true, "a": ' + b"[" * 100 + b"]" * 100 + b"}\n",
    b'{"ok": true, "a": ' + b'{"a":' * 70 + b"1" + b"}" * 71 + b"\n",
    b'{"ok": true, "a": [' + b"[]," * 300_000 + b"[]]}\n",
    b'{"ok": true, "a": [' + b"{}," * 300_000 + b"{}]}\n",
    b'{"ok": true, "a": [' + b"1," * 480_000 + b"1]}\n",
    b'{"ok": true, "a": [' + b'"",' * 300_000 + b'""]}\n',
    b'{"ok": true, "a": ' + b"9" * 900_000 + b"}\n",
    b'{"ok": true, "a": 1e999}\n',
    b'{"ok": true, "a": ' + b"0." + b"3" * 900_000 + b"}\n",
    b'{"ok": true, "a": NaN}\n',
    b'{"ok": true, "a": -Infinity}\n',
    b'{"ok": true, "a": "\xff\xfe"}\n',
    b"\xff" * 1_000_000,
    b"\0" * 1_000_000,
    b'"' + b"x" * 1_000_000 + b'"\n',
    b"1\n",
    b"null\n",
    b'{"ok": false, "error": "' + b"x" * 1_000_000 + b'"}\n',
    b'{"ok": false, "error": {"a": ["\\u001b[2J"]}}\n',
    b'{"ok": [], "a": 1}\n',
]


@pytest.mark.parametrize("answer", HOSTILE, ids=lambda answer: repr(answer[:30]))
def test_a_hostile_answer_is_an_error_of_bounded_length(path, answer):
    with served(path, answer):
        tracemalloc.start()
        try:
            with pytest.raises(ServiceError) as caught:
                ask(path, {"do": "status"}, timeout_s=PATIENCE_S)
            assert tracemalloc.get_traced_memory()[1] < 48_000_000  # the sender's buffers, too
        finally:
            tracemalloc.stop()
    assert len(str(caught.value)) < 1000
    assert str(caught.value).isprintable()


def test_an_answer_has_nothing_that_steers_a_terminal(path):
    answer = (
        b'{"ok": true, "a\\u0007": ["b\\u001b[2J\\nc", {"d": "e\\u009b", "f": "\xc3\xbc"}]}\n'
    )
    with served(path, answer):
        assert ask(path, {}, timeout_s=PATIENCE_S) == {
            r"a\x07": [r"b\x1b[2J\nc", {"d": r"e\x9b", "f": "ü"}]
        }


def test_a_large_frame_is_passed_on(path):
    frame = b"A" * (22 << 20)
    with served(path, b'{"ok": true, "frame": "' + frame + b'"}\n'):
        assert ask(path, {}, timeout_s=PATIENCE_S)["frame"] == frame.decode()


def test_an_answer_of_another_version():
    answer = {"none": None, "text": "x", "list": []}
    for wrong in (
        lambda: answer["camera"],
        lambda: answer["none"]["x"],
        lambda: f"{answer['text']:.2f}",
        lambda: answer["list"].items(),
        lambda: int(answer["text"]),
    ):
        with pytest.raises(ServiceError, match="in another way than this"), understood():
            wrong()
    with pytest.raises(ConfigError, match="no"), understood():
        raise ConfigError("no")
