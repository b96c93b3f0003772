"""The local socket, the service's side: who may, asks how it goes and what it sees.

A UNIX socket in the run folder; no network. A request is one line of JSON, ``{"do":
"status"}``, the answer is one line of JSON, and then the connection ends.

All of it happens in one thread that never waits for a client: sockets do not block, requests,
clients and their time are bounded, and requests a second are, too, so that nobody who may ask
can slow the frames down.
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
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Self

from core.errors import ServiceError

_log = logging.getLogger(__name__)

MODE = 0o660

LONGEST_REQUEST = 4096
"""Bytes, with the newline."""

MOST_CLIENTS = 8
"""At once; one more, and the one that has been slowest to ask is dropped for it."""

PATIENCE_S = 3.0
"""For a request to come, and for its answer to be taken."""

A_SECOND = 20
"""Requests; what comes beyond waits in the queue of the kernel."""

Answer = Mapping[str, Any]
Verb = Callable[[dict[str, Any]], Answer]


@dataclass(eq=False)
class _Client:
    socket: socket.socket
    until: float
    request: bytearray = field(default_factory=bytearray)
    answer: memoryview = field(default_factory=lambda: memoryview(b""))

    @property
    def asking(self) -> bool:
        """Whether its request has not come yet."""
        return not self.answer


class ControlServer:
    """Answers on ``path``, from :meth:`start` to :meth:`close`.

    Parameters
    ----------
    path : of the socket. One that was left behind is replaced, so hold the lock of the folder.
    verbs : what can be asked, and who answers. Called in the server's thread with the request;
        must neither block nor be slow. What it raises is told to the client as an error.
    group : who may connect besides this user; where there is no such group, nobody.
    clock : seconds that never go backwards.

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
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._path = path
        self._verbs = verbs
        self._clock = clock
        self._clients: set[_Client] = set()
        self._allowance = float(A_SECOND)
        self._allowed_at = clock()
        self._listener = _listen(path, group)
        self._wake, self._waker = socket.socketpair()
        self._selector = selectors.DefaultSelector()
        self._selector.register(self._wake, selectors.EVENT_READ)
        self._selector.register(self._listener, selectors.EVENT_READ)
        self._listening = True
        name = "zerodigit-control"
        self._thread = threading.Thread(target=self._serve, name=name, daemon=True)

    def start(self) -> Self:
        """Begin to answer."""
        self._thread.start()
        return self

    def close(self) -> None:
        """End the thread, drop the clients, remove the socket. May be called again."""
        if self._waker.fileno() < 0:
            return
        self._waker.close()
        if self._thread.is_alive():
            self._thread.join(PATIENCE_S)
        with contextlib.suppress(OSError):
            self._path.unlink()
        for client in list(self._clients):
            self._drop(client)
        self._selector.close()
        self._listener.close()
        self._wake.close()

    def _serve(self) -> None:
        while True:
            ready = self._selector.select(self._timeout())
            for key, _ in ready:
                if key.fileobj is self._wake:
                    return
                if key.fileobj is self._listener:
                    self._accept()
                elif key.data in self._clients:
                    self._attend(key.data)
            self._tidy()

    def _timeout(self) -> float | None:
        """Until when nothing happens by itself, in seconds from now."""
        waits = [client.until - self._clock() for client in self._clients]
        if not self._listening:
            waits.append((1 - self._allowance) / A_SECOND)
        return max(0.0, min(waits)) if waits else None

    def _accept(self) -> None:
        try:
            connection, _ = self._listener.accept()
        except OSError as error:
            if error.errno not in (errno.EAGAIN, errno.ECONNABORTED):
                _log.warning("a client of the control socket was lost (%s)", error.strerror)
                self._allowance = 0.0  # no descriptors left: not again at once
            return
        connection.setblocking(False)
        self._allowance -= 1
        if len(self._clients) >= MOST_CLIENTS:
            self._drop(min(self._clients, key=lambda client: client.until))
        client = _Client(connection, self._clock() + PATIENCE_S)
        self._clients.add(client)
        self._selector.register(connection, selectors.EVENT_READ, client)

    def _attend(self, client: _Client) -> None:
        """Take more of its request, or give more of the answer."""
        try:
            if client.asking:
                self._receive(client)
            if not client.asking:
                client.answer = client.answer[client.socket.send(client.answer) :]
                if not client.answer:
                    self._drop(client)
        except BlockingIOError:
            pass
        except OSError:
            self._drop(client)

    def _receive(self, client: _Client) -> None:
        chunk = client.socket.recv(LONGEST_REQUEST)
        line, newline, _ = chunk.partition(b"\n")
        client.request += line
        if len(client.request) >= LONGEST_REQUEST:
            answer = _refusal(f"a request has at most {LONGEST_REQUEST} bytes")
        elif newline or (not chunk and client.request):
            answer = self._answer(bytes(client.request))
        elif not chunk:
            self._drop(client)
            return
        else:
            return
        client.request.clear()
        client.answer = memoryview(json.dumps(answer).encode() + b"\n")
        client.until = self._clock() + PATIENCE_S
        self._selector.modify(client.socket, selectors.EVENT_WRITE, client)

    def _answer(self, line: bytes) -> Answer:
        try:
            request = json.loads(line)
        except (ValueError, RecursionError):
            return _refusal('not JSON; ask for example {"do": "status"}')
        verb = request.get("do") if isinstance(request, dict) else None
        if not isinstance(verb, str) or verb not in self._verbs:
            return _refusal(f'"do" must be one of {", ".join(sorted(self._verbs))}')
        try:
            return {"ok": True, **self._verbs[verb](request)}
        except ServiceError as error:
            return _refusal(str(error))
        except Exception as error:
            _log.exception("the request %r failed", verb)
            return _refusal(f"{type(error).__name__}; the log of the service has the rest")

    def _tidy(self) -> None:
        """Drop whose time is over; listen as long as requests are not too many."""
        now = self._clock()
        for client in [each for each in self._clients if each.until <= now]:
            self._drop(client)
        self._allowance = min(A_SECOND, self._allowance + (now - self._allowed_at) * A_SECOND)
        self._allowed_at = now
        listen = self._allowance >= 1
        if listen and not self._listening:
            self._selector.register(self._listener, selectors.EVENT_READ)
        elif self._listening and not listen:
            self._selector.unregister(self._listener)
        self._listening = listen

    def _drop(self, client: _Client) -> None:
        self._clients.discard(client)
        self._selector.unregister(client.socket)
        client.socket.close()


def _refusal(message: str) -> Answer:
    return {"ok": False, "error": message}


def _listen(path: Path, group: str) -> socket.socket:
    listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM | socket.SOCK_CLOEXEC)
    try:
        with contextlib.suppress(FileNotFoundError):
            path.unlink()
        # Nobody else may connect in the moment before the group has it.
        before = os.umask(0o177)
        try:
            listener.bind(str(path))
        finally:
            os.umask(before)
        _give_to(path, group)
        path.chmod(MODE)
        listener.listen(4 * MOST_CLIENTS)
    except OSError as error:
        listener.close()
        reason = error.strerror or str(error)
        raise ServiceError(f"{path}: cannot listen there ({reason})") from error
    listener.setblocking(False)
    return listener


def _give_to(path: Path, group: str) -> None:
    if not group:
        return
    try:
        number = grp.getgrnam(group).gr_gid
        # The sandbox forbids chown, and for the service's own group it is not needed.
        if path.stat().st_gid != number:
            os.chown(path, -1, number)
    except KeyError:
        _log.debug("there is no group %s; only this user may ask the service", group)
    except OSError as error:
        _log.warning("%s: cannot be given to the group %s (%s)", path, group, error.strerror)
