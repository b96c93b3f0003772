"""``zerodigit run``: how it begins and ends; the loop has its own tests."""

from __future__ import annotations

import faulthandler
import logging
import os
import signal
import sys

import numpy as np
import pytest

from pi.cli import main
from pi.system.instance_lock import InstanceLock

SIGNALS = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)


@pytest.fixture(autouse=True)
def process_as_before(monkeypatch):
    """Handlers of signals and of the log are given back; pytest has its own faulthandler."""
    monkeypatch.setattr(faulthandler, "enable", lambda: None)
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    before = [signal.getsignal(number) for number in SIGNALS]
    yield
    root.handlers[:], root.level = handlers, level
    for number, handler in zip(SIGNALS, before, strict=True):
        signal.signal(number, handler)


@pytest.fixture
def arguments(tmp_path, mock_factory):
    """Of a service that plays three empty pages and ends."""
    pages = tmp_path / "pages"
    pages.mkdir()
    for number in range(3):
        np.save(pages / f"{number}.npy", np.full((24, 32), 200, np.uint8))
    settings = {
        "camera.type": "files", "camera.path": pages, "camera.loop": "false",
        "service.run_folder": tmp_path, "samples.folder": tmp_path / "state",
        "recogniser.fast_s": 0, "recogniser.slow_s": 0,
    }  # fmt: skip
    return ["run", *(f"--set={name}={value}" for name, value in settings.items())]


def test_it_runs_until_the_pictures_are_over(arguments, capsys):
    assert main(arguments) == 0
    said = capsys.readouterr().err
    assert "started camera=files" in said
    assert "all pictures were shown frames=3 " in said


def test_a_pin_in_use_is_one_line(arguments, capsys):
    from gpiozero import LED

    with LED(5):
        assert main(arguments) != 0
    assert "GPIO5" in capsys.readouterr().err


def test_an_error_is_one_for_the_journal_too(arguments, tmp_path, monkeypatch):
    """A line on stderr has no level there; it would be a plain one."""
    monkeypatch.setitem(sys.modules, "systemd", None)
    with open(tmp_path / "journal", "w+") as stream:
        status = os.fstat(stream.fileno())
        monkeypatch.setenv("JOURNAL_STREAM", f"{status.st_dev}:{status.st_ino}")
        monkeypatch.setattr(sys, "stderr", stream)
        with InstanceLock(tmp_path):
            code = main(arguments)
        stream.seek(0)
        said = stream.read()
    assert code != 0
    assert said.splitlines()[-1].startswith("<3>")
    assert "zerodigit runs already" in said
