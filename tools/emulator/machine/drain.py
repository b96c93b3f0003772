"""A serial line that is read all the time, whatever else its owner waits for.

QEMU writes to a serial line with its lock held, and while that is full answers neither monitor
nor qtest: who asks there before reading on waits in vain. It writes single bytes, of which a
socket takes less than three hundred. Seen with QEMU 7.2 as pauses of half a minute.
"""

from __future__ import annotations

import contextlib
import socket
import threading

_SEND_S = 120.0


class DrainedLine:
    """The socket of a serial line, read by a thread of its own."""

    def __init__(self, line: socket.socket) -> None:
        self._line = line
        # For both threads; who waits to read goes by a time of its own.
        line.settimeout(_SEND_S)
        self._timeout_s: float | None = None
        self._came = threading.Condition()
        self._data = bytearray()
        self._over = False
        self._thread = threading.Thread(target=self._drain, name="serial line", daemon=True)
        self._thread.start()

    def settimeout(self, value: float | None) -> None:
        """Let :meth:`recv` wait at most so long."""
        self._timeout_s = value

    def sendall(self, data: bytes) -> None:
        """Send all of it."""
        self._line.sendall(data)

    def recv(self, size: int) -> bytes:
        """What came; nothing when the line is closed. Raises TimeoutError if nothing did."""
        with self._came:
            if not self._came.wait_for(lambda: self._data or self._over, self._timeout_s):
                raise TimeoutError("nothing came")
            data = bytes(self._data[:size])
            del self._data[:size]
            return data

    def close(self) -> None:
        """Let it go. May be called again."""
        with contextlib.suppress(OSError):
            self._line.shutdown(socket.SHUT_RDWR)
        self._thread.join()
        self._line.close()

    def _drain(self) -> None:
        while True:
            try:
                data = self._line.recv(1 << 16)
            except TimeoutError:
                continue
            except OSError:
                data = b""
            with self._came:
                self._data += data
                self._over = not data
                self._came.notify_all()
            if not data:
                return
