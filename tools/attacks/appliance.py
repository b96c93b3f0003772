"""The service on folders of its own, with a sheet held before it that can be changed.

Its pins are gpiozero's mock ones; its camera is a folder with one picture, which is replaced.
"""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from core.errors import ServiceError
from tools.attacks.process import Person, Process, command

PATIENCE_S = 30.0
"""A service that takes longer to do what it is waited for has stopped."""

_SETTINGS = """\
[camera]
type = "files"
path = "{pictures}"
[recogniser]
agree = 1
lead = 0.1
window = 1
dark_after = 1
fast_s = 0.01
slow_s = 0.01
[service]
run_folder = "{run}"
[samples]
folder = "{state}"
"""


class Stopped(Exception):
    """The service has ended, hangs, or does not come up; with what it said last."""


class Appliance:
    """A service, its folders, and whoever runs it.

    Parameters
    ----------
    folder : for all of it; ``state`` and ``run`` lie in it where they are not given.
    person : who runs the service.
    environ : what its environment has besides.
    """

    def __init__(
        self,
        folder: Path,
        *,
        state: Path | None = None,
        run: Path | None = None,
        person: Person | None = None,
        environ: Mapping[str, str] | None = None,
        umask: int = 0o022,
        cwd: Path | str = "/",
    ) -> None:
        self.folder = folder
        self.state = folder / "state" if state is None else state
        self.run = folder / "run" if run is None else run
        self.person, self._umask, self._cwd = person, umask, cwd
        self.settings = folder / "zerodigit.toml"
        self.environ = {
            "PATH": os.environ.get("PATH", ""),
            "HOME": "/nonexistent",
            "GPIOZERO_PIN_FACTORY": "mock",
            "ZERODIGIT_CONFIG": str(self.settings),
            "OPENBLAS_NUM_THREADS": "1",
            **(environ or {}),
        }
        self._pictures = folder / "pictures"
        self._pictures.mkdir()
        self.settings.write_text(
            _SETTINGS.format(pictures=self._pictures, run=self.run, state=self.state)
        )
        self._sheets = sheets()
        self._service: Process | None = None
        self._count = 0
        self.hold(None)

    def hold(self, digit: int | None) -> None:
        """Hold a sheet with this digit before the camera; None for an empty page."""
        new = self._pictures / "new.tmp"
        new.write_bytes(self._sheets[digit])
        new.replace(self._pictures / "sheet.npy")

    def start(self) -> None:
        """Start the service; :meth:`until` waits for it."""
        self._service = command(
            ["run"], self.folder / "log", person=self.person, environ=self.environ,
            umask=self._umask, folder=self._cwd,
        )  # fmt: skip

    def stop(self, number: int = signal.SIGTERM, seconds: float = PATIENCE_S) -> int | None:
        """Send the service a signal, and wait: its exit code, HUNG if it had to be killed."""
        service, self._service = self._service, None
        if service is None:
            return None
        service.signal(number)
        return service.end(seconds)

    def kill(self) -> None:
        """End the service as a power cut does, without waiting."""
        if self._service is not None:
            self._service.signal(signal.SIGKILL)

    @property
    def log(self) -> str:
        """What the service that was started last has written."""
        return (self.folder / "log").read_text(encoding="utf-8", errors="replace")

    def status(self) -> dict[str, Any]:
        """What the service answers. Raises ServiceError."""
        from pi.control.client import SOCKET, ask

        return ask(self.run / SOCKET, {"do": "status"}, timeout_s=2.0)

    def until(
        self, condition: Callable[[dict[str, Any]], bool], seconds: float = PATIENCE_S
    ) -> dict[str, Any]:
        """Wait until the service's status meets a condition. Raises Stopped."""
        deadline = time.monotonic() + seconds
        why = ""
        while time.monotonic() < deadline:
            if self._service is None or self._service.wait(0) is not None:
                raise Stopped(f"it ended: {self.log[-300:]}")
            try:
                status = self.status()
                if condition(status):
                    return status
                why = f"camera {status['camera']['state']}, {status['frames']} frames"
            except ServiceError as error:
                why = str(error)
            time.sleep(0.01)
        raise Stopped(f"after {seconds:g} s not what was waited for: {why}")

    def until_frames(self, more: int = 2, seconds: float = PATIENCE_S) -> None:
        """Wait until the service has seen so many frames from now on. Raises Stopped."""
        before: list[int] = []

        def reached(status: dict[str, Any]) -> bool:
            before.append(status["frames"])
            return status["frames"] >= before[0] + more

        self.until(reached, seconds)

    def show(self, digit: int, seconds: float = PATIENCE_S) -> None:
        """Hold a sheet, and wait until it is read. Raises Stopped."""
        self.hold(digit)

        def shown(status: dict[str, Any]) -> bool:
            last = status["readings"][:1]
            return bool(last) and last[0]["digit"] == digit and last[0]["shown_s"] is None

        self.until(shown, seconds)

    def darken(self, seconds: float = PATIENCE_S) -> None:
        """Hold an empty page, and wait until nothing is shown. Raises Stopped."""
        self.hold(None)

        def dark(status: dict[str, Any]) -> bool:
            return not status["readings"] or status["readings"][0]["shown_s"] is not None

        self.until(dark, seconds)

    def command(self, *arguments: str, **options: Any) -> Process:
        """``zerodigit ARGUMENTS`` on these folders; options of :class:`Process`."""
        self._count += 1
        output = options.pop("output", self.folder / f"said{self._count % 64}")
        environ = {**self.environ, **options.pop("environ", {})}
        return command(arguments, output, environ=environ, **options)


def sheets() -> dict[int | None, bytes]:
    """A sheet for each digit, which the shipped weights read, and an empty page, as .npy."""
    import io

    import numpy as np

    from core.reading.reader import Reader
    from core.synthesis.scene import Style, sample_scene

    rng = np.random.default_rng(18)
    reader = Reader.default()
    found: dict[int | None, bytes] = {}
    for digit in (None, *range(10)):
        while digit not in found:
            frame = sample_scene(rng, digit=digit, style=Style()).frame
            if reader.read(frame).digit == digit:
                file = io.BytesIO()
                np.save(file, frame)
                found[digit] = file.getvalue()
    return found
