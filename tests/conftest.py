"""What the tests share: a seeded generator, and the data that may be there."""

from __future__ import annotations

import os
import signal
import struct
from collections.abc import Iterator
from pathlib import Path

import pytest

# On matrices as small as ours OpenBLAS's threads wait for each other: a night takes five times
# the processor time. It reads this once, when numpy is loaded; child processes inherit it.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import numpy as np

CHECKOUT = Path(__file__).resolve().parents[1]

# In the background of a script SIGINT is ignored, under nohup SIGHUP, by child processes too,
# and the tests of what ends a process would wait for ever.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)
for number in (signal.SIGHUP, signal.SIGTERM):
    if signal.getsignal(number) is signal.SIG_IGN:
        signal.signal(number, signal.SIG_DFL)


def absent(what: str) -> None:
    """Skip the test, or fail it in CI, where everything must be there."""
    if os.environ.get("CI") == "true":
        pytest.fail(what)
    pytest.skip(what)


@pytest.fixture
def rng() -> np.random.Generator:
    """A generator with a fixed seed, fresh for each test."""
    return np.random.default_rng(20261123)


@pytest.fixture
def shut(tmp_path: Path) -> Iterator[Path]:
    """A folder with a ``file`` that may not be entered; root is another user meanwhile."""
    folder = tmp_path / "shut"
    folder.mkdir()
    (folder / "file").touch()
    folder.chmod(0)
    root = os.geteuid() == 0
    if root:
        os.seteuid(65534)
    yield folder
    if root:
        os.seteuid(0)
    folder.chmod(0o700)


@pytest.fixture(scope="session")
def mnist() -> Path:
    """The folder with the four MNIST files, verified by tools.fetch_mnist."""
    from tools.fetch_mnist.files import find_mnist

    folder = find_mnist()
    if folder is None:
        absent("MNIST is not there; fetch it with: python -m tools.fetch_mnist")
    return folder


@pytest.fixture(scope="session")
def photos() -> Path:
    """The folder of photographs beside the checkout, which is not part of the repository."""
    folder = CHECKOUT.parent / "shared" / "photos"
    if not (folder / "index.tsv").is_file():
        pytest.skip(f"no photographs in {folder}")
    return folder


def _drawn_digit(rng, label):
    """A drawn digit of 28x28, with strokes as bold as MNIST's."""
    from core.synthesis.strokes import draw_glyph

    large = draw_glyph(rng, str(label), 112).reshape(28, 4, 28, 4).max(axis=(1, 3))
    return (large / large.max() * 255).astype(np.uint8)


@pytest.fixture(scope="session")
def write_idx():
    """A function that writes an array of bytes as a plain IDX file."""

    def write(path, values):
        header = struct.pack(f">4B{values.ndim}I", 0, 0, 8, values.ndim, *values.shape)
        path.write_bytes(header + values.tobytes())

    return write


@pytest.fixture(scope="session")
def small_mnist(tmp_path_factory, write_idx):
    """A folder with drawn digits, 0 to 9 in turn, in MNIST's files: 60 to train on, 20 to
    test with."""
    folder = tmp_path_factory.mktemp("small-mnist")
    rng = np.random.default_rng(3)
    for split, count in (("train", 60), ("t10k", 20)):
        labels = np.arange(count, dtype=np.uint8) % 10
        drawn = np.array([_drawn_digit(rng, label) for label in labels])
        write_idx(folder / f"{split}-images-idx3-ubyte", drawn)
        write_idx(folder / f"{split}-labels-idx1-ubyte", labels)
    return folder


class _InThisProcess:
    """Stands in for multiprocessing, whose workers would not know the small sizes.

    ``done`` : the jobs that ended; ``stop`` : Ctrl-C comes after so many.
    """

    def __init__(self):
        self.done = []
        self.stop = None

    def Pool(self, *arguments):
        return self

    def __enter__(self):
        return self

    def __exit__(self, *error):
        pass

    def imap_unordered(self, make, jobs):
        for number, job in enumerate(jobs):
            if number == self.stop:
                raise KeyboardInterrupt
            yield make(job)
            self.done.append(job[1:])


@pytest.fixture(scope="session")
def one_worker():
    """A function that has chunks made here and now (given a MonkeyPatch), by the one worker
    that it returns."""
    from tools.train_base import parallel

    def patch(monkeypatch):
        worker = _InThisProcess()
        monkeypatch.setattr(parallel.multiprocessing, "get_context", lambda method: worker)
        return worker

    return patch


@pytest.fixture
def worker(one_worker, monkeypatch):
    """The one worker that makes chunks here and now, and that a test can stop."""
    return one_worker(monkeypatch)
