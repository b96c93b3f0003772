"""Server of the control socket: answers ``status``, ``look``, ``label`` and ``ticket``.

A UNIX socket in the run folder, for this machine; no network. A request is one line of JSON,
``{"do": "status"}``, the answer is one line of JSON, and then the connection ends.

All of it happens in one thread that never waits for a client: sockets do not block, and
clients, the length of their requests, their time and the requests a second are bounded, so that
nobody who may ask can slow the frames down. Not socketserver: one thread for all would wait for
each client, and a thread for each takes 8 MB of stack of what LimitDATA allows the service.
"""

from __future__ import annotations

import contextlib
import errno
import grp
import json
import logging
import os
import selectors
import socket
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

from core.errors import ServiceError

_log = logging.getLogger(__name__)

MODE = 0o660

LONGEST_REQUEST = 4096
"""A request of so many bytes or more, with its newline, is refused."""

MOST_CLIENTS = 8
"""One client more at the same time, and the one that has had most of its time is dropped."""

PATIENCE_S = 3.0
"""A client is dropped when its request takes longer to come, or its answer to be taken."""

REQUESTS_A_SECOND = 20
"""Beyond so many, clients wait in the queue of the kernel."""

Verb = Callable[[dict[str, Any]], Mapping[str, Any]]


@dataclass(eq=False)
class _Client:
    """A connection: its request until that has come, then the rest of its answer."""

    socket: socket.socket
    until: float
    request: bytes = b""
    answer: memoryview | None = None


