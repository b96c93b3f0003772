"""What the tests of fetching share: two small files, and servers on the loopback."""

from __future__ import annotations

import gzip
import hashlib
import socket
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from tools.fetch_mnist.sources import RemoteFile

CONTENT = {"images-idx3-ubyte": bytes(range(256)) * 2000, "labels-idx1-ubyte": b"labels"}
FILES = [
    RemoteFile(name, hashlib.sha256(data).hexdigest(), len(data))
    for name, data in CONTENT.items()
]


class Mirror(ThreadingHTTPServer):
    """Serves what `answers` holds, path to bytes, and remembers what was asked."""

    def __init__(self):
        super().__init__(("127.0.0.1", 0), Handler)
        self.answers = {f"/{name}.gz": gzip.compress(data) for name, data in CONTENT.items()}
        self.cut = {}  # path -> bytes sent before the connection is dropped
        self.asked = []
        self.url = f"http://127.0.0.1:{self.server_port}"


class Handler(BaseHTTPRequestHandler):
    def do_GET(self):
        self.server.asked.append((self.path, self.headers["User-Agent"]))
        body = self.server.answers.get(self.path)
        if body is None:
            self.send_error(404)
            return
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body[: self.server.cut.get(self.path)])

    def log_message(self, *args):
        pass


@pytest.fixture
def start_mirror(monkeypatch):
    """Gives a function that starts one more server; all are closed at the end."""
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    servers = []

    def start():
        server = Mirror()
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        servers.append((server, thread))
        return server

    yield start
    for server, thread in servers:
        server.shutdown()
        thread.join()
        server.server_close()


@pytest.fixture
def mirror(start_mirror):
    return start_mirror()


@pytest.fixture
def closed_url():
    """The address of a port where nobody listens."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return f"http://127.0.0.1:{probe.getsockname()[1]}"


@pytest.fixture
def content():
    """The content of each file, by its name."""
    return CONTENT


@pytest.fixture
def files():
    """The two files as they are listed, of which one is larger than a piece."""
    return FILES


@pytest.fixture
def held():
    """A function that gives the files of a folder, less the lock."""

    def read(folder):
        return {p.name: p.read_bytes() for p in folder.iterdir() if p.name != ".lock"}

    return read
