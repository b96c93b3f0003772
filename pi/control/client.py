"""Client of the control socket: one request, one answer, or one line that says why not."""

from __future__ import annotations

import getpass
import json
import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from core.errors import ServiceError, ZerodigitError
from core.files.foreign import escaped, parse_json, printable

SOCKET = "control"
"""Name of the socket in the run folder."""

RETRY_S = 0.05
"""A client that finds the queue of the socket full tries again after so long."""

LONGEST_ANSWER = 32 << 20
"""An answer of more bytes is cut off; a frame of 4096x4096 in base64 takes 22 million."""

MOST_VALUES = 100_000
"""An answer of more values is refused: each takes memory, however short it is written."""


class NoAnswerError(ServiceError):
    """A request was sent, and no answer came: nobody knows what has become of it."""


def ask(path: Path, request: dict[str, Any], timeout_s: float = 5.0) -> dict[str, Any]:
    """Send a request to the service behind the socket at ``path``, and return its answer.

    Raises
    ------
    ServiceError : it is not running, takes no request in ``timeout_s`` seconds, may not be
        asked by this user, or refuses the request.
    NoAnswerError : it has the request, and does not answer in time, or breaks off.
    """
    kind: type[ServiceError] = ServiceError
    deadline = time.monotonic() + timeout_s
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as connection:
        connection.settimeout(timeout_s)
        try:
            _connect(connection, path, deadline)
            connection.sendall(json.dumps(request).encode() + b"\n")
            kind = NoAnswerError
            line = _receive(connection, deadline)
        except (FileNotFoundError, ConnectionRefusedError, NotADirectoryError):
            raise ServiceError(
                f"the service is not running (nobody listens at {path}); start it with "
                "`sudo systemctl start zerodigit`, or read why: journalctl -u zerodigit"
            ) from None
        except PermissionError:
            raise ServiceError(
                f"{path}: you may not ask the service; join the group that may, "
                f"`sudo usermod -aG zerodigit {_user()}`, and log in again"
            ) from None
        except TimeoutError:
            raise kind(
                f"the service does not answer within {timeout_s:.2g} s; "
                "its log may tell why: journalctl -u zerodigit"
            ) from None
        except OSError as error:
            reason = error.strerror or str(error)
            raise kind(f"{path}: the service cannot be asked ({reason})") from None
    try:
        if any(line.count(mark) > MOST_VALUES for mark in (b",", b"[", b"{")):
            raise ValueError("too many values")
        answer = _escaped(parse_json(line))
    except ValueError:
        answer = None
    if not isinstance(answer, dict):
        raise NoAnswerError(
            f"{path}: the service broke off its answer; it may be stopping, or busy: try again"
        )
    if not answer.pop("ok", False):
        why = printable(str(answer.get("error", "no reason given")), 500)
        raise ServiceError(f"the service refuses: {why}")
    return answer


@contextmanager
def understood() -> Iterator[None]:
    """Around work on an answer: raises ServiceError if it is of another version, or none."""
    try:
        yield
    except (AttributeError, LookupError, OverflowError, TypeError, ValueError) as error:
        if isinstance(error, ZerodigitError):
            raise
        raise ServiceError(
            "the service answers in another way than this zerodigit understands "
            f"({type(error).__name__}: {printable(str(error), 100)}); if it is of another "
            "version: sudo systemctl restart zerodigit"
        ) from error


def _escaped(value: Any) -> Any:
    """A value from JSON whose texts are escaped."""
    if isinstance(value, str):
        return escaped(value)
    if isinstance(value, list):
        return [_escaped(each) for each in value]
    if isinstance(value, dict):
        return {escaped(name): _escaped(each) for name, each in value.items()}
    return value


def _connect(connection: socket.socket, path: Path, deadline: float) -> None:
    """Connect; while the queue is full, try again until the deadline."""
    while True:
        try:
            connection.connect(str(path))
            return
        except BlockingIOError:
            if time.monotonic() >= deadline:
                raise TimeoutError from None
            time.sleep(RETRY_S)


def _receive(connection: socket.socket, deadline: float) -> bytes:
    """The answer up to its newline or the end of the connection."""
    received = bytearray()
    while not received.endswith(b"\n") and len(received) < LONGEST_ANSWER:
        left_s = deadline - time.monotonic()
        if left_s <= 0:
            raise TimeoutError
        connection.settimeout(left_s)
        chunk = connection.recv(1 << 16)
        if not chunk:
            break
        received += chunk
    return bytes(received)


def _user() -> str:
    try:
        return getpass.getuser()
    except (OSError, KeyError):
        return "$USER"
