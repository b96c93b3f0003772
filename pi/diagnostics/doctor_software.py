"""The doctor on software: which versions there are, and whether they go together."""

from __future__ import annotations

import platform
import sys
from collections.abc import Callable, Generator, Iterator
from importlib import import_module
from pathlib import Path
from typing import Any

from pi.devices.imports import remedy
from pi.diagnostics import packages
from pi.diagnostics.finding import FAIL, OK, WARN, Finding, in_one_line
from pi.system.version import version_and_commit

# Of the libraries that may be behind numpy's products, as their files are called.
_BLAS = {
    "openblas": "OpenBLAS",
    "mkl": "MKL",
    "blis": "BLIS",
    "atlas": "ATLAS",
    "libblas": "the reference BLAS",
}


def load(name: str) -> Any:
    """Import a module by name; whatever it raises."""
    return import_module(name)


def findings(load: Callable[[str], Any], root: Path, *, on_pi: bool) -> Iterator[Finding]:
    """Each package that the appliance needs; those of the hardware fail on a Pi alone."""
    yield Finding("zerodigit", OK, version_and_commit())
    least = packages.oldest_versions()
    yield _python(least["python"])
    numpy = yield from _package(load, "numpy", "python3-numpy", least["numpy"], FAIL)
    if numpy is not None:
        yield _blas(root, on_pi)
    yield from _package(load, "PIL", "python3-pil", least["pillow"], FAIL, name="pillow")
    yield from _package(load, "gpiozero", "python3-gpiozero", least["gpiozero"], FAIL)
    hardware = FAIL if on_pi else WARN
    yield from _package(load, "lgpio", "python3-lgpio", least["lgpio"], hardware)
    yield from _package(load, "libcamera", "python3-libcamera", (), hardware)
    yield from _package(load, "picamera2", "python3-picamera2", least["picamera2"], hardware)


def _python(least: tuple[int, ...]) -> Finding:
    said = f"{platform.python_version()} on {platform.machine()}, {sys.executable}"
    if sys.version_info < least:
        wanted = ".".join(map(str, least))
        return Finding(
            "python", FAIL, said, f"Python {wanted} or newer: Raspberry Pi OS of 2023 on"
        )
    return Finding("python", OK, said)


def _package(
    load: Callable[[str], Any],
    module: str,
    apt: str,
    least: tuple[int, ...],
    absent: str,
    *,
    name: str = "",
) -> Generator[Finding, None, Any]:
    """Its version; gives the module back, None if it cannot be loaded."""
    name = name or module
    try:
        loaded = load(module)
    except (Exception, SystemExit) as error:
        # numpy's ABI, or a library that does not fit its kernel: never a reason to stop here.
        level = absent if isinstance(error, ModuleNotFoundError) else FAIL
        why = in_one_line(error)
        yield Finding(name, level, f"cannot be loaded: {why}", remedy(error, module, apt))
        return None
    found = packages.version_of(loaded, name) or "of a version that it does not tell"
    if packages.is_old(found, least):
        wanted = ".".join(map(str, least))
        yield Finding(name, FAIL, found, f"{wanted} or newer: sudo apt full-upgrade")
    else:
        yield Finding(name, OK, f"{found} from {_origin(loaded)}")
    return loaded


def _origin(loaded: Any) -> str:
    """``apt`` or ``pip``, by where the file lies; the two must not be mixed on a Pi."""
    file = str(getattr(loaded, "__file__", ""))
    if "dist-packages" in file:
        return "apt"
    return "pip" if "site-packages" in file else file or "somewhere"


def _blas(root: Path, on_pi: bool) -> Finding:
    """Which library multiplies numpy's matrices, by what this process has mapped."""
    try:
        maps = (root / "proc/self/maps").read_text(errors="replace")
    except OSError:
        return Finding("BLAS", WARN, "not known", "is /proc mounted?")
    files = {line.rpartition("/")[2].lower() for line in maps.splitlines() if "/" in line}
    for part, name in _BLAS.items():
        if any(part in file for file in files):
            if on_pi and part == "libblas":
                said = f"{name}: slow in float, so nights are long"
                remedy = "sudo apt install libopenblas0"
                return Finding("BLAS", WARN, said, remedy)
            return Finding("BLAS", OK, name)
    return Finding("BLAS", WARN, "none that is known", "sudo apt install libopenblas0")
