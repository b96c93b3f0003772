"""The unit tests with a Debian's own Python, numpy, pillow and gpiozero.

A Raspberry Pi's packages are these, built for another processor: bookworm has Python 3.11 and
numpy 1.24, trixie 3.13 and 2.2. Only gpiozero is another: Debian's is 1.6, Raspberry Pi OS has
2.0.
"""

from __future__ import annotations

import zipfile
from collections.abc import Callable
from pathlib import Path

from tools.emulator import host
from tools.emulator.image import chroot, recipe

SUITES = ("bookworm", "trixie")

_PACKAGES = (
    "python3", "python3-numpy", "python3-pil", "python3-colorzero", "python3-pytest",
    "python3-systemd", "systemd", "git", "util-linux", "procps",
)  # fmt: skip

_PARTS = (
    "core", "pi", "tools", "tests", "systemd", ".ci", ".github", "pyproject.toml", "README.md",
    "LICENSE",
)  # fmt: skip

_VERSIONS = """\
import sys, importlib.metadata, numpy, PIL
print("Python", sys.version.split()[0], "numpy", numpy.__version__, "pillow", PIL.__version__,
      "gpiozero", importlib.metadata.version("gpiozero"))
"""


def run(suite: str, arguments: list[str], say: Callable[[str], None]) -> int:
    """Run them; 0 if all passed."""
    system = chroot.get(suite, _PACKAGES, say, finish=finish, recipe=recipe.GPIOZERO.encode())
    with system.with_checkout(_PARTS) as place:
        environment = {"PYTHONPATH": place}
        system.run(["/usr/bin/python3", "-c", _VERSIONS], environment=environment)
        chosen = arguments or ["tests"]
        done = system.run(
            ["sh", "-c", 'cd "$0" && exec /usr/bin/python3 -m pytest -q -p no:cacheprovider '
             '-m "not slow" "$@"', place, *chosen],
            environment=environment,
        )  # fmt: skip
    return 0 if done.returncode == 0 else 1


def finish(root: Path, log: Path) -> None:
    """Put gpiozero into the system's Python of ``root``, as Raspberry Pi OS has it."""
    folder = root / "opt/wheels"
    host.download([recipe.GPIOZERO], folder, log, "--only-binary", ":all:")
    (wheel,) = folder.glob("gpiozero-*.whl")
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(root / "usr/lib/python3/dist-packages")
