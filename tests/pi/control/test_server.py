from __future__ import annotations

import grp
import json
import os
import socket
import stat
import threading
import time

import pytest

from core.errors import ServiceError
from pi.control import server
from pi.control.client import ask
from pi.control.server import ControlServer

PATIENCE_S = 60.0


@pytest.fixture
def path(tmp_path):
    return tmp_path / "control"


@pytest.fixture
def serve(path):
    """A function that serves these verbs; closed at the end."""
    made = []

    def start(**options):
        verbs = {"status": lambda request: {"frames": 3}, "echo": lambda request: request}
        made.append(ControlServer(path, verbs | options.pop("verbs", {}), **options).start())
        return made[-1]

    yield start
    for each in made:
        each.close()


def connect(path):
    client = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    client.settimeout(PATIENCE_S)
    client.connect(str(path))
    return client


def talk(path, *pieces, end=False):
    """Send the pieces, and give all that comes back until the end."""
    with connect(path) as client:
        try:
            for piece in pieces:
                client.sendall(piece)
            if end:
                client.shutdown(socket.SHUT_WR)
            received = b""
            while chunk := client.recv(1 << 16):
                received += chunk
        except (BrokenPipeError, ConnectionResetError):
            pass
        return received


def test_a_request_and_its_answer(serve, path):
    serve()
    assert ask(path, {"do": "status"}) == {"frames": 3}
    assert ask(path, {"do": "echo", "x": [1, "ü"]}) == {"do": "echo", "x": [1, "ü"]}


def test_the_answer_is_one_line_of_json(serve, path):
    serve()
    assert talk(path, b'{"do": "status"}\n') == b'{"ok": true, "frames": 3}\n'


@pytest.mark.parametrize(
    ("pieces", "end"),
    [
        ((b'{"do": ', b'"status"}\n'), False),
        ((b'{"do": "status"}',), True),
        ((b'{"do": "status"}\r\n',), False),
        ((b'{"do": "status"}\n{"do": "echo"}\n',), False),
    ],
)
def test_requests_in_pieces(serve, path, pieces, end):
    serve()
    assert talk(path, *pieces, end=end) == b'{"ok": true, "frames": 3}\n'


@pytest.mark.parametrize(
    ("request_", "said"),
    [
        (b"\n", "not JSON"),
        (b"\xff\x00\n", "not JSON"),
        (b"[" * 4000 + b"\n", "not JSON"),
        (b"x" * 4097 + b"\n", "at most 4096 bytes"),
        (b'"status"\n', "must be one of echo, status"),
        (b'{"do": ["status"]}\n', "must be one of echo, status"),
        (b'{"do": "__init__"}\n', "must be one of echo, status"),
    ],
)
def test_what_is_refused(serve, path, request_, said):
    serve()
    answer = json.loads(talk(path, request_) or "{}")
    # A client that still has something to say when it is refused may never hear why.
    if len(request_) <= server.LONGEST_REQUEST or answer:
        assert answer["ok"] is False
        assert said in answer["error"]
    assert ask(path, {"do": "status"})


def test_nothing_at_all_is_answered_by_nothing(serve, path):
    serve()
    assert talk(path, end=True) == b""


def test_what_a_verb_says_is_told(serve, path, caplog):
    def refuse(request):
        raise ServiceError("not yet")

    def break_(request):
        raise KeyError("x")

    serve(verbs={"refuse": refuse, "break": break_})
    with pytest.raises(ServiceError, match="the service refuses: not yet"):
        ask(path, {"do": "refuse"})
    with pytest.raises(ServiceError, match="KeyError; the log"):
        ask(path, {"do": "break"})
    assert "KeyError: 'x'" in caplog.text
    assert ask(path, {"do": "status"})


