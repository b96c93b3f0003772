"""Files that somebody else laid: links, FIFOs, folders, devices, and JSON made to harm."""

from __future__ import annotations

import errno
import json
import os
import socket
import tracemalloc

import numpy as np
import pytest

from core.files import foreign

LARGEST = 1000


@pytest.fixture
def path(tmp_path):
    return tmp_path / "file"


def refused(path, said, **options):
    """The error of reading, which says so in ``strerror`` and names the path."""
    with pytest.raises(foreign.UnfitFileError, match=said) as caught:
        foreign.read_bytes(path, LARGEST, **options)
    assert said in caught.value.strerror
    assert caught.value.filename == str(path)
    return caught.value


def test_a_regular_file_up_to_the_bound(path):
    for content in (b"", b"content", bytes(LARGEST)):
        path.write_bytes(content)
        assert foreign.read_bytes(path, LARGEST) == content
    path.write_bytes(bytes(LARGEST + 1))
    assert refused(path, "is larger than 1 kB").errno == errno.EFBIG


def test_a_huge_file_costs_nothing(path):
    with open(path, "wb") as file:
        file.truncate(1 << 36)
    tracemalloc.start()
    try:
        refused(path, "is larger than")
        assert tracemalloc.get_traced_memory()[1] < 100_000
    finally:
        tracemalloc.stop()


def test_no_file(path):
    with pytest.raises(FileNotFoundError):
        foreign.read_bytes(path, LARGEST)
    (path.parent / "regular").write_bytes(b"")
    with pytest.raises(NotADirectoryError):
        foreign.read_bytes(path.parent / "regular" / "file", LARGEST)


def test_a_link_is_followed_only_if_the_user_named_it(path):
    target = path.with_name("target")
    target.write_bytes(b"content")
    path.symlink_to(target.name)
    assert refused(path, "is a symbolic link").errno == errno.ELOOP
    assert foreign.read_bytes(path, LARGEST, follow=True) == b"content"
    target.unlink()
    refused(path, "is a symbolic link")
    path.unlink()
    path.symlink_to(path.name)
    with pytest.raises(OSError, match="Too many levels"):
        foreign.read_bytes(path, LARGEST, follow=True)


@pytest.mark.parametrize("follow", [False, True])
def test_nothing_but_a_regular_file_and_none_is_waited_for(path, follow, monkeypatch):
    open_before = len(os.listdir("/proc/self/fd"))
    os.mkfifo(path)
    refused(path, "is not a regular file", follow=follow)
    path.unlink()
    path.mkdir()
    assert isinstance(refused(path, "Is a directory", follow=follow), IsADirectoryError)
    refused("/dev/null", "is not a regular file", follow=follow)
    monkeypatch.chdir(path)  # the path of a socket is short
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind("socket")
        refused("socket", "is not a regular file", follow=follow)
    assert len(os.listdir("/proc/self/fd")) == open_before


def test_a_file_that_grows_while_it_is_read(path, monkeypatch):
    path.write_bytes(b"at first")
    status = os.fstat

    def grow(handle):
        found = status(handle)
        with open(path, "ab") as file:
            file.write(bytes(10 * LARGEST))
        return found

    monkeypatch.setattr(os, "fstat", grow)
    assert foreign.read_bytes(path, LARGEST) == b"at first"


def test_json(path):
    state = np.random.default_rng(1).bit_generator.state
    value = {"a": [1, -2.5, "ü", None, True, {}], "big": 2**128 - 1, "state": state}
    path.write_text(json.dumps(value))
    assert foreign.read_json(path, LARGEST) == value
    with pytest.raises(FileNotFoundError):
        foreign.read_json(path.with_name("none"), LARGEST)


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"{",
        b"\xff",
        b'"\xed\xa0\x80"',
        '{"a": 1}'.encode("utf-16"),
        b"\xef\xbb\xbf{}",
        b"NaN",
        b"[-Infinity]",
        b"1e999",
        b"9" * 41,
        b"9" * 5000,
        b"0." + b"1" * 400_000,
        b"[" * 66 + b"]" * 66,
        b"[" * 900_000,
        b"[" * 450_000 + b"]" * 450_000,
        b'{"a":' * 180_000,
    ],
)
def test_json_made_to_harm(path, content):
    path.write_bytes(content)
    with pytest.raises(ValueError):  # noqa: PT011 - the words are many parsers'
        foreign.read_json(path, 1 << 20)


