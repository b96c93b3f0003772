"""Shared by the tests of core: a small task with its network, and what hostile files cost."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
from pathlib import Path

import numpy as np
import pytest

from core import training
from core.network import Network

CLASSES = 4


class Recorder:
    """Data that remember which samples were requested, and in which threads."""

    def __init__(self, x, y):
        self.x, self.y = x, y
        self.requested, self.threads = [], set()

    def __len__(self):
        return len(self.y)

    def batch(self, indices):
        self.requested.append(indices.copy())
        self.threads.add(threading.current_thread())
        return self.x[indices], self.y[indices]


class Task:
    """160 pictures of bars in four directions, and a small network that learns them."""

    classes = CLASSES
    Recorder = Recorder

    def __init__(self):
        self.x, self.y = self.data = self.bars(160)
        self.options = {
            "epochs": 3,
            "batch_size": 16,
            "learning_rate": 0.01,
            "schedule": "cosine",
            "warm_up": 0.5,
            "label_smoothing": 0.1,
            "average": 0.9,
            "augment": self.brighter,
            "validation": 0.2,
            "seed": 11,
        }

    def fit(self, network, **options):
        return training.fit(network, self.data, **options)

    @staticmethod
    def bars(n, seed=5):
        """Pictures (n, 8, 8) uint8 of a bar in one of four directions, anywhere, with noise."""
        rng = np.random.default_rng(seed)
        labels = rng.integers(0, CLASSES, n)
        x = rng.integers(0, 90, (n, 8, 8))
        shapes = [np.zeros((5, 5), int) for _ in range(CLASSES)]
        shapes[0][2, :] = shapes[1][:, 2] = 1
        shapes[2][range(5), range(5)] = shapes[3][range(5), range(4, -1, -1)] = 1
        for picture, label in zip(x, labels, strict=True):
            top, left = rng.integers(0, 4, 2)
            picture[top : top + 5, left : left + 5] += 150 * shapes[label]
        return x.astype(np.uint8), labels

    @staticmethod
    def network(seed=1):
        return Network.from_spec("8x8-c4k3s2-c4k3s2-8-4", batch_norm=True, seed=seed)

    @staticmethod
    def brighter(x, rng):
        """An augmentation that uses the pictures, the generator, and float32 for its answer."""
        return x * rng.uniform(0.5, 1, (len(x), 1, 1)).astype(np.float32) / 255

    @staticmethod
    def stop_after(batches):
        """A `stop` that is true when so many batches were trained."""
        seen = []

        def stop():
            seen.append(None)
            return len(seen) == batches

        return stop

    @staticmethod
    def interrupt_after(batches):
        """A `progress` that is interrupted when so many batches were trained."""
        seen = []

        def progress(now):
            seen.append(now)
            if len(seen) == batches:
                raise KeyboardInterrupt

        return progress


@pytest.fixture(scope="session")
def task():
    return Task()


# Each file's peak in bytes, seconds, and error, in a process of its own that has read a small
# one before. `read(path)` raises what is expected of a file that is refused.
MEASURE = """
import json, os, re, sys, time
from core.errors import ZerodigitError
{read}
def status(name):
    return int(re.search(name + r":\\s+(\\d+)", open("/proc/self/status").read())[1]) * 1024
read(sys.argv[1])
for path in sys.argv[2:]:
    if os.fork():
        os.wait()
        continue
    open("/proc/self/clear_refs", "w").write("5")
    before, began, said = status("VmRSS"), time.process_time(), None
    try:
        read(path)
    except ZerodigitError as error:
        said = str(error)
    line = json.dumps([status("VmHWM") - before, time.process_time() - began, said])
    os.write(1, line.encode() + b"\\n")
    os._exit(0)
"""


@pytest.fixture(scope="session")
def costs_of():
    """Of each file that is made, at most a megabyte: its path, and its peak in bytes, seconds
    of a processor, and error."""

    def measured(folder, small, files, read):
        if not Path("/proc/self/clear_refs").exists():
            pytest.skip("needs Linux's /proc")
        for name, make in files.items():
            (folder / name).write_bytes(make())
            assert (folder / name).stat().st_size <= 1_000_000, name
        paths = [folder / name for name in files]
        environ = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])}
        code = MEASURE.replace("{read}", read)
        command = [sys.executable, "-c", code, str(small), *map(str, paths)]
        done = subprocess.run(command, capture_output=True, text=True, check=True, env=environ)
        lines = map(json.loads, done.stdout.splitlines())
        return {path.name: (path, *line) for path, line in zip(paths, lines, strict=True)}

    return measured
