"""Long work in chunks: what is there is kept, what fails leaves nothing behind."""

from __future__ import annotations

import errno
import io
import os

import numpy as np
import pytest

from core.errors import StorageError
from tools.train_base import parallel


def test_only_what_is_missing_is_made(worker):
    made, told = [], []
    missing = [("pool", n) for n in (2, 5)]
    parallel.make(made.append, missing, 6, lambda done, total: told.append((done, total)))
    assert made == missing
    assert told == [(4, 6), (5, 6), (6, 6)]


def test_nothing_missing_starts_no_workers(monkeypatch):
    def never(method):
        raise AssertionError

    monkeypatch.setattr(parallel.multiprocessing, "get_context", never)
    told = []
    parallel.make(never, [], 3, lambda done, total: told.append((done, total)))
    parallel.make(never, [], 0, lambda done, total: told.append((done, total)))
    assert told == [(3, 3), (0, 0)]


def test_ctrl_c_ends_it_and_says_how_far_it_was(worker):
    worker.stop = 1
    told = []
    with pytest.raises(KeyboardInterrupt):
        parallel.make(len, [("a",), ("b",)], 2, lambda done, total: told.append(done))
    assert told == [0, 1]


def test_real_workers_do_every_job(tmp_path):
    folders = [str(tmp_path / f"chunk-{n}") for n in range(5)]
    told = []
    parallel.make(os.mkdir, folders, 5, lambda done, total: told.append((done, total)))
    assert sorted(os.listdir(tmp_path)) == [f"chunk-{n}" for n in range(5)]
    assert told == [(n, 5) for n in range(6)]


def test_a_job_that_fails_in_a_worker_is_told_and_not_counted(tmp_path):
    told = []
    with pytest.raises(FileNotFoundError):
        parallel.make(
            os.rmdir, [str(tmp_path / "gone")], 1, lambda *so_far: told.append(so_far)
        )
    assert told == [(0, 1)]


def test_a_chunk_is_written_and_read(tmp_path):
    path = tmp_path / "new" / "folder" / "chunk.npz"
    values, names = np.arange(6, dtype=np.int16).reshape(2, 3), np.array([1, 0], np.uint8)
    parallel.save(path, values=values, names=names)
    with np.load(path, allow_pickle=False) as content:
        assert sorted(content.files) == ["names", "values"]
        np.testing.assert_array_equal(content["values"], values)
        assert content["values"].dtype == np.int16
    again = tmp_path / "again.npz"
    parallel.save(again, values=values, names=names)
    assert again.read_bytes() == path.read_bytes()
    parallel.save(again, values=values + 1, names=names)
    assert again.read_bytes() != path.read_bytes()


@pytest.mark.parametrize("before", [None, b"the old chunk"])
def test_a_full_disk_leaves_nothing_half_written(tmp_path, monkeypatch, before):
    class FullDisk(io.FileIO):
        def write(self, data):
            super().write(bytes(data)[:10])
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    path = tmp_path / "chunk.npz"
    if before is not None:
        path.write_bytes(before)
    with monkeypatch.context() as patch:
        patch.setattr("builtins.open", lambda file, mode, **_: FullDisk(file, mode))
        with pytest.raises(StorageError, match="No space left on device"):
            parallel.save(path, values=np.zeros(3))
    assert [p.name for p in tmp_path.iterdir()] == ([] if before is None else ["chunk.npz"])
    assert before is None or path.read_bytes() == before


def test_an_array_that_cannot_be_written_leaves_nothing(tmp_path):
    class Bad:
        def __array__(self, dtype=None, copy=None):
            raise RuntimeError("no array")

    with pytest.raises(RuntimeError, match="no array"):
        parallel.save(tmp_path / "chunk.npz", first=np.zeros(3), second=Bad())
    assert list(tmp_path.iterdir()) == []


def printed(monkeypatch, terminal, *steps):
    class Stream(io.StringIO):
        def isatty(self):
            return terminal

    stream = Stream()
    monkeypatch.setattr("sys.stderr", stream)
    line = parallel.ProgressLine("pool")
    for done, total in steps:
        line(done, total)
    return stream.getvalue()


def test_the_line_moves_on_a_terminal(monkeypatch):
    out = printed(monkeypatch, True, (0, 2), (1, 2), (2, 2))
    assert out == "pool: 0 of 2 chunks\rpool: 1 of 2 chunks\rpool: 2 of 2 chunks\n"


def test_elsewhere_there_is_a_line_now_and_then(monkeypatch):
    out = printed(monkeypatch, False, *((n, 120) for n in range(121)))
    assert out.splitlines() == [f"pool: {n} of 120 chunks" for n in (0, 50, 100, 120)]


def test_no_work_is_no_line(monkeypatch):
    assert printed(monkeypatch, True, (0, 0)) == printed(monkeypatch, False, (0, 0)) == ""