class ControlServer:
    """Answers on ``path``, from :meth:`start` to :meth:`close`, in one thread.

    Parameters
    ----------
    path : of the socket. One that was left behind is replaced, so hold the lock of the folder.
    verbs : functions that answer, by what is asked. Called with the request in the server's
        thread; must neither block nor be slow. What they raise is told to the client.
    group : may connect besides this user; where there is no such group, nobody else may.
    patience_s : see PATIENCE_S.

    Raises
    ------
    ServiceError : the socket cannot be made.
    """

    def __init__(
        self,
        path: Path,
        verbs: Mapping[str, Verb],
        *,
        group: str = "",
        patience_s: float = PATIENCE_S,
    ) -> None:
        self._path = path
        self._verbs = verbs
        self._patience_s = patience_s
        self._listener = _listen(path, group)
        self._selector = selectors.DefaultSelector()
        self._selector.register(self._listener, selectors.EVENT_READ)
        self._clients: list[_Client] = []
        self._accept_s = 0.0
        self._closed = threading.Event()
        name = "zerodigit-control"
        self._thread = threading.Thread(target=self._serve, name=name, daemon=True)

    def start(self) -> Self:
        """Begin to answer."""
        self._thread.start()
        return self

    def close(self) -> None:
        """End the thread, drop the clients, remove the socket. May be called again."""
        if self._closed.is_set():
            return
        self._closed.set()
        # Wakes the thread: a listener that is shut down is ready.
        self._listener.shutdown(socket.SHUT_RDWR)
        if self._thread.is_alive():
            self._thread.join(self._patience_s)
        with contextlib.suppress(OSError):
            self._path.unlink()
        for client in self._clients:
            client.socket.close()
        self._selector.close()
        self._listener.close()

    def _serve(self) -> None:
        while not self._closed.is_set():
            waits = [client.until - time.monotonic() for client in self._clients]
            for key, _ in self._selector.select(max(0.0, min(waits)) if waits else None):
                if key.data is None:
                    self._accept()
                elif key.data in self._clients and not self._attend(key.data):
                    self._drop(key.data)
            now = time.monotonic()
            for client in [each for each in self._clients if each.until <= now]:
                self._drop(client)

    def _accept(self) -> None:
        """Take a client in, when there were not too many in the last second."""
        now = time.monotonic()
        self._closed.wait(max(0.0, self._accept_s - now))
        self._accept_s = max(self._accept_s, now - 1.0) + 1 / REQUESTS_A_SECOND
        try:
            connection, _ = self._listener.accept()
        except OSError as error:
            if not self._closed.is_set() and error.errno not in (
                errno.EAGAIN,
                errno.ECONNABORTED,
            ):
                _log.warning("a client of the control socket was lost (%s)", error.strerror)
                self._closed.wait(1.0)  # no descriptors left: not again at once
            return
        connection.setblocking(False)
        if len(self._clients) >= MOST_CLIENTS:
            self._drop(min(self._clients, key=lambda client: client.until))
        client = _Client(connection, time.monotonic() + self._patience_s)
        self._clients.append(client)
        self._selector.register(connection, selectors.EVENT_READ, client)

    def _attend(self, client: _Client) -> bool:
        """Take more of the request, or give more of the answer; whether more is to come."""
        try:
            if client.answer is None:
                chunk = client.socket.recv(LONGEST_REQUEST)
                client.request += chunk
                if chunk and b"\n" not in chunk and len(client.request) < LONGEST_REQUEST:
                    return True
                if not client.request:
                    return False
                answer = json.dumps(self._answer(client.request)).encode() + b"\n"
                client.answer = memoryview(answer)
                client.until = time.monotonic() + self._patience_s
                self._selector.modify(client.socket, selectors.EVENT_WRITE, client)
            client.answer = client.answer[client.socket.send(client.answer) :]
        except BlockingIOError:
            return True
        except OSError:
            return False
        return bool(client.answer)

    def _answer(self, request: bytes) -> Mapping[str, Any]:
        line, _, _ = request.partition(b"\n")
        if len(line) >= LONGEST_REQUEST:
            return _refusal(f"a request has at most {LONGEST_REQUEST} bytes")
        try:
            asked = json.loads(line)
        except (ValueError, RecursionError):
            return _refusal('not JSON; ask for example {"do": "status"}')
        verb = asked.get("do") if isinstance(asked, dict) else None
        if not isinstance(verb, str) or verb not in self._verbs:
            return _refusal(f'"do" must be one of {", ".join(sorted(self._verbs))}')
        try:
            return {"ok": True, **self._verbs[verb](asked)}
        except ServiceError as error:
            return _refusal(str(error))
        except Exception as error:
            _log.exception("the request %r failed", verb)
            return _refusal(f"{type(error).__name__}; the log of the service has the rest")

    def _drop(self, client: _Client) -> None:
        self._clients.remove(client)
        self._selector.unregister(client.socket)
        client.socket.close()


def _listen(path: Path, group: str) -> socket.socket:
    """A socket that only gets its name when it is the group's and listens."""
    listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    # A name that nobody can lay anything at before.
    new = path.with_name(f".{path.name}.{os.urandom(4).hex()}")
    try:
        before = os.umask(0o777 & ~MODE)
        try:
            listener.bind(str(new))
        finally:
            os.umask(before)
        _give_to(new, group)
        listener.listen(4 * MOST_CLIENTS)
        try:
            new.rename(path)
        except IsADirectoryError:
            path.rename(new.with_suffix(".aside"))
            new.rename(path)
    except OSError as error:
        listener.close()
        with contextlib.suppress(OSError):
            new.unlink()
        reason = error.strerror or str(error)
        raise ServiceError(f"{path}: cannot listen there ({reason})") from error
    listener.setblocking(False)
    return listener


def _refusal(message: str) -> Mapping[str, Any]:
    return {"ok": False, "error": message}


def _give_to(path: Path, group: str) -> None:
    if not group:
        return
    try:
        number = grp.getgrnam(group).gr_gid
        # The sandbox forbids chown, and for the service's own group it is not needed.
        if path.lstat().st_gid != number:
            os.lchown(path, -1, number)
    except KeyError:
        _log.debug("there is no group %s; only this user may ask the service", group)
    except OSError as error:
        _log.warning("%s: cannot be given to the group %s (%s)", path, group, error.strerror)
