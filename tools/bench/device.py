"""Times of a frame on a Pi: ``python -m tools.bench --on-device``, and on the emulated one.

Needs what the appliance needs, numpy and pillow, and nothing else. On the emulated Pi, whose
clock counts instructions, the figures come out the same each time.
"""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from core import pretrained
from core.exemplars.memory import MOST_EXAMPLES, ExemplarMemory, Vectors
from core.exemplars.units import unit_vectors
from core.integer.network import IntegerNetwork
from core.reading.reader import Reader
from core.synthesis.rooms import sample_room
from core.vision.digitise import find_digits
from pi import config
from pi.service.pipeline import FramePipeline
from tools.bench.measures import Result
from tools.digests import digits, photograph

SHEETS = (0, 1, 5, 7, 12, 14)
"""Numbers of ``tools.digests``: plain, squared, ruled, small, pale and light on dark."""

ROOMS = 12
"""Drawn rooms before which nothing is held up, taken as they come: in some of them the places
that look most like writing are looked at, and in some the whole of the frame."""

START_S = 300.0
"""A service that takes longer than this to get ready is not waited for."""

Frame = NDArray[np.uint8]

_IMPORT = """
import time
started = time.perf_counter()
import {first}
between = time.perf_counter()
import {second}
print(1000 * (between - started), 1000 * (time.perf_counter() - between))
"""


def measure(rounds: int) -> list[Result]:
    """All that a device's bench measures, but for the installed service."""
    reader = Reader.default()
    results = _frames(reader, rounds) + _network(reader, rounds)
    sheets = [photograph(number) for number in SHEETS]

    def digitise() -> None:
        for sheet in sheets:
            find_digits(sheet)

    results.append(_timed("digitise", digitise, rounds, len(sheets)))
    return results + _start(rounds)


def empty_page() -> Frame:
    """Bare paper with a little grain."""
    rng = np.random.default_rng(0)
    grain = rng.integers(-3, 4, (240, 320), dtype=np.int16)
    return (200 + grain).astype(np.uint8)


def room(number: int) -> Frame:
    """A drawn room, uint8 (240, 320)."""
    return sample_room(np.random.default_rng([20261201, number]))


def _frames(reader: Reader, rounds: int) -> list[Result]:
    """Frames as the service sees them: looked at, and read if it is worth it."""
    section = config.load().recogniser
    sheets, empty = [photograph(number) for number in SHEETS], empty_page()

    def read() -> None:
        for sheet in sheets:
            assert FramePipeline(section, reader).see(sheet, 0.1).ms is not None

    alone = _timed("frame_digit", read, rounds, len(sheets), f"mean of {len(sheets)} sheets")
    reader.memory = full_memory(reader)
    beside = _timed("frame_memory", read, rounds, len(sheets))
    reader.memory = None
    more = Result("frame_memory", (beside.value - alone.value,))
    still = FramePipeline(section, reader)
    for _ in range(section.window + 1):
        still.see(sheets[0], 0.1)

    def same() -> None:
        assert still.see(sheets[0], 0.1).ms is None

    bare = FramePipeline(section, reader)
    rooms = [room(number) for number in range(ROOMS)]

    def look(seen: Frame) -> Callable[[], object]:
        return lambda: FramePipeline(section, reader).see(seen, 0.1)

    each = tuple(_timed("frame_room", look(seen), rounds).value for seen in rooms)
    return [
        Result("frame_room", each, f"median of {ROOMS} rooms, mean {sum(each) / ROOMS:.1f}"),
        alone,
        more,
        _timed("frame_same", same, rounds),
        _timed("frame_empty", lambda: (bare.reset(), bare.see(empty, 0.1)), rounds),
    ]


def full_memory(reader: Reader) -> ExemplarMemory:
    """As many examples as there may be, of digits that are not held up."""
    assert isinstance(reader.network, IntegerNetwork)
    rng = np.random.default_rng(0)
    images = rng.permutation(digits(MOST_EXAMPLES).reshape(-1, 784), axis=1)
    features, _ = reader.network.embed(images.reshape(-1, 28, 28))
    labels = np.arange(MOST_EXAMPLES, dtype=np.uint8) % 10
    examples = Vectors(unit_vectors(features), labels)
    return ExemplarMemory(reader.network, examples, range(MOST_EXAMPLES), examples)


def _network(reader: Reader, rounds: int) -> list[Result]:
    """One crop through the network, in whole numbers and in float32."""
    crop = digits(1)
    floats = pretrained.load().network.folded()
    whole = _timed("network", lambda: reader.network.predict_proba(crop), rounds)
    exact = _timed("network_float", lambda: floats.predict_proba(crop), rounds)
    return [whole, exact, Result("network_gain", (exact.value / whole.value,))]


def _start(rounds: int) -> list[Result]:
    """What starting costs; of the imports one after the other, in processes of their own."""
    code = _IMPORT.format(first="numpy", second="core.reading.reader")
    took = []
    for _ in range(min(rounds, 3)):
        done = subprocess.run(
            [sys.executable, "-c", code], capture_output=True, text=True, check=True
        )
        took.append(tuple(map(float, done.stdout.split())))
    numpy, ours = zip(*took, strict=True)
    return [
        Result("import_numpy", numpy),
        Result("import_reader", ours),
        _timed("load", Reader.default, min(rounds, 3)),
        Result("start", tuple(_service_start() for _ in range(min(rounds, 3)))),
    ]


def _service_start() -> float:
    """Milliseconds from ``zerodigit run`` to a service that is ready: with settings of its own,
    pins that light nothing, and a folder without pictures for a camera."""
    with (
        tempfile.TemporaryDirectory() as folder,
        socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as notified,
    ):
        notified.bind(f"{folder}/notify")
        notified.settimeout(START_S)
        settings = (f"camera.path={folder}", "camera.type=files", f"samples.folder={folder}")
        own = {
            "NOTIFY_SOCKET": f"{folder}/notify", "ZERODIGIT_RUN": f"{folder}/run",
            "ZERODIGIT_CONFIG": os.devnull, "GPIOZERO_PIN_FACTORY": "mock",
        }  # fmt: skip
        started = time.perf_counter()
        service = subprocess.Popen(
            [sys.executable, "-m", "pi.cli", "run", *(f"--set={each}" for each in settings)],
            env=os.environ | own, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        )  # fmt: skip
        try:
            while b"READY=1" not in notified.recv(4096):
                pass
            return 1000 * (time.perf_counter() - started)
        finally:
            service.terminate()
            service.wait()


def _timed(
    key: str, work: Callable[[], object], rounds: int, count: int = 1, note: str = ""
) -> Result:
    """Milliseconds for one of ``count``; a first time, that makes buffers, is not counted."""
    work()
    values = []
    for _ in range(rounds):
        started = time.perf_counter()
        work()
        values.append(1000 * (time.perf_counter() - started) / count)
    return Result(key, tuple(values), note)
