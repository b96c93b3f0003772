"""Each module has its tests under its own path, and each file of tests its module.

``core/vision/crop.py`` is tested by ``tests/core/vision/test_crop.py``, ``__main__.py`` by
``test_main.py``, the script ``tools/install`` by ``tests/tools/test_install.py``.
"""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

CHECKOUT = Path(__file__).resolve().parents[1]

# Modules without a file of tests, by the reason.
EXEMPT = {
    "classes and constants without behaviour": (
        "core/classes.py",
        "tools/emulator/image/recipe.py",
    ),
    "runs in the environment of the rivals": (
        "tools/bench/scipy_digitise.py",
        "tools/bench/worker.py",
    ),
    "needs the emulated Pi: tools/emulate runs it": (
        "tools/acceptance/checks/endurance.py",
        "tools/acceptance/checks/faults.py",
        "tools/acceptance/checks/installing.py",
        "tools/acceptance/checks/members.py",
        "tools/acceptance/checks/nights.py",
        "tools/acceptance/checks/seeing.py",
        "tools/acceptance/checks/storage.py",
        "tools/acceptance/checks/training.py",
        "tools/acceptance/virtual/harness.py",
        "tools/emulator/image/build.py",
        "tools/emulator/image/lgpio.py",
        "tools/emulator/image/root.py",
    ),
    "needs root, and other users: python -m tools.attacks planted runs it": (
        "tools/attacks/intruders.py",
    ),
    "sets the number of threads, and calls main of the module beside it": (
        "tools/bench/__main__.py",
    ),
}

# Files of tests that are about several modules.
ABOUT_SEVERAL = {
    "tests/core/vision/test_bombs.py": "core/vision/imagefile.py, with memory_limit",
    "tests/pi/cli/test_as_root.py": "what root's commands do in another user's folder",
    "tests/pi/cli/test_foreign_data.py": "every reader of data that are somebody else's",
    "tests/pi/service/test_process.py": "the service as a process of its own, and its signals",
    "tests/systemd/test_units.py": "systemd/*",
    "tests/test_architecture.py": "the tree",
    "tests/test_budget.py": "the tree",
    "tests/test_documents.py": "the pages",
    "tests/test_help.py": "what all commands say of themselves",
    "tests/test_mirror.py": "the tree",
    "tests/tools/lessons/test_lessons.py": "tools/lessons/*",
    "tests/tools/pictures/test_wiring.py": "tools/pictures/wiring.svg",
    "tests/tools/test_scripts.py": "tools/demo, test, classroom, setup_env.sh",
}


@pytest.fixture(scope="module")
def tree():
    """The files that git tracks, as strings."""
    git = ["git", "-C", str(CHECKOUT), "ls-files", "-z"]
    names = subprocess.run(git, capture_output=True, text=True).stdout.split("\0")
    found = {name for name in names if name and (CHECKOUT / name).is_file()}
    if not found:
        pytest.skip("not a git checkout")
    return found


def mirrored(name: str) -> str:
    """Where the tests of a module or of a script of tools/ belong."""
    path = Path(name)
    stem = "main" if path.stem == "__main__" else path.stem
    return str(Path("tests", path.parent, f"test_{stem}.py"))


def modules(tree: set[str]) -> set[str]:
    """Ours but for the faces of packages."""
    return {
        name
        for name in tree
        if name.startswith(("core/", "pi/", "tools/"))
        and name.endswith(".py")
        and not name.endswith("/__init__.py")
    }


def is_test(name: str) -> bool:
    return name.startswith("tests/") and Path(name).name.startswith("test_")


def test_each_module_has_its_tests(tree):
    exempt = {name for names in EXEMPT.values() for name in names}
    assert {name for name in modules(tree) if mirrored(name) not in tree} == exempt


def test_each_file_of_tests_has_its_module(tree):
    scripts = {name for name in tree if name.startswith("tools/") and not Path(name).suffix}
    mirrors = {mirrored(name) for name in modules(tree) | scripts}
    assert {name for name in tree if is_test(name)} - mirrors == set(ABOUT_SEVERAL)
