"""What the tests of the service share: a service whose camera plays a film, and settings."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from core.errors import CameraError, ImageError
from core.reading.reader import Box, Reading
from core.vision.digitise import Digit
from pi import config
from pi.devices.cameras.base import EndOfFrames
from pi.models.loaded import LoadedModel
from pi.samples.store import SampleStore
from pi.service.loop import Service
from pi.service.pipeline import FrameResult
from pi.service.voting import Decision

PAGE, NONSENSE = 200, 66
"""Grey of an empty page, and of a frame that cannot be read."""


@pytest.fixture(scope="session")
def result():
    """A function that makes the result of a frame after which ``state`` is shown."""

    def make(state, confidence=0.9, guess=None):
        digit = state if isinstance(state, int) else None
        guess = digit if guess is None else guess
        if guess is None:
            return FrameResult(Decision(state), None, None, 0)
        shares = np.full(11, 0.01, np.float32)
        shares[guess] = confidence
        shares[(guess + 3) % 10] = 0.05
        found = Digit(np.full((28, 28), confidence, np.float32), Box(100, 60, 180, 200), 0.9)
        reading = Reading(digit, confidence, guess, shares, found, [found])
        return FrameResult(Decision(state), reading, 40.0, 3)

    return make


@pytest.fixture
def settings(tmp_path):
    """Settings whose samples and run folder are in ``tmp_path``."""
    given = {"samples.folder": str(tmp_path / "state"), "service.run_folder": str(tmp_path)}
    return config.load(overrides=given)


@pytest.fixture
def overrides(tmp_path):
    """Settings that every played service needs; a test may add to them before it begins."""
    return {
        "service.run_folder": str(tmp_path / "run"),
        "samples.folder": str(tmp_path / "state"),
        "recogniser.fast_s": 0,
        "recogniser.slow_s": 0,
    }


@pytest.fixture
def kept(overrides):
    """A function that gives the samples that were written, with their crops."""

    def select():
        with SampleStore(Path(overrides["samples.folder"]) / "samples.db") as store:
            return [store.get(each.id) for each in store.select()]

    return select


@pytest.fixture(scope="session")
def sheet():
    """A function that makes a frame which SheetReader reads as a digit, or an empty page."""

    def make(digit=PAGE):
        frame = np.full((24, 32), PAGE, np.uint8)
        frame[4:20, 4:28] = digit
        return frame

    return make


class SheetReader:
    """Reads what the grey says."""

    def __init__(self):
        self.read_frames = 0

    def read(self, frame, *, trace=False):
        self.read_frames += 1
        grey = int(frame[10, 10])
        if grey == PAGE:
            return Reading()
        if grey == NONSENSE:
            raise ImageError("a frame of nonsense")
        shares = np.zeros(11, np.float32)
        shares[grey] = 0.97
        image = np.zeros((28, 28), np.float32)
        image[4:24, 12:16] = 1
        digit = Digit(image, Box(4, 4, 28, 20), 0.9)
        return Reading(grey, 0.97, grey, shares, digit, [digit])


@pytest.fixture
def sheet_reader():
    """A SheetReader."""
    return SheetReader()


class Film:
    """A camera: frames, exceptions to raise, functions to call; ``look`` is called before."""

    def __init__(self, script, look):
        self.script = script
        self.look = look

    def capture(self):
        self.look()
        if not self.script:
            raise EndOfFrames("the film is over")
        now = self.script.pop(0)
        if isinstance(now, Exception):
            raise now
        return now() if callable(now) else now

    def close(self):
        pass


class Systemd:
    """A notifier that remembers."""

    enabled = True
    watchdog_s = None

    def __init__(self):
        self.told = []

    def __getattr__(self, name):
        return lambda *values: self.told.append((name, *values))

    def names(self, *wanted):
        """What was told, but for the status line; only ``wanted`` ones where any are."""
        names = [name for name, *_ in self.told if name != "status"]
        return [name for name in names if name in wanted or not wanted]


@pytest.fixture
def play(mock_factory, levels, overrides, clock, caplog):
    """Make the service with a film for a camera; ``levels`` : of the segments' pins, before
    each frame that differ from those before the frame before."""
    caplog.set_level("INFO")

    def make(script, **options):
        film = list(script)
        reader, opened, seen = SheetReader(), [], []

        def look():
            now = levels((5, 6, 12, 13, 16, 19, 20))
            if seen[-1:] != [now]:
                seen.append(now)

        def open_camera(section):
            if opened:
                look()
            opened.append(section.type)
            if film and film[0] is CameraError:
                film.pop(0)
                raise CameraError("no camera; push the cable in")
            return Film(film, look)

        defaults = {
            "load": lambda: config.load(overrides=overrides),
            "load_model": lambda path, data=None: LoadedModel(reader, path or "shipped", {}),
            "notifier": Systemd(),
        }
        service = Service(
            clock=clock, pin_factory=mock_factory, open_camera=open_camera,
            **defaults | options,
        )  # fmt: skip
        service.reader, service.opened, service.levels = reader, opened, seen
        service.film = film
        return service

    return make


@pytest.fixture
def systemd():
    """A notifier that remembers."""
    return Systemd()
