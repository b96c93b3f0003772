"""Packages that a Pi has from its system: which there are, and whether they are new enough.

The oldest versions that will do stand in pyproject.toml alone. tools/install and the set-up of
tools/demo run this module: python -m pi.diagnostics.packages [NAME...]. Exit codes: 0 all load
and are new enough; 1 one is missing or too old; 3 only gpiozero is too old, which pip can mend.
"""

from __future__ import annotations

import importlib
import importlib.util
import os
import re
import sys
from importlib import metadata
from pathlib import Path
from typing import Any

from pi.devices.imports import remedy
from pi.diagnostics.finding import in_one_line

PROJECT = Path(__file__).parents[2] / "pyproject.toml"

# By distribution: the module to import, and the package of apt that brings it.
NEEDED = {
    "numpy": ("numpy", "python3-numpy"),
    "pillow": ("PIL.Image", "python3-pil"),
    "gpiozero": ("gpiozero", "python3-gpiozero"),
    "lgpio": ("lgpio", "python3-lgpio"),
}

# By module: the package of apt, and what goes without it.
WANTED = {
    "picamera2": ("python3-picamera2", "no camera but files and simulated sheets"),
    "systemd": ("python3-systemd", "the journal gets no fields"),
}

MISSING, OLD_GPIOZERO = 1, 3


def numbers(version: str) -> tuple[int, ...]:
    """The numbers of a version: ``"1.24.2"`` as (1, 24, 2)."""
    return tuple(int(each) for each in re.findall(r"\d+", version))


def oldest_versions(project: Path = PROJECT) -> dict[str, tuple[int, ...]]:
    """The oldest version that will do, by distribution, and by ``python``."""
    if os.path.exists(project):
        import tomllib

        table = tomllib.loads(project.read_text(encoding="utf-8"))["project"]
        named = [*table["dependencies"], *table["optional-dependencies"]["pi"]]
        python = table["requires-python"]
    else:
        named = metadata.requires("zerodigit") or []
        python = metadata.metadata("zerodigit")["Requires-Python"]
    found = (
        re.match(r"([\w-]+)\s*>=\s*([\d.]+)", each) for each in [*named, f"python{python}"]
    )
    return {match[1]: numbers(match[2]) for match in found if match}


def version_of(module: Any, distribution: str) -> str:
    """The version that the module or its distribution names; empty where neither does."""
    if version := str(getattr(module, "__version__", "")):
        return version
    try:
        return metadata.version(distribution)
    except metadata.PackageNotFoundError:
        return ""


def is_old(version: str, least: tuple[int, ...]) -> bool:
    """Whether it is older than `least`; a version that nobody knows is not."""
    known = numbers(version)[: len(least)]
    return bool(known) and known < least


def _check(name: str, least: tuple[int, ...]) -> str | None:
    """Print what is found; ``missing`` or ``old`` if it will not do."""
    module_name, package = NEEDED[name]
    try:
        module = importlib.import_module(module_name)
    except Exception as error:  # lgpio raises a bare one where it cannot make its pipe
        helps = remedy(error, module_name, package)
        print(f"    {name}: missing ({in_one_line(error)}): {helps}")
        return "missing"
    version = version_of(module, name)
    if is_old(version, least):
        wanted = ".".join(map(str, least))
        print(f"    {name} {version}: too old, {wanted} or newer is needed")
        return "old"
    print(f"    {name} {version or '(it does not tell its version)'}")
    return None


def main(names: list[str]) -> int:
    """Check the named packages, or all and those that are merely wanted; the exit code."""
    least = oldest_versions()
    checked = {name: _check(name, least[name]) for name in names or NEEDED}
    for module, (package, without) in ({} if names else WANTED).items():
        if importlib.util.find_spec(module) is None:
            print(f"    {module}: not there, so {without}: sudo apt install {package}")
        else:
            print(f"    {module}")
    problems = {name: problem for name, problem in checked.items() if problem is not None}
    if problems == {"gpiozero": "old"}:
        return OLD_GPIOZERO
    return MISSING if problems else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
