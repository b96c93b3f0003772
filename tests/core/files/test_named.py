"""Files that the user named: regular ones, standard input, pipes, FIFOs, terminals, devices."""

from __future__ import annotations

import os
import pty
import select
import socket
import threading
import time
from contextlib import suppress

import pytest

from core.files.foreign import UnfitFileError
from core.files.named import open_named, shown

LARGEST = 1 << 20


def content(path, **options):
    with open_named(path, LARGEST, **options) as file:
        length = file.seek(0, os.SEEK_END)
        file.seek(0)
        data = file.read()
    assert len(data) == length
    return data


def refusal(path):
    with pytest.raises(UnfitFileError) as caught:
        open_named(path, LARGEST, patience_s=0)
    assert caught.value.filename == str(path)
    return caught.value.strerror


@pytest.fixture
def pipe():
    """The ends of a pipe into which "content" was written, and which is closed."""
    out, into = os.pipe()
    os.write(into, b"content")
    os.close(into)
    yield out
    os.close(out)


def test_a_regular_file_of_any_size(tmp_path):
    (tmp_path / "file").write_bytes(bytes(LARGEST + 1))
    (tmp_path / "link").symlink_to("file")
    assert len(content(tmp_path / "link")) == LARGEST + 1


def test_an_open_pipe_and_a_link_to_it(pipe, tmp_path):
    (tmp_path / "link").symlink_to(f"/dev/fd/{pipe}")
    assert content(tmp_path / "link") == b"content"
    assert refusal(f"/dev/fd/{pipe}") == "nothing came out of it"
    os.fstat(pipe)  # is open still


def test_standard_input(pipe, tmp_path):
    before = os.dup(0)
    try:
        for name in ("-", "/dev/stdin"):
            (tmp_path / "file").write_bytes(b"of a file")
            with open(tmp_path / "file") as file:
                os.dup2(file.fileno(), 0)
                assert content(name) == b"of a file"
        os.dup2(pipe, 0)
        assert content("-") == b"content"
        with open(os.devnull) as nothing:
            os.dup2(nothing.fileno(), 0)
        assert refusal("-") == "nothing came out of it"
    finally:
        os.dup2(before, 0)
        os.close(before)


def test_a_fifo_is_read_to_its_end(tmp_path):
    os.mkfifo(tmp_path / "fifo")
    writer = threading.Thread(target=(tmp_path / "fifo").write_bytes, args=(b"content",))
    writer.start()
    assert content(tmp_path / "fifo", patience_s=60) == b"content"
    writer.join()


def test_a_fifo_that_nobody_writes_into_is_not_waited_for(tmp_path):
    os.mkfifo(tmp_path / "fifo")
    assert refusal(tmp_path / "fifo") == "nobody writes into it"


def test_a_fifo_that_is_open_and_empty_is_waited_for(tmp_path):
    os.mkfifo(tmp_path / "fifo")
    into = os.open(tmp_path / "fifo", os.O_RDWR)
    found = []
    reader = threading.Thread(
        target=lambda: found.append(content(tmp_path / "fifo", patience_s=0))
    )
    reader.start()
    os.write(into, b"late")
    while reader.is_alive() and select.select([into], [], [], 0)[0]:  # not yet taken
        time.sleep(0)
    os.close(into)
    reader.join()
    assert found == [b"late"]


def test_a_pipe_without_end_is_not_read_to_it():
    ours, theirs = socket.socketpair()

    def write():
        with suppress(OSError):
            while True:
                theirs.sendall(bytes(1 << 16))

    writer = threading.Thread(target=write)
    writer.start()
    assert refusal(f"/dev/fd/{ours.fileno()}") == "is larger than 1 MiB"
    ours.close()
    writer.join()
    theirs.close()


def test_a_terminal_and_a_device_are_refused():
    ours, theirs = pty.openpty()
    assert refusal(f"/dev/fd/{theirs}") == "is a terminal; send a file into it"
    assert refusal("/dev/zero") == "is not a regular file"
    os.close(ours)
    os.close(theirs)


@pytest.mark.parametrize("name", ["/dev/fd/987654", "/dev/fd/" + "9" * 30, "/dev/fd/x", "fd/3"])
def test_what_is_not_open(name):
    with pytest.raises(OSError, match=r"No such file|Bad file"):
        open_named(name, LARGEST)


def test_a_name_for_people():
    assert shown("-") == "standard input"
    assert shown("./-") == "./-"
