"""Outputs that the user named: behind links, in devices and pipes, and nowhere else."""

from __future__ import annotations

import os
import pty
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from core.errors import StorageError
from core.files import output
from core.files.output import write_output

AS_ROOT = pytest.mark.skipif(os.geteuid() != 0, reason="only root can lay another's files")

STRANGER = 12345


def write(path, content=b"new"):
    with write_output(path) as file:
        file.write(content)


def refused(path, said):
    with pytest.raises(StorageError, match=said) as caught:
        write(path)
    assert "\n" not in str(caught.value)
    return str(caught.value)


@pytest.fixture
def target(tmp_path):
    """A file in a folder of its own."""
    path = tmp_path / "elsewhere" / "target"
    path.parent.mkdir()
    path.write_bytes(b"old and long")
    return path


@pytest.fixture
def link(tmp_path, target):
    """A link to it, relative to the link's folder."""
    path = tmp_path / "here" / "link"
    path.parent.mkdir()
    path.symlink_to("../elsewhere/target")
    return path


def test_a_file_without_a_link_is_replaced_whole(tmp_path):
    write(tmp_path / "file", b"first")
    with write_output(str(tmp_path / "file")) as file:
        file.write(b"second")
        assert (tmp_path / "file").read_bytes() == b"first"
    assert (tmp_path / "file").read_bytes() == b"second"
    assert os.listdir(tmp_path) == ["file"]


def test_a_link_stays_and_its_target_is_replaced_whole(link, target, monkeypatch):
    before = target.stat().st_ino
    write(link)
    assert os.readlink(link) == "../elsewhere/target"
    assert target.read_bytes() == b"new"
    assert target.stat().st_ino != before
    assert os.listdir(link.parent) == ["link"]
    assert os.listdir(target.parent) == ["target"]
    monkeypatch.chdir(link.parent)
    write("link", b"newer")
    assert target.read_bytes() == b"newer"


def test_an_error_in_the_block_leaves_all_as_it_was(link, target):
    def fail(path):
        with write_output(path) as file:
            file.write(b"half")
            raise ValueError("a bug")

    for path in (link, "/dev/full"):
        with pytest.raises(ValueError, match="a bug"):
            fail(path)
    assert target.read_bytes() == b"old and long"
    assert os.listdir(target.parent) == ["target"]


def test_the_target_keeps_its_mode(link, target):
    for mode in (0o600, 0o664, 0o4755):
        target.chmod(mode)
        write(link)
        assert stat.S_IMODE(target.stat().st_mode) == mode & 0o777


@AS_ROOT
def test_the_target_keeps_its_owner_when_root_writes(link, target):
    os.chown(target, STRANGER, STRANGER + 1)
    write(link)
    assert (target.stat().st_uid, target.stat().st_gid) == (STRANGER, STRANGER + 1)


def test_the_target_of_a_dangling_link_is_made(link, target):
    target.unlink()
    write(link)
    assert link.is_symlink()
    assert target.read_bytes() == b"new"
    target.unlink()
    target.parent.rmdir()
    assert str(target) in os.path.normpath(refused(link, "No such file").split(":")[0])


def test_a_chain_of_links_is_followed_as_far_as_the_kernel_does(tmp_path):
    for number in range(output.LONGEST_CHAIN):
        (tmp_path / str(number)).symlink_to(str(number + 1))
    write(tmp_path / "0")
    assert (tmp_path / str(output.LONGEST_CHAIN)).read_bytes() == b"new"
    (tmp_path / "loop").symlink_to("loop")
    (tmp_path / "long").symlink_to("0")
    for name in ("loop", "long"):
        assert str(tmp_path / name) in refused(tmp_path / name, "Too many levels")


@AS_ROOT
@pytest.mark.parametrize("mode", [0o770, 0o3770, 0o1777, 0o757])
def test_a_link_of_another_user_where_many_may_write_is_not_followed(link, target, mode):
    os.chown(link, STRANGER, STRANGER, follow_symlinks=False)
    link.parent.chmod(mode)
    said = refused(link, "another user laid where many may write is not followed")
    assert said.startswith(f"{link}: ")
    assert target.read_bytes() == b"old and long"
    link.parent.chmod(0o755)
    write(link)
    assert target.read_bytes() == b"new"


@AS_ROOT
def test_such_a_link_is_not_followed_in_the_middle_of_a_chain(tmp_path, link, target):
    os.chown(link, STRANGER, STRANGER, follow_symlinks=False)
    link.parent.chmod(0o777)
    (tmp_path / "first").symlink_to(link)
    refused(tmp_path / "first", "is not followed")
    assert target.read_bytes() == b"old and long"


@AS_ROOT
def test_a_link_of_the_owner_of_the_folder_is_followed(link, target):
    os.chown(link, STRANGER, STRANGER, follow_symlinks=False)
    os.chown(link.parent, STRANGER, STRANGER)
    link.parent.chmod(0o775)
    write(link)
    assert target.read_bytes() == b"new"


@AS_ROOT
def test_a_file_that_another_laid_where_many_may_write_hands_nothing_on(target):
    os.chown(target, STRANGER, STRANGER)
    target.chmod(0o666)
    target.parent.chmod(0o1777)
    write(target)
    assert target.stat().st_uid == 0
    assert stat.S_IMODE(target.stat().st_mode) != 0o666


def test_a_folder_is_refused(tmp_path):
    (tmp_path / "link").symlink_to(tmp_path)
    for path in (tmp_path, tmp_path / "link"):
        assert refused(path, "is a folder").startswith(f"{tmp_path}: ")
    assert os.listdir(tmp_path) == ["link"]