def test_a_large_answer_that_is_taken_slowly(serve, path):
    large = "x" * 3_000_000
    serve(verbs={"large": lambda request: {"large": large}})
    slow = connect(path)
    slow.sendall(b'{"do": "large"}\n')
    # While it does not read, others are answered.
    assert ask(path, {"do": "status"})
    received = b""
    while chunk := slow.recv(1 << 16):
        received += chunk
    slow.close()
    assert json.loads(received)["large"] == large


def test_half_open_clients_are_dropped_in_time(serve, path):
    serve(patience_s=0.05)
    with connect(path) as client:
        client.sendall(b'{"do"')
        assert client.recv(10) == b""


def test_too_many_half_open_clients_keep_nobody_out(serve, path):
    """However long they may take, the answer comes all the same."""
    serve(patience_s=1e6)
    held = [connect(path) for _ in range(server.MOST_CLIENTS + 4)]
    assert ask(path, {"do": "status"})
    for client in held:
        client.close()


def test_no_more_requests_a_second_than_agreed(serve, path):
    served = []
    serve(verbs={"count": lambda request: served.append(1) or {}})
    began = time.monotonic()
    count = server.REQUESTS_A_SECOND + 6
    for _ in range(count):
        ask(path, {"do": "count"})
    took = time.monotonic() - began
    assert len(served) == count
    assert took >= (count - server.REQUESTS_A_SECOND - 1) / server.REQUESTS_A_SECOND


def test_who_may_connect(serve, path):
    group = grp.getgrgid(os.getegid()).gr_name
    serve(group=group)
    status = path.stat()
    assert stat.S_IMODE(status.st_mode) == 0o660
    assert status.st_gid == os.getegid()


def test_its_own_group_needs_no_chown_which_is_forbidden(serve, path, monkeypatch, caplog):
    def forbidden(*arguments):
        raise PermissionError(1, "Operation not permitted")

    monkeypatch.setattr(os, "chown", forbidden)
    serve(group=grp.getgrgid(os.getegid()).gr_name)
    assert path.stat().st_gid == os.getegid()
    assert caplog.text == ""


def test_a_group_that_is_not_there(serve, path):
    serve(group="no-such-group")
    assert stat.S_IMODE(path.stat().st_mode) == 0o660
    assert ask(path, {"do": "status"})


def test_one_that_was_left_behind_is_replaced(serve, path):
    left = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    left.bind(str(path))
    left.close()
    with pytest.raises(ServiceError, match="is not running"):
        ask(path, {"do": "status"})
    serve()
    assert ask(path, {"do": "status"})


def test_closing_removes_it_and_ends_the_threads(serve, path):
    before = threading.active_count()
    server = serve(patience_s=1e6)
    with connect(path):
        assert ask(path, {"do": "status"})
        server.close()
        server.close()
    assert not path.exists()
    assert threading.active_count() == before


def test_closing_one_that_never_began(path):
    ControlServer(path, {}).close()
    assert list(path.parent.iterdir()) == []


def test_a_client_more_ends_the_oldest(serve, path):
    before = threading.active_count()
    serve(patience_s=1e6)
    held = [connect(path) for _ in range(server.MOST_CLIENTS + 3)]
    assert [client.recv(10) for client in held[:3]] == [b""] * 3
    assert threading.active_count() == before + 1
    for client in held:
        client.close()


def test_a_path_that_is_too_long(tmp_path):
    with pytest.raises(ServiceError, match="cannot listen there"):
        ControlServer(tmp_path / ("x" * 120), {})


@pytest.mark.parametrize("lay", [os.mkdir, os.mkfifo, lambda path: os.symlink("nowhere", path)])
def test_what_lies_at_its_name_makes_way(path, serve, lay):
    lay(path)
    serve()
    assert ask(path, {"do": "status"}) == {"frames": 3}
    assert not (path.parent / "nowhere").exists()


def test_a_socket_that_cannot_have_its_name_leaves_nothing(path, serve):
    with pytest.raises(ServiceError, match="cannot listen there"):
        ControlServer(path / "there", {})
    assert not list(path.parent.iterdir())
