"""The virtual environment of the rivals, and the process in it that runs them.

scikit-learn, scipy and PyTorch are no part of the package: the benchmark makes a virtual
environment for them outside the checkout, once, with the pip of this machine. What cannot be
installed is skipped, and the table says why.
"""

from __future__ import annotations

import contextlib
import json
import subprocess
import venv
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tools.bench.timing import Contestant
from tools.emulator.host import cache_folder

PACKAGES = {"sklearn": "scikit-learn", "scipy": "scipy", "torch": "torch==2.13.0"}
"""By module, what pip installs.

PyTorch's release is named. Of one release pip takes a build for processors alone, "+cpu", where
it is offered one; the newest of all comes with gigabytes for graphics cards."""

WORKER = Path(__file__).with_name("worker.py")
INSTALL_S = 1800


def cache() -> Path:
    """Where the environment is kept: beside the emulator's images."""
    return cache_folder().with_name("rivals")


class Rivals:
    """The rivals, in one process for all measurements.

    folder : of their environment. names : those wanted, of PACKAGES. work : a folder for the
    arrays that they are given. say : prints what takes long.
    """

    def __init__(
        self, folder: Path, names: list[str], work: Path, say: Callable[[str], None]
    ) -> None:
        self.folder = folder
        self._work = work
        self._process: subprocess.Popen[str] | None = None
        self._missing = {name: "not asked for" for name in PACKAGES if name not in names}
        self.versions: dict[str, str] = {}
        for name in names:
            self._provide(name, say)

    @property
    def python(self) -> Path:
        """The environment's own."""
        return self.folder / "bin" / "python"

    def missing(self, name: str) -> str:
        """Why one is not there; "" if it is."""
        return self._missing.get(name, "")

    def keep(self, name: str, array: NDArray[Any]) -> str:
        """Save an array for the rivals; its path."""
        path = self._work / f"{name}.npy"
        np.save(path, array)
        return str(path)

    def contestant(self, task: str, arguments: dict[str, Any]) -> Contestant:
        """A task of ``worker``, as one that takes turns."""

        def run() -> float:
            return float(self.ask({"task": task, **arguments})["seconds"])

        return run

    def ask(self, question: dict[str, Any]) -> dict[str, Any]:
        """Have the process do something. Raises RuntimeError if it fails."""
        process = self._started()
        assert process.stdin is not None
        assert process.stdout is not None
        line = ""
        with contextlib.suppress(BrokenPipeError):
            process.stdin.write(json.dumps(question) + "\n")
            process.stdin.flush()
            line = process.stdout.readline()
        if not line:
            raise RuntimeError(f"the rivals' process ended with {process.wait()}")
        answer = json.loads(line)
        if "error" in answer:
            raise RuntimeError(f"{question['task']}: {answer['error']}")
        assert isinstance(answer, dict)
        return answer

    def close(self) -> None:
        """End the process."""
        if self._process is not None:
            with contextlib.suppress(BrokenPipeError):
                self._process.communicate()
            self._process = None

    def _started(self) -> subprocess.Popen[str]:
        if self._process is None:
            self._process = subprocess.Popen(
                [str(self.python), "-W", "ignore", str(WORKER)],
                stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
            )  # fmt: skip
        return self._process

    def _provide(self, name: str, say: Callable[[str], None]) -> None:
        if not self.python.exists():
            say(f"making an environment for the rivals in {self.folder}")
            venv.create(self.folder, with_pip=True)
        version = self._version(name)
        if not version:
            say(f"installing {PACKAGES[name]} there")
            command = [self.python, "-m", "pip", "install", "--quiet", PACKAGES[name]]
            try:
                done = subprocess.run(
                    command, capture_output=True, text=True, timeout=INSTALL_S
                )
                reason = (done.stderr.strip() or "pip said nothing").splitlines()[-1]
            except subprocess.TimeoutExpired:
                reason = f"pip took more than {INSTALL_S} s"
            version = self._version(name)
            if not version:
                self._missing[name] = f"{PACKAGES[name]} cannot be installed: {reason}"
                return
        self.versions[PACKAGES[name].partition("==")[0]] = version

    def _version(self, name: str) -> str:
        code = f"import {name}; print({name}.__version__)"
        done = subprocess.run([self.python, "-c", code], capture_output=True, text=True)
        return done.stdout.strip() if done.returncode == 0 else ""