def test_json_as_deep_as_allowed(path):
    path.write_bytes(b"[" * foreign.DEEPEST + b"]" * foreign.DEEPEST)
    assert foreign.read_json(path, LARGEST)


@pytest.mark.parametrize(
    "content",
    [
        b"[" + b"{}," * 330_000 + b"{}]",
        b"[" + b"0.1," * 250_000 + b"0]",
        json.dumps({f"{n:x}": 0 for n in range(90_000)}).encode(),
        ("[" + '"āb",' * 160_000 + "0]").encode(),
    ],
)
def test_a_megabyte_of_json_costs_less_than_96(content):
    assert 900_000 < len(content) < 1_100_000
    tracemalloc.start()
    try:
        foreign.parse_json(content)
        assert tracemalloc.get_traced_memory()[1] < 60 << 20
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize("value", [True, None, "1", [1], {}, 1.5, -1, 11, float("nan"), 1e300])
def test_what_is_no_number_in_the_bounds(value):
    assert not foreign.is_integer(value, 0, 10)
    assert foreign.is_number(value, 0, 10) == (value == 1.5 and value is not True)


def test_a_number_in_the_bounds():
    assert foreign.is_integer(10, 0, 10)
    assert foreign.is_number(10, 0, 10.0)


def test_printable():
    assert foreign.printable("learning, 35 % done", 80) == "learning, 35 % done"
    hostile = "\x1b[2J\x07one\r\ntwo\u202e\x9b31m\ud800é"
    assert foreign.printable(hostile, 80) == r"\x1b[2J\x07one two\u202e\x9b31m\ud800é"
    assert foreign.printable("x" * 100, 20) == "x" * 20
    assert foreign.printable("\0" * 100, 20) == r"\x00" * 5


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("zwei  Wörter 七.png", "zwei  Wörter 七.png"),
        ("11.04\u202fPM\xa0\u3000.png", "11.04\u202fPM\xa0\u3000.png"),
        ("\x1b]0;title\x07\x7f\x9b\t\r\n", r"\x1b]0;title\x07\x7f\x9b\t\r\n"),
        ("\u202e\u2066\u200e\u2028\U000e0001", r"\u202e\u2066\u200e\u2028\U000e0001"),
        (os.fsdecode(b"a\xff\x80.png"), r"a\xff\x80.png"),
        ("\ud800", r"\ud800"),
    ],
)
def test_escaped(text, said):
    assert foreign.escaped(text) == said
    assert foreign.escaped(said) == said
    said.encode()


def test_what_is_kept_is_not_escaped():
    assert foreign.escaped("a\nb\r", keep="\n") == "a\nb\\r"


def test_a_regular_file_is_opened_and_nothing_else(path):
    path.write_bytes(b"content")
    with foreign.open_regular(path) as file:
        assert file.read() == b"content"
    link = path.with_name("link")
    link.symlink_to(path)
    with foreign.open_regular(link, follow=True) as file:
        assert os.fstat(file.fileno()).st_ino == path.stat().st_ino
    os.mkfifo(path.with_name("fifo"))
    for name, said in ((link, "symbolic link"), ("fifo", "not a regular"), (".", "directory")):
        with pytest.raises(OSError, match=said):
            foreign.open_regular(path.parent / name)
    with pytest.raises(OSError, match="not a regular file"):
        foreign.open_regular("/dev/zero")


def test_why_nothing_is_there(path):
    assert foreign.absence(path) == "no such file or folder"
    path.touch()
    assert foreign.absence(path) == ""
    assert foreign.absence(path / "below") == "cannot be read (Not a directory)"
    assert foreign.absence("x" * 300) == "cannot be read (File name too long)"
    assert foreign.absence("\0") == "cannot be read (embedded null byte)"
    (path.parent / "loop").symlink_to("loop")
    assert "Too many levels" in foreign.absence(path.parent / "loop")


def test_what_may_not_be_looked_for_is_not_called_absent(shut):
    assert foreign.absence(shut / "file") == "cannot be read (Permission denied)"
    assert foreign.absence(shut / "none") == "cannot be read (Permission denied)"