def test_a_fifo_is_written_into_and_stays(tmp_path):
    fifo = tmp_path / "fifo"
    os.mkfifo(fifo)
    (tmp_path / "link").symlink_to("fifo")
    reader = os.open(fifo, os.O_RDONLY | os.O_NONBLOCK)
    try:
        for path in (fifo, tmp_path / "link"):
            write(path)
            assert os.read(reader, 100) == b"new"
    finally:
        os.close(reader)
    assert stat.S_ISFIFO(fifo.stat().st_mode)


@AS_ROOT
def test_a_fifo_of_another_user_where_many_may_write_is_refused(tmp_path):
    fifo = tmp_path / "fifo"
    os.mkfifo(fifo)
    os.chown(fifo, STRANGER, STRANGER)
    tmp_path.chmod(0o1777)
    refused(fifo, "another user laid it")


@pytest.fixture
def pipe():
    """A pipe's two ends."""
    ends = os.pipe()
    yield ends
    for end in ends:
        os.close(end)


@pytest.mark.parametrize("folder", ["/dev/fd", "/proc/self/fd", f"/proc/{os.getpid()}/fd"])
def test_a_pipe_that_is_open_is_written_into(pipe, folder):
    reader, writer = pipe
    write(f"{folder}/{writer}", b"\x89PNG")
    assert os.read(reader, 100) == b"\x89PNG"
    os.fstat(writer)  # still open
    write(f"/proc/thread-self/fd/{writer}")
    assert os.read(reader, 100) == b"new"


def test_an_open_file_is_written_on_from_where_it_is(tmp_path):
    """As ``(echo first; zerodigit ... --out /dev/stdout) > file`` means it."""
    with open(tmp_path / "file", "wb", buffering=0) as file:
        file.write(b"first ")
        write(f"/dev/fd/{file.fileno()}")
        file.write(b" last")
    assert (tmp_path / "file").read_bytes() == b"first new last"


def test_what_is_not_open_and_what_may_not_be_written_are_said(pipe):
    refused("/dev/fd/9999", "No such file")
    refused(f"/dev/fd/{pipe[0]}", "Bad file descriptor")


def test_devices_are_written_into_and_none_is_replaced(tmp_path):
    (tmp_path / "link").symlink_to("/dev/null")
    for path in ("/dev/null", tmp_path / "link"):
        write(path)
    assert stat.S_ISCHR(os.stat("/dev/null").st_mode)
    assert "/dev/full: cannot be written (No space" in refused("/dev/full", "No space")
    master, slave = os.openpty()
    try:
        write(os.ttyname(slave))
        assert os.read(master, 100) == b"new"
    finally:
        os.close(master)
        os.close(slave)


def test_a_file_that_takes_the_place_of_a_device_meanwhile_is_not_written(tmp_path):
    fifo = tmp_path / "fifo"
    os.mkfifo(fifo)

    def swap():
        with write_output(fifo) as file:
            file.write(b"new")
            fifo.unlink()
            fifo.write_bytes(b"somebody else's")

    with pytest.raises(StorageError, match="somebody has put a file there just now"):
        swap()
    assert fifo.read_bytes() == b"somebody else's"


def test_nothing_is_made_in_dev(tmp_path):
    (tmp_path / "link").symlink_to("/dev/zerodigit")
    for path in ("/dev/zerodigit", tmp_path / "link", "/dev/../dev/zerodigit"):
        refused(path, "no file is made among the devices")
    assert not os.path.lexists("/dev/zerodigit")


def test_memory_that_is_shared_is_no_device():
    if not os.access("/dev/shm", os.W_OK):
        pytest.skip("no /dev/shm here")
    path = Path("/dev/shm", f"zerodigit-{os.getpid()}")
    try:
        write(path)
        assert path.read_bytes() == b"new"
    finally:
        path.unlink(missing_ok=True)


def test_a_place_is_known_before_there_is_anything_to_write(link, target, tmp_path):
    place = output.place_of(link)
    assert place.path.samefile(target)
    assert not place.through
    assert output.place_of("/dev/null").through
    with pytest.raises(StorageError, match="is a folder"):
        output.place_of(tmp_path)


@pytest.mark.parametrize(
    ("shell", "said"),
    [
        ("$PYTHON code.py /dev/stdout | cat", b"new"),
        ("$PYTHON code.py - | cat", b"new"),
        ("echo first > file; $PYTHON code.py - >> file; cat file", b"first\nnew"),
    ],
)
def test_standard_output_is_a_pipe_or_a_file(shell, said, tmp_path):
    code = (
        "import sys\nfrom core.files.output import is_standard_output, write_output\n"
        "assert is_standard_output(sys.argv[1])\n"
        "with write_output(sys.argv[1]) as file:\n    file.write(b'new')"
    )
    (tmp_path / "code.py").write_text(code)
    tree = str(Path(__file__).parents[3])
    environ = {**os.environ, "PYTHONPATH": tree, "PYTHON": sys.executable}
    done = subprocess.run(
        ["sh", "-c", shell], cwd=tmp_path, env=environ, capture_output=True, check=True
    )
    assert done.stdout == said
    assert not (tmp_path / "-").exists()


def test_a_terminal_gets_no_file():
    ours, theirs = pty.openpty()
    before = os.dup(1)
    os.dup2(theirs, 1)
    try:
        with pytest.raises(StorageError, match="is a terminal; send it into a file"):
            output.place_of("-")
    finally:
        os.dup2(before, 1)
        for each in (before, ours, theirs):
            os.close(each)
