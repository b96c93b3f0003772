"""Fetching: verified files in place, and nothing half-written."""

from __future__ import annotations

import gzip
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from core.errors import DatasetError, StorageError
from tools.fetch_mnist.files import MNIST, default_folder, fetch, find_mnist, require_mnist
from tools.fetch_mnist.sources import FetchError, FetchProgress

CHECKOUT = Path(__file__).resolve().parents[3]


def test_good_files_arrive(tmp_path, mirror, files, content, held):
    fetch(tmp_path / "new" / "folder", files=files, mirrors=[mirror.url + "/"])
    assert held(tmp_path / "new" / "folder") == content
    assert [path for path, _ in mirror.asked] == [f"/{name}.gz" for name in content]
    assert {agent for _, agent in mirror.asked} == {"zerodigit-fetch-mnist/0.1"}


def test_verified_files_are_not_fetched_again(tmp_path, mirror, files):
    fetch(tmp_path, files=files, mirrors=[mirror.url])
    mirror.asked.clear()
    (tmp_path / files[1].name).unlink()
    fetch(tmp_path, files=files, mirrors=[mirror.url])
    assert [path for path, _ in mirror.asked] == [f"/{files[1].name}.gz"]
    mirror.asked.clear()
    fetch(tmp_path, files=files, mirrors=[mirror.url])
    assert mirror.asked == []


def test_mirrors_are_taken_from_the_environment(
    tmp_path, mirror, closed_url, monkeypatch, files, content, held
):
    monkeypatch.setenv("ZERODIGIT_MNIST_MIRROR", f"{closed_url} {mirror.url}")
    fetch(tmp_path, files=files)
    assert held(tmp_path) == content


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
def test_bad_file_is_not_left_in_place(
    tmp_path, mirror, spoil, error, says, files, content, held
):
    file = files[0]
    mirror.answers[f"/{file.name}.gz"] = spoil(content[file.name])
    with pytest.raises(error, match=rf"^{file.name}: [^\n]*{says}[^\n]*--source[^\n]*\Z"):
        fetch(tmp_path, files=files, mirrors=[mirror.url])
    assert held(tmp_path) == {}


def test_connection_dropped_half_way(tmp_path, mirror, files, held):
    file = files[0]
    mirror.cut[f"/{file.name}.gz"] = 700
    with pytest.raises((DatasetError, FetchError), match=file.name):
        fetch(tmp_path, files=files, mirrors=[mirror.url])
    assert held(tmp_path) == {}


def test_the_next_mirror_is_tried(tmp_path, start_mirror, closed_url, files, content, held):
    absent, wrong, good = start_mirror(), start_mirror(), start_mirror()
    absent.answers.clear()
    wrong.answers[f"/{files[0].name}.gz"] = gzip.compress(b"other")
    fetch(tmp_path, files=files, mirrors=[closed_url, absent.url, wrong.url, good.url])
    assert held(tmp_path) == content


def test_what_does_not_verify_is_set_aside_and_leftovers_go(
    tmp_path, mirror, files, content, held
):
    name = files[0].name
    (tmp_path / name).write_bytes(b"damaged")
    (tmp_path / f".{name}.123.tmp").write_bytes(b"half")
    fetch(tmp_path, files=files, mirrors=[mirror.url])
    assert held(tmp_path) == {**content, f"{name}.corrupt": b"damaged"}


def test_what_does_not_verify_is_not_left_in_place_even_offline(
    tmp_path, closed_url, files, held
):
    name = files[0].name
    (tmp_path / name).write_bytes(bytes(files[0].size))
    with pytest.raises(FetchError):
        fetch(tmp_path, files=files, mirrors=[closed_url])
    assert list(held(tmp_path)) == [f"{name}.corrupt"]


def test_folder_that_cannot_be_written(tmp_path, mirror, files):
    (tmp_path / "file").touch()
    with pytest.raises(StorageError, match=r"file/to: cannot be written"):
        fetch(tmp_path / "file" / "to", files=files, mirrors=[mirror.url])


def test_a_link_in_place_of_the_lock_is_not_followed(tmp_path, mirror, files):
    victim = tmp_path / "victim"
    victim.write_bytes(b"somebody else's")
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / ".lock").symlink_to(victim)
    with pytest.raises(StorageError, match="cannot be written"):
        fetch(tmp_path / "data", files=files, mirrors=[mirror.url])
    assert victim.read_bytes() == b"somebody else's"


def test_full_disk_leaves_nothing(tmp_path, mirror, files, held):
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
    fetch(Path({str(tmp_path)!r}), files={files!r}, mirrors=[{mirror.url!r}])
except StorageError as error:
    print(error)
"""
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=CHECKOUT, capture_output=True, text=True, check=True
    )
    assert f"{files[0].name}: cannot be written (File too large)" in done.stdout
    assert held(tmp_path) == {}


class Interrupting(FetchProgress):
    """Presses Ctrl-C when the first bytes have come."""

    def show(self, place, file, done):
        signal.raise_signal(signal.SIGINT)


def test_ctrl_c_leaves_nothing_half_written(tmp_path, mirror, files, held):
    with pytest.raises(KeyboardInterrupt):
        fetch(tmp_path, files=files, mirrors=[mirror.url], progress=Interrupting(None))
    assert held(tmp_path) == {}


def test_find_mnist_wants_all_four_at_full_length(tmp_path, monkeypatch):
    monkeypatch.setenv("ZERODIGIT_MNIST", str(tmp_path))
    assert default_folder() == tmp_path
    for file in MNIST:
        assert find_mnist() is None
        with open(tmp_path / file.name, "wb") as stream:
            stream.truncate(file.size)
    assert find_mnist() == require_mnist() == tmp_path
    os.truncate(tmp_path / MNIST[0].name, 100)
    assert find_mnist() is None
    with pytest.raises(DatasetError, match=r"python -m tools\.fetch_mnist"):
        require_mnist()
    assert require_mnist(tmp_path / "named") == tmp_path / "named"
    monkeypatch.delenv("ZERODIGIT_MNIST")
    assert default_folder() == CHECKOUT / ".mnist"
