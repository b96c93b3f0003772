"""The unit tests with a Debian's own Python, numpy, pillow and gpiozero.

A Raspberry Pi's packages are these, built for another processor: bookworm has Python 3.11 and
numpy 1.24, trixie 3.13 and 2.2.
"""

from __future__ import annotations

from collections.abc import Callable

from tools.emulator import chroot

SUITES = ("bookworm", "trixie")

_PACKAGES = (
    "python3", "python3-numpy", "python3-pil", "python3-gpiozero", "python3-pytest",
    "python3-systemd", "systemd", "util-linux", "procps",
)  # fmt: skip

_PARTS = ("core", "pi", "tools", "tests", "systemd", "pyproject.toml", "README.md", "LICENSE")

_VERSIONS = """\
import sys, importlib.metadata, numpy, PIL
print("Python", sys.version.split()[0], "numpy", numpy.__version__, "pillow", PIL.__version__,
      "gpiozero", importlib.metadata.version("gpiozero"))
"""


def run(suite: str, arguments: list[str], say: Callable[[str], None]) -> int:
    """Run them; 0 if all passed."""
    system = chroot.get(suite, _PACKAGES, say)
    with system.with_checkout(_PARTS) as place:
        environment = {"PYTHONPATH": place, "PYTHONDONTWRITEBYTECODE": "1"}
        system.run(["/usr/bin/python3", "-c", _VERSIONS], environment=environment)
        chosen = arguments or ["tests"]
        done = system.run(
            ["sh", "-c", 'cd "$0" && exec /usr/bin/python3 -m pytest -q -p no:cacheprovider '
             '-m "not slow" "$@"', place, *chosen],
            environment=environment,
        )  # fmt: skip
    return 0 if done.returncode == 0 else 1
