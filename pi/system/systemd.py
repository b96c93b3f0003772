"""Notifications to systemd: ready, alive, reloading, stopping. Standard library alone.

The protocol is that of sd_notify(3): datagrams of ``KEY=value`` lines to the socket that
``$NOTIFY_SOCKET`` names. Without that variable nothing is sent, and nothing complains.
"""

from __future__ import annotations

import logging
import os
import socket
import time
from collections.abc import Callable, Mapping, MutableMapping

_log = logging.getLogger(__name__)

_CLOCK = time.CLOCK_MONOTONIC

WAIT_S = 2.0
"""A message that must not be lost waits at most so long for room in systemd's queue."""

FEED_SHARE = 0.1
"""The watchdog is fed at most once in this share of its time."""


_HOMES = ("/home/", "/root/", "/run/user/")


def hidden(path: str | os.PathLike[str], environ: Mapping[str, str] = os.environ) -> str:
    """What to add to an error about a path that systemd hides from its units; else ""."""
    if "INVOCATION_ID" in environ and os.path.abspath(path).startswith(_HOMES):
        try:
            os.stat(path)
        except PermissionError:
            return (
                "; systemd hides home folders from zerodigit (ProtectHome in its unit): put it "
                "into /var/lib/zerodigit"
            )
        except OSError:
            pass
    return ""


def sealed(environ: Mapping[str, str] = os.environ) -> str:
    """What to do about a path that is read-only while the unit's own folder is not: no card
    fails, systemd seals the rest of the system; else ""."""
    own = environ.get("STATE_DIRECTORY", "").partition(":")[0]
    if "INVOCATION_ID" in environ and own and os.access(own, os.W_OK):
        return (
            f"systemd lets zerodigit write into {own} alone (ProtectSystem in its unit): put "
            "it there, or name its folder as ReadWritePaths in `sudo systemctl edit zerodigit`"
        )
    return ""


class Notifier:
    """Notifies the service manager.

    Takes ``NOTIFY_SOCKET`` and the ``WATCHDOG_`` variables out of the environment, so that no
    child process speaks in our name. A message that cannot be sent is logged once, and
    otherwise lost: a service does not stop because nobody listens.

    Parameters
    ----------
    environ : the environment, changed as said.
    clock_us : microseconds of CLOCK_MONOTONIC.

    Attributes
    ----------
    watchdog_s : how often :meth:`alive` must be called at least, in seconds, or systemd ends
        us; None where nobody watches.
    """

    def __init__(
        self,
        environ: MutableMapping[str, str] = os.environ,
        clock_us: Callable[[], int] = lambda: time.clock_gettime_ns(_CLOCK) // 1000,
    ) -> None:
        address = environ.pop("NOTIFY_SOCKET", "")
        self.watchdog_s = _watchdog_period(environ)
        self._clock_us = clock_us
        self._complained = False
        self._fed_us: int | None = None
        self._status = ""
        self._socket: socket.socket | None = None
        if not address:
            return
        if address[0] not in "/@":
            _log.warning("systemd is not told: NOTIFY_SOCKET is %r, no UNIX socket", address)
            return
        self._address = "\0" + address[1:] if address[0] == "@" else address
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC)

    @property
    def enabled(self) -> bool:
        """Whether there is a service manager to notify."""
        return self._socket is not None

    def ready(self) -> None:
        """The service is up, or done with reloading."""
        self._send("READY=1")

    def status(self, text: str) -> None:
        """One line for ``systemctl status``; sent only when it is another than the last."""
        text = " ".join(text.split())
        if text != self._status:
            self._status = text
            self._send(f"STATUS={text}", wait_s=0)

    def alive(self) -> None:
        """Feed the watchdog, if there is one and it has not just been fed.

        Call it after each piece of work, as often as that comes. It never waits.
        """
        if self.watchdog_s is None:
            return
        now = self._clock_us()
        if self._fed_us is None or now - self._fed_us >= self.watchdog_s * 1e6 * FEED_SHARE:
            self._fed_us = now
            self._send("WATCHDOG=1", wait_s=0)

    def reloading(self) -> None:
        """The configuration is being read again; :meth:`ready` ends it."""
        self._send(f"RELOADING=1\nMONOTONIC_USEC={self._clock_us()}")

    def stopping(self) -> None:
        """The service is about to end."""
        self._send("STOPPING=1")

    def extend_timeout(self, seconds: float) -> None:
        """Starting, or stopping, takes up to so many seconds more from now."""
        self._send(f"EXTEND_TIMEOUT_USEC={round(seconds * 1e6)}")

    def close(self) -> None:
        """Send nothing any more. May be called again."""
        if self._socket is not None:
            self._socket.close()
            self._socket = None

    def _send(self, message: str, wait_s: float = WAIT_S) -> None:
        if self._socket is None:
            return
        try:
            self._socket.settimeout(wait_s)
            # Unconnected, poll(2) would call a full queue writable, and the wait be a busy one.
            self._socket.connect(self._address)
            self._socket.send(message.encode())
        except OSError as error:
            if not self._complained:
                self._complained = True
                reason = error.strerror or str(error)
                _log.warning("systemd could not be told %s (%s)", message, reason)


def _watchdog_period(environ: MutableMapping[str, str]) -> float | None:
    """Seconds, from ``WATCHDOG_USEC``, if ``WATCHDOG_PID`` means this process or nobody."""
    period = environ.pop("WATCHDOG_USEC", "")
    meant = environ.pop("WATCHDOG_PID", "")
    if not period.isdecimal() or int(period) == 0 or meant not in ("", str(os.getpid())):
        return None
    return int(period) / 1e6
