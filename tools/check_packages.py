"""Do the packages that a Pi has from its system load, and are they new enough?

Run by tools/install with the interpreter that will run the service. Exit codes: 0 they do; 1
one is missing or too old; 3 nothing but gpiozero is, and only too old, which pip can mend.
"""

from __future__ import annotations

import importlib
import importlib.util
import re
import sys
from importlib import metadata

NEEDED = {
    "numpy": ("numpy", "numpy", (1, 24), "python3-numpy"),
    "pillow": ("PIL.Image", "pillow", (9, 4), "python3-pil"),
    "gpiozero": ("gpiozero", "gpiozero", (2, 0), "python3-gpiozero"),
    "lgpio": ("lgpio", "lgpio", (0, 2), "python3-lgpio"),
}
"""What is told; the module, the distribution, the oldest version that will do, apt's name."""

WANTED = {
    "picamera2": ("python3-picamera2", "no camera but files and simulated sheets"),
    "systemd": ("python3-systemd", "the journal gets no fields"),
}

MISSING, OLD_GPIOZERO = 1, 3


def numbers(version: str) -> tuple[int, ...]:
    """``"1.24.2"`` as (1, 24): enough to compare."""
    return tuple(int(each) for each in re.findall(r"\d+", version)[:2])


def version_of(module: object, distribution: str) -> str:
    """As the module or its distribution tells; empty where neither does."""
    told = str(getattr(module, "__version__", ""))
    if told:
        return told
    try:
        return metadata.version(distribution)
    except metadata.PackageNotFoundError:
        return ""


def check(name: str) -> str | None:
    """Print what is found; ``missing`` or ``old`` if it will not do."""
    module_name, distribution, least, package = NEEDED[name]
    wanted = ".".join(map(str, least))
    try:
        module = importlib.import_module(module_name)
    except Exception as error:  # lgpio raises a bare one where it cannot make its pipe
        why = " ".join(f"{type(error).__name__}: {error}".split())
        print(f"    {name}: missing ({why}): sudo apt install {package}")
        return "missing"
    version = version_of(module, distribution)
    if version and numbers(version) < least:
        print(f"    {name} {version}: too old, {wanted} or newer is needed")
        return "old"
    print(f"    {name} {version or '(it does not tell its version)'}")
    return None


def main() -> int:
    """Check all of them; the exit code."""
    problems = {name: problem for name in NEEDED if (problem := check(name)) is not None}
    for module, (package, without) in WANTED.items():
        if importlib.util.find_spec(module) is None:
            print(f"    {module}: not there, so {without}: sudo apt install {package}")
        else:
            print(f"    {module}")
    if problems == {"gpiozero": "old"}:
        return OLD_GPIOZERO
    return MISSING if problems else 0


if __name__ == "__main__":
    sys.exit(main())
